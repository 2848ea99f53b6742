"""Jensen's inequality as a certificate: Σ w f(x) against f(Σ w x), each part of it checked.

Checked: the weights sum to one and are not negative, the second derivative of f has one sign, and
the two sides of the claim are the two sides of the inequality. What is not shown is no proof.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, S, Symbol, diff, exp, log, simplify

from derive.hyper import Hyper
from derive.identity import vanishes
from derive.nodes import Exp, Log, N
from derive.notation import sum_samples
from derive.properties.masks import NONNEGATIVE
from derive.properties.signs import Signs
from derive.verdict import Verdict

Body = Callable[[Expr], Expr]
_FUNCTIONS: dict[str, tuple[Body, Body]] = {"log": (Log, log), "exp": (Exp, exp)}


@dataclass(frozen=True)
class Jensen:
    """function: "log" or "exp"; x(k, i): what it is taken of; weight: of each k.

    leaves_out_anchor: the sum is over k ≠ i, and both sides are means over i; else over every k,
    and i is None.
    """

    function: str
    x: Callable[[Expr, Expr | None], Expr]
    weight: Expr
    leaves_out_anchor: bool
    hyper: tuple[Hyper, ...] = ()

    def __call__(self, left: Expr, right: Expr) -> str | None:
        """What shows left ≤ right, in words; None where a part of it is not shown."""
        bend = self._bend()
        if bend == 0 or not self._weights_are_shares():
            return None
        of_mean, mean_of = self._sides()
        smaller, larger = (of_mean, mean_of) if bend > 0 else (mean_of, of_mean)
        if not (_same(left, smaller) and _same(right, larger)):
            return None
        shape = "convex" if bend > 0 else "concave"
        return f"Jensen: {self.function} is {shape}, the weights {self.weight} sum to one"

    def _bend(self) -> int:
        """The sign of the second derivative where the function is defined, or 0."""
        x = Symbol("_x", positive=True) if self.function == "log" else Symbol("_x", real=True)
        second = simplify(diff(_FUNCTIONS[self.function][1](x), x, 2))
        return 1 if second.is_positive else -1 if second.is_negative else 0

    def _weights_are_shares(self) -> bool:
        total = self._per_anchor(lambda i: sum_samples(lambda k: self.weight, other_than=i))
        is_one = vanishes(total - 1, exact=True) is Verdict.PROVED
        return is_one and Signs(self.hyper).proves(self.weight, NONNEGATIVE)

    def _sides(self) -> tuple[Expr, Expr]:
        f = _FUNCTIONS[self.function][0]

        def mean(i: Expr | None, g: Body) -> Expr:
            return sum_samples(lambda k: self.weight * g(self.x(k, i)), other_than=i)

        of_mean = self._per_anchor(lambda i: f(mean(i, lambda x: x)))
        mean_of = self._per_anchor(lambda i: mean(i, f))
        return of_mean, mean_of

    def _per_anchor(self, body: Callable[[Expr | None], Expr]) -> Expr:
        """Where the sum leaves out an anchor, the mean over anchors: it keeps the order."""
        return sum_samples(body) / N if self.leaves_out_anchor else body(None)


def _same(x: Expr, y: Expr) -> bool:
    """Equal in the normal form, where log e^z is z."""
    difference = without_log_of_exp(x) - without_log_of_exp(y)
    return vanishes(difference, exact=True) is Verdict.PROVED


def without_log_of_exp(e: Expr) -> Expr:
    """log e^z as z."""
    while found := {x: x.args[0].args[0] for x in e.atoms(Log) if isinstance(x.args[0], Exp)}:
        e = e.xreplace(found)
    return S(e)
