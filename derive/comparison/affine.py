"""L_A = f L_B + c, f and c free of the embeddings, c perhaps of the labels: found, then proved.

The gradients are compared first: where ∇(L_A − f L_B) vanishes by every embedding, on the sphere,
and nothing jumps, the difference is a constant (D ≥ 2: the spheres are connected), and its value at
one batch is c. That asks only rational identities of the algebra, whatever logarithms there are.
"""

from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Rational, S, factor

from derive.asymptotics.batches import free_of_embeddings, of_labels_alone
from derive.asymptotics.tidy import tidy
from derive.comparison.configuration import at_one_batch
from derive.comparison.confirmed import Tried, confirmed
from derive.comparison.fit import Fit, affine, off_line, same
from derive.comparison.gradients import (
    factor_between,
    gradient_at_spot,
    spots,
    vanishes_on_sphere,
)
from derive.comparison.normal import spelt
from derive.comparison.samples import Sample, value_at
from derive.comparison.subject import Form
from derive.identity import vanishes
from derive.nodes import D, Delta, HardestIndex, Log, N, Step, Top
from derive.verdict import Verdict

Batches = list[list[Sample]]


@dataclass(frozen=True)
class Affine:
    """a = factor·b + constant. verdict: PROVED, or AGREED, at the batches that were tried."""

    factor: Expr
    constant: Expr
    verdict: Verdict
    tried: Tried | None = None


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
    if verdict is Verdict.PROVED:
        return Affine(factor, constant, verdict)
    e = a.formula - factor * b.formula - constant
    tried = confirmed(a.formula, b.formula, e, batches)
    return None if tried is None else Affine(factor, constant, verdict, tried)


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
    """a − f·b if that is a constant, or a term of the labels: proved, or its value at one batch
    (AGREED)."""
    difference = spelt(a.formula - factor * b.formula)
    if vanishes(difference) is Verdict.PROVED:
        return Verdict.PROVED, S.Zero
    if free_of_embeddings(difference) or of_labels_alone(difference):
        return Verdict.PROVED, _tidied(difference)
    constant = at_one_batch(difference)
    if constant is None:
        return Verdict.AGREED, None
    level = not _jumps(difference) and all(
        vanishes_on_sphere(
            gradient_at_spot(a.formula, *spot) - factor * gradient_at_spot(b.formula, *spot), spot
        )
        for spot in spots(a)
    )
    constant = _tidied(constant)
    if vanishes(constant) is Verdict.PROVED:
        constant = S.Zero
    return Verdict.PROVED if level else Verdict.AGREED, constant


def _tidied(c: Expr) -> Expr:
    """With the logarithms of the labels as one: log(N/n) − log(N) = −log(n)."""
    logs = [x for x in Add.make_args(c) if isinstance(x.as_coeff_Mul()[1], Log)]
    if not of_labels_alone(c) or not logs:
        return tidy(c)
    share = abs(logs[0].as_coeff_Mul()[0])
    pairs = [x.as_coeff_Mul() for x in logs]
    inside = factor(Mul(*[log.args[0] ** (n / share) for n, log in pairs]))
    log = -Log(1 / inside) if inside.is_Pow and inside.exp == -1 else Log(inside)
    return tidy(c - Add(*logs) + share * log)


def _jumps(e: Expr) -> bool:
    return bool(e.has(Step, Delta, Top, HardestIndex))
