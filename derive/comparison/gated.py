"""∂L_A/∂h_i = g ∂L_B/∂h_i with one scalar g for all negatives: W and R agree up to a factor.

Only the gradient of L_i by its own anchor: what GD, W and R are about.
"""

from sympy import Expr

from derive.comparison.gradients import tangent_coefficients
from derive.comparison.relations import Finding, Kind
from derive.comparison.subject import Form
from derive.comparison.wording import Wording
from derive.identity import vanishes
from derive.nodes import ANCHOR, NEGATIVE, SampleIndex, Step, View
from derive.simplify import simplified
from derive.verdict import Verdict

_OTHER = SampleIndex("_l")  # a second negative, to say that a factor does not depend on j


def gated(a: Form, b: Form, words: Wording) -> Finding | None:
    """The relation of the gradients by h_i, or of the weights alone."""
    if not a.anchored:
        return None
    mine, theirs = (tangent_coefficients(x, x.views[0]) for x in (a, b))
    if mine is None or theirs is None or mine.keys() != theirs.keys() or not mine:
        return None
    positive = (a.views[1], ANCHOR)
    views = [key for key in mine if isinstance(key, View)]
    if positive not in mine or not views or not _same_weights(mine, theirs, views):
        return None
    if all(_zero(mine[v] * theirs[positive] - theirs[v] * mine[positive]) for v in views):
        a_gated = not theirs[positive].has(Step) or mine[positive].has(Step)
        whole, part = "AB" if a_gated else "BA"
        pulls = (mine[positive], theirs[positive])
        g = simplified(pulls[0] / pulls[1] if a_gated else pulls[1] / pulls[0])
        text = (
            f"∂L_{whole}/∂h_i = g·∂L_{part}/∂h_i up to a multiple of h_i, with g = {words(g)} for "
        )
        text += "all negatives: W and R are the same up to a factor that does not depend on j."
        if theirs[positive].has(Step) and a_gated:
            text += " It is meant where both gates are open."
        return Finding(Kind.GATED, Verdict.PROVED, text, {"gradient_factor": g})
    text = "The pushes a_ij on the negatives are the same up to one factor for all j; the pull is "
    text += "not, so R differs."
    return Finding(Kind.WEIGHTS, Verdict.PROVED, text)


def _same_weights(mine: dict[object, Expr], theirs: dict[object, Expr], views: list[View]) -> bool:
    """a_A(j) a_B(l) = a_A(l) a_B(j) within a view and across two."""
    pairs = [(v, w) for v in views for w in views]
    return all(
        _zero(mine[v] * _at_other(theirs[w]) - _at_other(mine[w]) * theirs[v]) for v, w in pairs
    )


def _at_other(e: Expr) -> Expr:
    return e.xreplace({NEGATIVE: _OTHER})


def _zero(e: Expr) -> bool:
    return vanishes(e) is Verdict.PROVED
