"""The strongest relations: the same function, up to a constant or a factor, the same gradient."""

from collections.abc import Mapping

from sympy import Expr, S

from derive.asymptotics.batches import free_of_embeddings, of_labels_alone
from derive.comparison.affine import Affine, Batches, related
from derive.comparison.fit import same
from derive.comparison.gradients import (
    factor_between,
    gradient,
    gradient_at_spot,
    spots,
    vanishes_on_sphere,
)
from derive.comparison.relations import Finding, Kind
from derive.comparison.samples import Sample, gradient_at, value_at
from derive.comparison.subject import Form
from derive.comparison.wording import Wording
from derive.nodes import NEGATIVE, View
from derive.verdict import Verdict

_TOLERANCE = 1e-9


def exact(a: Form, b: Form, batches: Batches, words: Wording) -> Finding | None:
    """L_A = f L_B + c, with the same stop-gradients; or only the values or only the gradients."""
    values = related(a, b, batches)
    if not (a.stops or b.stops):
        return None if values is None else statement(values, words, unit=a.unit)
    factor = _factor_of_gradients(a, b, batches)
    if values is None:
        return None if factor is None else _gradients_only(a, b, factor, batches, words)
    if factor is None or not _close(factor, values.factor, batches):
        text = f"L_A = {words.affine(values.factor, 'L_B', values.constant)} as values"
        text += f" {values.tried}" if values.tried else ""
        return Finding(
            Kind.VALUES,
            values.verdict,
            f"{text}, but what is stopped differs, and so do the gradients.",
            {"factor": values.factor, "constant": values.constant},
        )
    seen = "" if _gradients_proved(a, b, values.factor) else _at_random(batches)
    return statement(values, words, unit=a.unit, gradients=seen)


def statement(x: Affine, words: Wording, *, unit: bool, gradients: str = "") -> Finding:
    """gradients: where those were compared, if not proved while the values are."""
    equation = f"L_A = {words.affine(x.factor, 'L_B', x.constant)}"
    slope = f"∇L_A = {words.times(x.factor, '∇L_B')}{' on the sphere' if unit else ''}"
    everywhere = f"{equation}, for all {'unit ' if unit else ''}embeddings"
    if x.verdict is not Verdict.PROVED:
        text = f"{equation} {x.tried}, to 40 digits"
        text += f"; {slope} {gradients}" if gradients else ""
    else:
        text = f"{everywhere}; {slope}{gradients and ' '}{gradients or ', by every embedding'}"
    verdict = Verdict.AGREED if gradients else x.verdict
    parts = {"factor": x.factor, "constant": x.constant}
    return Finding(_kind(x), verdict, f"{text}.", parts)


def _kind(x: Affine) -> Kind:
    if of_labels_alone(x.constant):
        return Kind.LABELS if x.factor == 1 else Kind.AFFINE_LABELS
    kinds = {
        (True, True): Kind.SAME,
        (True, False): Kind.CONSTANT,
        (False, True): Kind.FACTOR,
        (False, False): Kind.AFFINE,
    }
    return kinds[(x.factor == 1, x.constant == 0)]


def _at_random(batches: Batches) -> str:
    return f"at {sum(map(len, batches))} random batches"


def _gradients_only(a: Form, b: Form, factor: Expr, batches: Batches, words: Wording) -> Finding:
    proved = _gradients_proved(a, b, factor)
    where = ", by every embedding" if proved else f" {_at_random(batches)}"
    text = f"∇L_A = {words.times(factor, '∇L_B')} on the sphere{where}; the values differ."
    verdict = Verdict.PROVED if proved else Verdict.AGREED
    return Finding(Kind.GRADIENT, verdict, text, {"factor": factor})


def _gradients_proved(a: Form, b: Form, factor: Expr) -> bool:
    return all(
        vanishes_on_sphere(
            gradient_at_spot(a.formula, *spot) - factor * gradient_at_spot(b.formula, *spot), spot
        )
        for spot in spots(a)
    )


def _factor_of_gradients(a: Form, b: Form, batches: Batches) -> Expr | None:
    """f in ∇L_A = f ∇L_B with f free of the embeddings."""
    for f in (S.One, *factor_between(a, b)):
        if free_of_embeddings(f) and _fits(a, b, f, batches):
            return f
    return None


def _fits(a: Form, b: Form, factor: Expr, batches: Batches) -> bool:
    mine, theirs = ({v: gradient(x.formula, v, NEGATIVE) for v in x.views} for x in (a, b))
    return all(_fit_at(mine, theirs, factor, points, unit=a.unit) for points in batches)


def _fit_at(
    mine: Mapping[View, Expr],
    theirs: Mapping[View, Expr],
    factor: Expr,
    points: list[Sample],
    *,
    unit: bool,
) -> bool:
    """At the points of one setting, by the largest number: where all are small, little is seen."""
    numbers: list[tuple[float, float]] = []
    for point in points:
        f = value_at(factor, point)
        rows = zip(*(gradient_at(g, point, unit=unit) for g in (mine, theirs)), strict=True)
        numbers += [(x, f * y) for r, s in rows for x, y in zip(r, s, strict=True)]
    scale = max((abs(x) for pair in numbers for x in pair), default=0.0)
    return all(abs(x - y) <= _TOLERANCE * scale for x, y in numbers)


def _close(x: Expr, y: Expr, batches: Batches) -> bool:
    return all(same(value_at(x, p[0]), value_at(y, p[0])) for p in batches)
