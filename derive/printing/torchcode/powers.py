"""Powers: roots of what rounding may put below 0, and reciprocals of lengths, 0 at 0."""

from typing import TYPE_CHECKING

from sympy import Expr, Mul, Pow, S

from derive.nodes import Named, Node, Sin
from derive.printing.torchcode.algebra import elementwise, number
from derive.printing.torchcode.arrays import Value
from derive.printing.torchcode.logs import exponential, log_of
from derive.printing.torchcode.positive import is_exponential

if TYPE_CHECKING:
    from derive.printing.torchcode.rules import Lowering


def power(low: "Lowering", e: Pow) -> Value:
    if is_exponential(e):
        return exponential(low.graph, [log_of(low, e)])
    base, power = number(low.graph, low(e.base)), e.exp
    scale = S.One
    if power.is_Integer or (power.is_Rational and base.scale.is_positive):
        base, scale = Value(S.One, base.node, base.axes), base.scale**power
    if power.is_Integer:
        singular = power < 0 and _is_length(e.base)
    else:
        singular = bool(power.could_extract_minus_sign())
    if not power.is_Rational:
        return elementwise(low.graph, "power", base, power).times(scale)
    out = _positive_power(low, base, abs(power))
    if power < 0:
        out = elementwise(low.graph, "inverse" if singular else "reciprocal", out)
    return out.times(scale)


def _positive_power(low: "Lowering", base: Value, power: Expr) -> Value:
    if power == 1:
        return base
    if power == 2:
        return elementwise(low.graph, "square", base)
    if power == S.Half:
        return elementwise(low.graph, "root", base)
    if power.is_Integer:  # of a signed quantity, as of any other
        return elementwise(low.graph, "integer_power", base, power)
    return elementwise(low.graph, "power", base, power)


def _is_length(e: Expr) -> bool:
    """A sine, a root, or a multiple or the name of one (a distance, a standard deviation)."""
    value = e.value if isinstance(e, Named) else e
    varying = [x for x in Mul.make_args(value) if x.has(Node)]
    root = varying[0] if len(varying) == 1 else value
    return isinstance(root, Sin) or (isinstance(root, Pow) and not root.exp.is_Integer)
