"""Softmax shares: Σ_m c_m x_m/Z_m − Σ_m c_m is written −Σ_m c_m (Z_m − x_m)/Z_m.

The difference 1 − p loses its digits where p is close to 1, which is where a loss ends up.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Add, Expr, Mul, Pow, S

from derive.nodes import Named
from derive.printing.torchcode.positive import is_exponential


@dataclass(frozen=True)
class _Share:
    """term = number · weight · x/Z; complement: (Z − x)/Z."""

    term: Expr
    number: Expr
    weight: Expr
    complement: Expr


def without_cancellation(e: Expr) -> Expr:
    """An equal sum."""
    terms = list(Add.make_args(e))
    groups: dict[Expr, list[_Share]] = {}
    for term in terms:
        share = _share(term)
        if share is not None:
            groups.setdefault(share.weight, []).append(share)
    for weight, shares in groups.items():
        constant = -Add(*[x.number for x in shares]) * weight
        if constant in terms:
            gone = [constant, *[x.term for x in shares]]
            terms = [x for x in terms if x not in gone]
            terms += [-x.number * weight * x.complement for x in shares]
    return Add(*terms)


def _share(term: Expr) -> _Share | None:
    factors = Mul.make_args(term)
    for f in factors:
        if isinstance(f, Pow) and f.exp == S.NegativeOne:
            whole = _revealed(f.base.value if isinstance(f.base, Named) else f.base)
            x = Mul(*_exponentials(factors, f))
            if isinstance(whole, Add) and x in whole.args:
                rest = [y for y in factors if y is not f and not is_exponential(y)]
                number, weight = Mul(*rest).as_coeff_Mul()
                return _Share(term, number, weight, (whole - x) * f)
    return None


def _exponentials(factors: Iterable[Expr], f: Expr) -> list[Expr]:
    return [y for y in factors if y is not f and is_exponential(y)]


def _revealed(e: Expr) -> Expr:
    """With the positive's score written out."""
    return e.xreplace({x: x.value for x in e.atoms(Named) if x.definition.score})
