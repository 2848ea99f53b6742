"""The slope of a loss's value along a random direction, by differences of values."""

from dataclasses import replace

import torch
from torch import Tensor

from derive.nodes import ANCHOR
from verify.draws import as_point
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, Rows, mp
from verify.reruns import Run
from verify.scales import conditioning, units
from verify.specification import DIFFERENCES, stops
from verify.subject import Subject

_STEP = mp.mpf(10) ** -17
_OWN_STEP, _LEAST_STEP = 1e-2, 1e-5  # of the module's own values: over κ, and no smaller
_TRUNCATION = 1e-9  # of the scale: (step·κ)⁴ and the rounding of values over the step
_MOST_EXACT = 4  # pairs and features whose formula is evaluated with 50 digits


def differences(run: Run) -> dict[str, float]:
    """The slope of the value along a random direction of both views, against the gradient: of the
    module's own values, or where something is stopped, of the formula with that frozen."""
    return _frozen(run) if stops(run.subject) else _own(run)


def _direction(run: Run) -> tuple[Tensor, Tensor]:
    """A unit step, along the sphere of each row."""
    x = run.example
    noise = torch.randn(2, *x.h.shape, generator=run.generator, dtype=x.h.dtype)
    rows = [run.subject.comparable(v, h) for v, h in zip(noise, (x.h, x.h_prime), strict=True)]
    size = torch.cat(rows).norm().clamp(min=1e-300)
    return rows[0] / size, rows[1] / size


def _own(run: Run) -> dict[str, float]:
    """Five-point differences of the module that normalises its rows."""
    x, (v, w) = run.example, _direction(run)
    kappa = conditioning(run.subject.formula, x.h, x.h_prime, x.values, x.inputs)
    step = min(_OWN_STEP / kappa.gradient, 1e-3)
    if step < _LEAST_STEP or x.is_within(100 * step):
        return {}
    module = run.subject.fast(embeddings="raw", **x.values)
    at = [module(x.h + k * step * v, x.h_prime + k * step * w, **x.inputs).item()
          for k in (1, -1, 2, -2)]  # fmt: skip
    slope = (8 * (at[0] - at[1]) - (at[2] - at[3])) / (12 * step)
    return _slope_apart(run, slope, v, w, _TRUNCATION)


def _frozen(run: Run) -> dict[str, float]:
    """Central differences of the formula with 50 digits, stop-gradients frozen where it is."""
    x, (v, w) = run.example, _direction(run)
    if max(x.batch.n, x.batch.d) > _MOST_EXACT:
        return {}
    point = as_point(x)
    up, down = (_value(run.subject, _moved(point, v, w, k * _STEP), point) for k in (1, -1))
    return _slope_apart(run, float((up - down) / (2 * _STEP)), v, w, 0.0)


def _slope_apart(
    run: Run, slope: float, v: Tensor, w: Tensor, truncation: float
) -> dict[str, float]:
    """In units of rounding, or of the truncation of a quotient."""
    expected = (run.base.by_h * v).sum() + (run.base.by_h_prime * w).sum()
    value, scale = run.scales
    one = (scale + value) * max(1.0, truncation / torch.finfo(torch.float64).eps)
    return {f"{DIFFERENCES}: slope": units(expected - slope, one * run.example.h.numel() ** 0.5)}


def _moved(point: Point, v: Tensor, w: Tensor, by: Number) -> Point:
    def rows(base: Rows, move: Tensor) -> Rows:
        return tuple(
            tuple(x + by * mp.mpf(y) for x, y in zip(row, to, strict=True))
            for row, to in zip(base, move.tolist(), strict=True)
        )

    return replace(point, h=rows(point.h, v), h_prime=rows(point.h_prime, w))


def _value(subject: Subject, point: Point, frozen: Point) -> Number:
    """The training scalar."""
    ev = Evaluator(point, frozen=frozen)
    if subject.objective.differentiated == "batch":
        return ev(subject.formula, {})
    return sum(ev(subject.formula, {ANCHOR: i}) for i in range(point.n)) / point.n
