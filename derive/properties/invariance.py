"""What leaves the loss as it is: rotations, permutations of the batch, swapping the views."""

from collections.abc import Callable
from dataclasses import replace

from sympy import Expr

from derive.canonical import for_proof
from derive.identity import vanishes_in_form
from derive.indices import fresh
from derive.nodes import ANCHOR, Component, IndexSum, SampleIndex, View, free_indices
from derive.numeric import Point, Rows
from derive.properties.points import training_value
from derive.properties.result import Property
from derive.properties.samples import points_to_try
from derive.properties.subject import Subject
from derive.verdict import Verdict

TOPIC = "Invariances"
_TOLERANCE = 1e-25  # of numbers with 50 digits


def invariance_properties(s: Subject) -> tuple[Property, ...]:
    """Rotation, permutation, view swap."""
    return rotation(s), permutation(s), swap(s)


def scalar(s: Subject) -> Expr:
    """What is trained: the batch scalar, or Σ_i L_i."""
    k = fresh(SampleIndex)
    return IndexSum(s.formula.xreplace({ANCHOR: k}), k) if s.anchored else s.formula


def rotation(s: Subject) -> Property:
    """One orthogonal map of both views."""
    name = "rotation"
    if not for_proof(s.formula).has(Component):
        ground = "the loss is a function of inner products alone"
        statement = "One rotation of all embeddings leaves the loss as it is."
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, "invariant")
    point = _differs(s, _turned)
    if point is None:
        reason = "it weighs the features, and no batch that was tried shows a difference"
        statement = "whether a rotation changes the loss is not known."
        return Property(TOPIC, name, statement, Verdict.UNDECIDED, reason)
    statement = "A rotation of all embeddings changes the loss: it depends on the features."
    ground = f"a point, turned by the angle with cosine 3/5: {point}"
    return Property(TOPIC, name, statement, Verdict.REFUTED, ground, "not invariant")


def _turned(point: Point) -> Point:
    """Both views turned in the plane of the first two features, by the angle with cosine 3/5."""

    def turned(rows: Rows) -> Rows:
        return tuple(((3 * x - 4 * y) / 5, (4 * x + 3 * y) / 5, *rest) for x, y, *rest in rows)

    return replace(point, h=turned(point.h), h_prime=turned(point.h_prime))


def _differs(s: Subject, change: Callable[[Point], Point]) -> str | None:
    """The first batch at which the change shows, with both values."""
    for text, point in points_to_try(s, 2):
        before, after = (training_value(s.objective, s.formula, x) for x in (point, change(point)))
        if before is None or after is None:
            continue
        if abs(before - after) > _TOLERANCE * max(1, abs(before)):
            return f"{text}: {float(before):.6g}, then {float(after):.6g}"
    return None


def permutation(s: Subject) -> Property:
    """Samples only occur in sums, maxima and picks over all of them."""
    own = {ANCHOR} if s.anchored else set()
    others = {k for k in free_indices(s.formula) if isinstance(k, SampleIndex)} - own
    if others:
        reason = f"the formula names the sample {', '.join(sorted(map(str, others)))}"
        statement = "whether a permutation of the batch changes the loss is not known."
        return Property(TOPIC, "permutation", statement, Verdict.UNDECIDED, reason)
    with_inputs = f" (with {' and '.join(s.objective.inputs)})" if s.objective.inputs else ""
    what = "permutes the terms L_i and leaves their mean" if s.anchored else "leaves the loss"
    statement = f"A permutation of the batch{with_inputs} {what} as it is."
    ground = "samples occur only in sums, maxima and picks over all others: rename their indices"
    return Property(TOPIC, "permutation", statement, Verdict.PROVED, ground, "invariant")


def swap(s: Subject) -> Property:
    """h ↔ h' in the training scalar."""
    name, what = "view_swap", "the mean over anchors" if s.anchored else "the loss"
    whole = for_proof(scalar(s))
    if vanishes_in_form(for_proof(whole - swapped(whole))) is Verdict.PROVED:
        statement = f"Swapping the views leaves {what} as it is."
        ground = "the difference vanishes identically"
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, "invariant")
    point = _differs(s, lambda x: replace(x, h=x.h_prime, h_prime=x.h))
    if point is not None:
        statement = f"Swapping the views changes {what}."
        return Property(
            TOPIC, name, statement, Verdict.REFUTED, f"a point: {point}", "not invariant"
        )
    reason = "the difference was not shown to vanish, and no batch that was tried shows one"
    statement = f"whether swapping the views changes {what} is not known."
    return Property(TOPIC, name, statement, Verdict.UNDECIDED, reason)


def swapped(e: Expr) -> Expr:
    """h for h' and h' for h."""
    return e.xreplace({v: _other(v) for v in e.atoms(View)})


def _other(v: View) -> View:
    name = v.name[:-1] if v.name.endswith("'") else f"{v.name}'"
    return View(name, v.role, v.unit, v.stopped)
