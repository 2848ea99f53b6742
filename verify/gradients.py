"""Is the gradient of a black box, at a point, that of its value, and that of a reference?"""

from torch import Tensor

from verify.audits import slopes
from verify.audits.calls import BlackBox, Outcome
from verify.audits.points import Point
from verify.references import Reference

_SHARE = 1e-6  # of the gradient's norm: nearer than this to a reference is equal
_BESIDE = 1e-3  # along a direction of norm 1, from a point that may be a kink


def fault(outcome: Outcome) -> str:
    """Why there is no gradient to check, or nothing."""
    if outcome.error:
        return outcome.error
    if not outcome.is_finite:
        return f"its value ({outcome.number:.6g}) or its gradient is not finite."
    return "autograd gives no gradient to h and h_prime." if all(outcome.dead) else ""


def not_derivative(box: BlackBox, point: Point, outcome: Outcome) -> tuple[str, int]:
    """What is wrong (or nothing), and how many directions agreed before that."""
    agreed = 0
    for along in slopes.directions(point, outcome, point.seed):
        found = slopes.slope(box, point, along, outcome, freeze=True)
        if found.disagrees and not _is_kink(box, point, along):
            wrong = (
                f"autograd is not the gradient of the value. Along a direction of norm 1 it gives "
                f"{found.by_autograd:.8g}, and finite differences with stop-gradients frozen "
                f"{found.by_differences:.8g} ± {found.error:.1g}. Look for a backward that is "
                "written by hand."
            )
            return wrong, agreed
        agreed += found.agrees
    return "", agreed


def _is_kink(box: BlackBox, point: Point, along: tuple[Tensor, Tensor]) -> bool:
    """Whether they agree beside the point, on both sides: central differences take the mean of the
    two slopes of a hinge, and autograd one of them."""
    for side in (-_BESIDE, _BESIDE):
        h, h_prime = (x + side * v for x, v in zip(point.views, along, strict=True))
        beside = point.moved(h, h_prime)
        outcome = box(h, h_prime, seed=point.seed)
        if not slopes.slope(box, beside, along, outcome, freeze=True).agrees:
            return False
    return True


def not_reference(reference: Reference, point: Point, outcome: Outcome) -> str:
    """How the gradient differs from the reference's, or nothing: along the rows' sphere where that
    is a loss of unit rows."""
    known = BlackBox(reference)(*point.views, seed=point.seed)
    if known.error or not known.is_finite:
        return f"{reference.__name__} cannot be computed there: {known.error or 'not finite'}."
    said = []
    for name, x, a, b in zip(
        ("h", "h_prime"), point.views, outcome.gradients, known.gradients, strict=True
    ):
        if reference.unit:
            a, b = (g - (g * x).sum(dim=1, keepdim=True) * x for g in (a, b))
        said.append(_gap(name, a, b))
    text = "; ".join(filter(None, said))
    return f"the gradient is not that of {reference.__name__}: {text}." if text else ""


def _gap(name: str, a: Tensor, b: Tensor) -> str:
    """Cosine and ratio of the norms, where a is not b."""
    size = max(float(a.norm()), float(b.norm()))
    if float((a - b).norm()) <= _SHARE * size:
        return ""
    if not a.norm():
        return f"by {name} it is zero"
    cosine = float((a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-300))
    ratio = float(a.norm() / b.norm().clamp(min=1e-300))
    return f"by {name} cosine {cosine:.6g}, {ratio:.6g} times the norm"
