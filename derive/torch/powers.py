"""Powers on tensors: of lengths, which rounding may put below zero, and of anything else.

The reciprocal of a length (a distance, a sine, a standard deviation) at 0 is 0: the zero
subgradient.
"""

from typing import TYPE_CHECKING

import torch
from sympy import Add, Expr, Mul, Pow, S
from torch import Tensor

from derive.nodes import Exp, Inner, Named, Sin, View
from derive.torch.axes import Labelled, product
from derive.torch.logarithms import exp_of_product

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator


def power(ev: "Evaluator", e: Expr) -> Labelled:
    """x^p of an expression that is evaluated, or of an exponential by its logarithm."""
    if ev.by_logarithm(e):
        return product(exp_of_product(ev, [e]))
    if isinstance(e.base, Exp) and e.exp.is_number and not ev.knows(e.base):
        return ev(Exp(e.exp * e.base.args[0]))
    base = ev(e.base)
    x = base.data
    if not e.exp.is_number:
        return _symbolic_power(ev, e, base)
    if not e.exp.is_Integer:  # a squared distance just below zero is rounding
        if all(v.unit for v in e.base.atoms(View)):
            x = torch.nn.functional.threshold(x, -_below_zero(x.dtype), torch.nan)
        x = x.clamp(min=0)
    out = x.sqrt() if abs(e.exp) == S.Half else x ** float(abs(e.exp))
    if e.exp.is_negative:
        out = _reciprocal(out, singular=not e.exp.is_Integer or _is_length(e.base))
    return Labelled(out, base.axes)


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
    """⟨v, v⟩ + ⟨w, w⟩ − 2⟨v, w⟩, where unit rows may have put 1 for the norms, or a root of it."""
    if isinstance(e, Pow) and not e.exp.is_Integer:
        return True
    inners = [x for x in e.atoms(Inner) if x.args[:2] != x.args[2:]]
    if not isinstance(e, Add) or len(inners) != 1:
        return False
    v, i, w, j = inners[0].args
    rest = e + 2 * inners[0]
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
    out = x.reciprocal()
    return out.masked_fill_(x == 0, 0) if singular else out
