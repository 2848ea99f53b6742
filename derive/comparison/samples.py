"""Batches at which losses are evaluated in floats: random ones, and settings of what is free."""

from collections.abc import Iterable, Mapping
from random import Random

from sympy import Expr, Rational

from derive.hyper import Hyper
from derive.nodes import ANCHOR, FEATURE, NEGATIVE, D, N, View
from derive.numeric import Evaluator, Point

SIZES = ((3, 3), (4, 3))  # N, D: one setting of the hyper-parameters each
_BATCHES = 6
_TRIED = (0.45, 0.07)  # values are spread: equal ones would hide a factor


class Sample:
    """A point, and what was evaluated at it."""

    def __init__(self, point: Point):
        self.point = point
        self.evaluator = Evaluator(point)


def settings_of(hypers: Iterable[Hyper]) -> list[dict[str, float]]:
    """Two settings of the free hyper-parameters: near the defaults, and all of one size."""
    near: dict[str, float] = {}
    alike: dict[str, float] = {}
    for number, x in enumerate(sorted(hypers, key=lambda x: x.name)):
        n, d = SIZES[0]
        default = float(x.default.subs({N: n, D: d}))
        value = _TRIED[0] + _TRIED[1] * number
        near.setdefault(x.name, _inside(x, default * (1 - _TRIED[1] * (number + 1)), default))
        alike.setdefault(x.name, _inside(x, value, default))
    return [near, alike]


def _inside(x: Hyper, value: float, otherwise: float) -> float:
    return value if x.domain.contains(Rational(str(round(value, 9)))) else otherwise


def batches(hypers: Iterable[Hyper], inputs: Iterable[str], *, unit: bool) -> list[list[Sample]]:
    """Per setting, points at random embeddings: positives near (beside negatives that are far),
    opposite, and in between."""
    random = Random(7)
    return [
        [Sample(_batch(random, n, d, values, inputs, unit, at)) for at in range(_BATCHES)]
        for values, (n, d) in zip(settings_of(hypers), SIZES, strict=True)
    ]


def _batch(
    random: Random,
    n: int,
    d: int,
    values: Mapping[str, float],
    inputs: Iterable[str],
    unit: bool,
    number: int,
) -> Point:
    h = [[random.gauss(0, 1) for _ in range(d)] for _ in range(n)]
    if number == 0:
        means = [sum(x) / n for x in zip(*h, strict=True)]
        h = [[x - mean for x, mean in zip(row, means, strict=True)] for row in h]
    towards, noise = (-1.0, 0.3) if number == 1 else (1.0, 0.05 + 0.3 * number)
    h_prime = [[towards * x + noise * random.gauss(0, 1) for x in row] for row in h]
    rows = [tuple(tuple(_scaled(row, unit)) for row in view) for view in (h, h_prime)]
    return Point(rows[0], rows[1], dict(values), inputs_of(inputs, n))


def _scaled(row: list[float], unit: bool) -> list[float]:
    norm = sum(x * x for x in row) ** 0.5 if unit else 1.0
    return [x / norm for x in row]


def inputs_of(names: Iterable[str], n: int) -> dict[str, list[object]]:
    """Labels of which two agree; extras from the samples that follow."""
    return {
        name: [k // 2 for k in range(n)]
        if name == "labels"
        else [[(k + 1) % n, (k + 2) % n] for k in range(n)]
        for name in names
    }


def value_at(e: Expr, point: Sample) -> float:
    """L_i of the first sample, or L. Not a number where it cannot be evaluated."""
    try:
        return float(point.evaluator(e, {ANCHOR: 0}))
    except (ArithmeticError, ValueError):
        return float("nan")


def gradient_at(gradients: Mapping[View, Expr], point: Sample, *, unit: bool) -> list[list[float]]:
    """The gradient by every embedding (those of the first view, then of the second), of unit
    ones the part along the sphere; gradients: component FEATURE by embedding NEGATIVE."""
    ev, rows = point.evaluator, []
    for view, e in gradients.items():
        for p in range(point.point.n):
            at = {ANCHOR: 0, NEGATIVE: p}
            row = [float(ev(e, {**at, FEATURE: a})) for a in range(point.point.d)]
            own = ev.embedding(view, p)
            radial = sum(x * y for x, y in zip(row, own, strict=True)) if unit else 0.0
            rows.append([x - radial * y for x, y in zip(row, own, strict=True)])
    return rows
