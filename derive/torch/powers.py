"""Powers on tensors: of lengths, which rounding may put below zero, and of anything else.

The reciprocal of a length (a distance, a sine, a standard deviation) at 0 is 0: the zero
subgradient.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from sympy import Add, Expr, Mul, Pow, S
from torch import Tensor

from derive.nodes import Exp, Inner, Named, Sin, View
from derive.torch import arena
from derive.torch.axes import Labelled, product
from derive.torch.logarithms import exp_of_product

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator


@lru_cache(maxsize=10_000)
def _exponential(e: Expr) -> Expr:
    """(e^x)^p as e^{px}."""
    return Exp(e.exp * e.base.args[0])


def power(ev: "Evaluator", e: Expr) -> Labelled:
    """x^p of an expression that is evaluated, or of an exponential by its logarithm."""
    if ev.by_logarithm(e):
        return product(exp_of_product(ev, [e]))
    if isinstance(e.base, Exp) and e.exp.is_number and not ev.knows(e.base):
        return ev(_exponential(e))
    base = ev(e.base)
    x = base.data
    facts = _facts(e)
    if facts is None:
        return _symbolic_power(ev, e, base)
    if not facts.integer:  # a squared distance just below zero is rounding
        if facts.unit:
            x = torch.nn.functional.threshold(x, -_below_zero(x.dtype), torch.nan)
        x = x.clamp(min=0)
    exponent, room = abs(facts.exponent), arena.like(x)
    if exponent != 1:
        x = torch.sqrt(x, out=room) if exponent == 0.5 else torch.pow(x, exponent, out=room)
    if facts.exponent < 0:
        x = _reciprocal(x, singular=facts.singular)
    return Labelled(x, base.axes)


@dataclass(frozen=True)
class _Facts:
    """exponent: a number; integer: whether it is one; unit: whether the base is of unit rows;
    singular: whether it is a length, whose reciprocal at 0 is taken as 0."""

    exponent: float
    integer: bool
    unit: bool
    singular: bool


@lru_cache(maxsize=10_000)
def _facts(e: Expr) -> _Facts | None:
    """None where the exponent is a hyper-parameter."""
    if not e.exp.is_number:
        return None
    integer = bool(e.exp.is_Integer)
    unit = all(v.unit for v in e.base.atoms(View))
    return _Facts(float(e.exp), integer, unit, not integer or _is_length(e.base))


def _below_zero(dtype: torch.dtype) -> float:
    """How far below zero rounding can put a squared distance of unit rows. float32 may hold rows
    that were rounded to bfloat16, whose squared norms are 1 to about 2⁻⁷."""
    return 64 * torch.finfo(dtype).eps if dtype == torch.float64 else 2.0**-5


def _symbolic_power(ev: "Evaluator", e: Expr, base: Labelled) -> Labelled:
    """x^p; a squared distance below 0 by rounding is 0; 0 to a negative power is 0."""
    exponent = ev(e.exp).data
    x = base.data.clamp(min=0) if _is_squared_distance(e.base) else base.data
    singular = (x == 0) & (exponent < 0)
    return Labelled((x**exponent).masked_fill(singular, 0), base.axes)


def _is_squared_distance(e: Expr) -> bool:
    """⟨v, v⟩ + ⟨w, w⟩ − 2⟨v, w⟩, where unit rows may have put 1 for the norms, a positive share of
    it, or a root of it."""
    if isinstance(e, Pow) and not e.exp.is_Integer:
        return True
    inners = [x for x in e.atoms(Inner) if x.args[:2] != x.args[2:]]
    if not isinstance(e, Add) or len(inners) != 1:
        return False
    share = -e.coeff(inners[0]) / 2
    if not share.is_positive:
        return False
    v, i, w, j = inners[0].args
    rest = Add(*(x / share for x in e.args)) + 2 * inners[0]
    sides = [S.One if view.unit else Inner(view, k, view, k) for view, k in ((v, i), (w, j))]
    return bool(rest in (Add(*sides), Inner(v, i, v, i) + Inner(w, j, w, j)))


def _is_length(e: Expr) -> bool:
    """A sine, a root, or the name of one (a distance, a standard deviation)."""
    value = e.value if isinstance(e, Named) else e
    if isinstance(value, Mul):
        return any(map(_is_length, value.args))
    return isinstance(value, Sin) or (isinstance(value, Pow) and not value.exp.is_Integer)


def _reciprocal(x: Tensor, *, singular: bool) -> Tensor:
    """1/x; of a length (singular) 0 at 0: the zero subgradient."""
    out = torch.reciprocal(x, out=arena.like(x))
    return out.masked_fill_(x == 0, 0) if singular else out
