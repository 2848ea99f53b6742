"""The formula against its parts at random points, with 50 digits.

The formula is differentiated by central differences in the ambient space, one coordinate of h_i
at a time, not re-normalised; stop-gradients are frozen at the undisturbed point. The parts are
evaluated by `verify.evaluation`, which shares no rule with the calculus.

Error of the difference: s²|L'''|/6 + 10⁻⁵⁰|L|/s. With s = 10⁻¹⁷ and third derivatives to 10⁷
(1/τ³ at τ = .02, ε^(−3/2) in a standard deviation) both stay below 10⁻²⁷: agreement is asked to
10⁻²⁵ of the larger gradient (of 1 where both are smaller).
"""

from sympy import Expr

from derive.nodes import ANCHOR, FEATURE
from derive.verdict import Verdict
from verify.draws import draw_point
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, mp
from verify.parts import Parts, assembled
from verify.profiles import ORDINARY, Sizes
from verify.subject import Subject

NAME = "points"
STEP = mp.mpf(10) ** -17
TOLERANCE = mp.mpf(10) ** -25


def check(
    subject: Subject, *, examples: int, seed: int, sizes: Sizes = ORDINARY
) -> tuple[Verdict, str]:
    """REFUTED with the point, AGREED with the worst difference, or UNDECIDED at a pole."""
    parts = assembled(subject.decomposition)
    worst = mp.zero
    for at in range(examples):
        drawn = draw_point(subject, seed * examples + at)
        try:
            found = difference(subject.formula, parts, drawn.point, anchor=at % drawn.point.n)
        except ZeroDivisionError as error:
            return Verdict.UNDECIDED, f"a part has a pole ({error}) at {drawn.text}"
        if not found <= TOLERANCE:  # also NaN
            size = mp.nstr(found, 3)
            return Verdict.REFUTED, f"gradient and parts differ by {size} of 1 at {drawn.text}"
        worst = max(worst, found)
    return (
        Verdict.AGREED,
        f"{examples} points; worst {mp.nstr(worst, 2)} of {mp.nstr(TOLERANCE, 1)}",
    )


def difference(formula: Expr, parts: Parts, point: Point, anchor: int) -> Number:
    """max |numerical derivative − parts| over the features, relative to the larger (at least 1)."""
    exact = Evaluator(point)
    worst = mp.zero
    for feature in range(point.d):
        expected = derivative(formula, point, anchor, feature)
        at = {ANCHOR: anchor, FEATURE: feature}
        found = exact(parts.rest, at)
        dissipation = exact(parts.dissipation, at)
        if dissipation != 0:
            found += dissipation * exact(parts.gated, at)
        worst = max(worst, abs(found - expected) / max(1, abs(found), abs(expected)))
    return worst


def derivative(formula: Expr, point: Point, anchor: int, feature: int) -> Number:
    """∂L/∂h_ia by a central difference, with stop-gradients frozen."""
    up, down = (
        Evaluator(point.moved(anchor, feature, step), frozen=point)(formula, {ANCHOR: anchor})
        for step in (STEP, -STEP)
    )
    return (up - down) / (2 * STEP)
