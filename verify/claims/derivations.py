"""From a printed scalar to what a claim says of it: its gradient, or a part of its split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sympy import Add, Expr

from derive.calculus import Derivative, embedding_leaf
from derive.coefficients import differentiate
from derive.hyper import Hyper
from derive.nodes import ANCHOR, FEATURE, H, Stop, View
from derive.objective import MEAN, SAME, Objective, Pool, Terms
from derive.paradigm import revealed
from verify.checks.points import STEP, derivative
from verify.checks.points import TOLERANCE as ROUNDING
from verify.claims.points import Drawn
from verify.evaluation import Evaluator
from verify.numbers import mp

_CHECKED = 2  # points at which a derived gradient is compared with differences


def gradient(formula: Expr) -> Expr:
    """Component a of the derivative of a scalar by h_i."""
    return Derivative(embedding_leaf(H, ANCHOR, FEATURE))(formula)


@lru_cache(maxsize=256)
def gradient_in_parts(formula: Expr) -> Expr:
    """The same as Σ_j a_ij n_j − b_i h'_i + ρ_i h_i + remainder, proved to be it: sums over the
    features are sums over the samples there, which conditions on the batch speak of."""
    return revealed(differentiate(objective(formula)).assembled())


@dataclass(frozen=True)
class Scalar:
    """What a printed formula is derived from: the scalar as printed.

    name: as the paper has it; others: scalars of the same paper, by name, that may have been meant
    instead; derive: what the claim makes of the scalar, its gradient by h_i unless said.
    """

    name: str
    formula: Expr
    others: Mapping[str, Expr] = field(default_factory=dict)
    derive: Callable[[Expr], Expr] = gradient


def objective(formula: Expr, hyper: Sequence[Hyper] = (), pool: Pool = SAME) -> Objective:
    """A printed formula as an objective, so that it can be split: one anchor's term."""

    def terms(self: Objective, i: Expr, x: object) -> Terms:
        return {f"summand {n}": e for n, e in enumerate(Add.make_args(formula), 1)}

    stops = formula.has(Stop) or any(v.stopped for v in formula.atoms(View))
    attributes = {
        "name": "printed", "title": "as printed", "source": "as printed",
        "differentiated": "anchor", "reduction": MEAN, "pool": pool, "hyper": tuple(hyper),
        "stop_gradients": "as printed" if stops else "none", "terms": terms,
    }  # fmt: skip
    made: Objective = type("Printed", (Objective,), attributes)()
    return made


def fault_of(scalar: Scalar, derived: Expr, points: Sequence[Drawn]) -> str:
    """How a derived gradient differs from central differences of the scalar, which share no rule
    with it (empty: it does not, or something else than a gradient is derived)."""
    if scalar.derive not in (gradient, gradient_in_parts):
        return ""
    at = {ANCHOR: 0, FEATURE: 0}
    for drawn in points[:_CHECKED]:
        found = Evaluator(drawn.point)(derived, at)
        expected = derivative(scalar.formula, drawn.point, 0, 0)
        if abs(found - expected) > ROUNDING * max(1, abs(found), abs(expected)):
            return (
                f"the derived gradient {mp.nstr(found, 8)} is not the difference quotient "
                f"{mp.nstr(expected, 8)} (step {mp.nstr(STEP, 2)}) at {drawn.text}"
            )
    return ""
