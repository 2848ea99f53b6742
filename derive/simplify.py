"""Bring a scalar to the form that prints: one fraction where terms share denominators, common
factors taken out, nothing expanded that was not."""

from math import prod

from sympy import Add, Expr, Mul, Pow, S, Symbol, factor_terms, fraction, gcd_terms, together
from sympy import expand as expand_all

from derive.canonical import for_print
from derive.identity import as_rational, restore
from derive.nodes import IndexSum, Inner, N

_WORTH = 1.25  # one fraction may be so much longer than the sum it replaces
_MOST_TERMS = 64  # more are not multiplied out: the fraction would not be the shorter form


def simplified(e: Expr) -> Expr:
    """An equal expression in the print form: a sum, or one fraction if that is about as short."""
    return one_fraction(for_print(e))


def one_fraction(e: Expr) -> Expr:
    """The same without the print form: names that it would write out are kept."""
    if isinstance(e, Mul):
        return Mul(*[_flat(x) for x in e.args])
    if not isinstance(e, Add):
        return e
    table: dict[object, Symbol] = {}
    rational = as_rational(e, table)
    numerator, denominator = fraction(together(rational))
    if _expanded(numerator) > _MOST_TERMS:
        return e
    fraction_form = restore(Mul(_factored(expand_all(numerator)), S.One / denominator), table)
    return fraction_form if size(fraction_form) <= _WORTH * size(e) else e


def _flat(e: Expr) -> Expr:
    """1/(1 + 1/x) as x/(1 + x)."""
    if not (isinstance(e, Pow) and e.exp.is_negative and isinstance(e.base, Add)):
        return e
    nested = any(
        isinstance(y, Pow) and y.exp.is_negative and not y.is_number
        for x in e.base.args
        for y in Mul.make_args(x)
    )
    return Pow(one_fraction(e.base), e.exp) if nested else e


def is_nonnegative(e: Expr) -> bool:
    """Provably ≥ 0, wherever it is defined: products, sums and powers of what is."""
    if isinstance(e, Add):
        return e == N - 1 or all(map(is_nonnegative, e.args))
    if isinstance(e, Mul):
        return all(map(is_nonnegative, e.args))
    if isinstance(e, Pow):
        return bool(e.exp.is_even) or is_nonnegative(e.base)
    if isinstance(e, IndexSum):
        return is_nonnegative(e.args[0])
    if isinstance(e, Inner):
        v, i, w, j = e.args
        return bool(v == w and i == j)
    return bool(e.is_nonnegative)


def _expanded(e: Expr) -> int:
    """How many terms e has at most when it is multiplied out."""
    if isinstance(e, Add):
        return sum(map(_expanded, e.args))
    if isinstance(e, Mul):
        return prod(map(_expanded, e.args))
    if isinstance(e, Pow) and e.exp.is_Integer and e.exp > 0:
        return int(_expanded(e.base) ** min(int(e.exp), _MOST_TERMS))
    return 1


def size(e: Expr) -> int:
    """The number of nodes of an expression."""
    return 1 + sum(map(size, e.args))


def _factored(e: Expr) -> Expr:
    if not isinstance(e, Add):
        return e
    return factor_terms(gcd_terms(e), sign=False)
