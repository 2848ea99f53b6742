"""L_A = f L_B + c with f and c free of the embeddings: found in numbers, then proved.

The gradients are compared first: where ∇(L_A − f L_B) vanishes by every embedding, on the sphere,
and nothing jumps, the difference is a constant (D ≥ 2: the spheres are connected), and its value at
one batch is c. That asks only rational identities of the algebra, whatever logarithms there are.
"""

from dataclasses import dataclass

from sympy import Expr, Integer, Rational, S

from derive.asymptotics.batches import free_of_embeddings
from derive.asymptotics.tidy import tidy
from derive.comparison.configuration import at_one_batch
from derive.comparison.fit import Fit, affine, off_line, same
from derive.comparison.gradients import (
    factor_between,
    gradient_at_spot,
    spots,
    vanishes_on_sphere,
)
from derive.comparison.normal import spelt
from derive.comparison.samples import Sample, agrees, value_at
from derive.comparison.subject import Form
from derive.identity import vanishes
from derive.nodes import D, Delta, HardestIndex, N, Step, Top
from derive.verdict import Verdict

Batches = list[list[Sample]]
_SCALES = (1.0, 0.1, 0.01)


@dataclass(frozen=True)
class Affine:
    """a = factor·b + constant. verdict: PROVED, or AGREED (numbers only)."""

    factor: Expr
    constant: Expr
    verdict: Verdict


def fits(a: Expr, b: Expr, batches: Batches) -> list[Fit] | None:
    """The factor and the constant at each setting, if numbers know them."""
    found = []
    first = [[value_at(e, x) for x in batches[0][:3]] for e in (a, b)]
    if off_line(*first):
        return None
    for points in batches:
        fit = affine([value_at(a, x) for x in points], [value_at(b, x) for x in points])
        if fit is None:
            return None
        found.append(fit)
    return found


def related(a: Form, b: Form, batches: Batches) -> Affine | None:
    """a = f·b + c as functions (stop-gradients left out)."""
    values = Form(a.value, a.anchored, a.unit), Form(b.value, b.anchored, b.unit)
    fitted = fits(values[0].formula, values[1].formula, batches)
    return None if fitted is None else _proved(*values, fitted, batches)


def _proved(a: Form, b: Form, fitted: list[Fit], batches: Batches) -> Affine | None:
    """None where the factor or the constant has no expression that was found."""
    factor = _factor(a, b, fitted, batches)
    if factor is None:
        return None
    verdict, constant = _constant(a, b, factor)
    if constant is None or not _matches(constant, [x.constant for x in fitted], batches):
        return None
    found = Affine(factor, constant, verdict)
    return found if verdict is Verdict.PROVED or _confirmed(a, b, found, batches) else None


def _confirmed(a: Form, b: Form, found: Affine, batches: Batches) -> bool:
    """With 50 digits, at all points and with hyper-parameters many times larger and smaller."""
    e = a.formula - found.factor * b.formula - found.constant
    return all(agrees(e, point, s) for points in batches for point in points for s in _SCALES)


def _factor(a: Form, b: Form, fitted: list[Fit], batches: Batches) -> Expr | None:
    """The factor as an expression in N, D and the hyper-parameters."""
    numbers = [x.factor for x in fitted]
    for f in (S.One, S.NegativeOne):
        if _matches(f, numbers, batches):
            return f
    for f in factor_between(a, b):
        if free_of_embeddings(f) and _matches(f, numbers, batches):
            return tidy(f)
    return next((f for f in _SIMPLE if _matches(f, numbers, batches)), None)


_SIMPLE = tuple(
    n * f
    for f in (S.One, N, 1 / N, N - 1, 1 / (N - 1), (N - 1) / N, N / (N - 1), D, 1 / D)
    for n in (S.One, Integer(2), Rational(1, 2))
)


def _matches(e: Expr, numbers: list[float], batches: Batches) -> bool:
    values = [value_at(e, points[0]) for points in batches]
    return all(same(x, y) for x, y in zip(values, numbers, strict=True))


def _constant(a: Form, b: Form, factor: Expr) -> tuple[Verdict, Expr | None]:
    """a − f·b if that is a constant: proved, or its value at one batch (AGREED)."""
    difference = spelt(a.formula - factor * b.formula)
    if vanishes(difference) is Verdict.PROVED:
        return Verdict.PROVED, S.Zero
    if free_of_embeddings(difference):
        return Verdict.PROVED, tidy(difference)
    constant = at_one_batch(difference)
    if constant is None:
        return Verdict.AGREED, None
    level = not _jumps(difference) and all(
        vanishes_on_sphere(
            gradient_at_spot(a.formula, *spot) - factor * gradient_at_spot(b.formula, *spot), spot
        )
        for spot in spots(a)
    )
    constant = tidy(constant)
    if vanishes(constant) is Verdict.PROVED:
        constant = S.Zero
    return Verdict.PROVED if level else Verdict.AGREED, constant


def _jumps(e: Expr) -> bool:
    return bool(e.has(Step, Delta, Top, HardestIndex))
