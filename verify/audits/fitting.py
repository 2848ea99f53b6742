"""Hyper-parameters that nobody told: found from gradients at two batches, judged at the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import isfinite, log

import torch
from torch import Tensor

from derive.hyper import Hyper
from derive.objective import Objective
from verify.audits.matching import distance
from verify.audits.observations import Observation
from verify.audits.responses import READINGS, Candidate, number_at, seen
from verify.audits.settings import exact

_GRID = tuple(10.0 ** (k / 3) for k in range(-7, 7))  # 0.005 to 100
_STEPS, _DONE, _PROMISING = 12, 1e-8, 0.5
_FEW = 2  # hyper-parameters that are looked for on a grid
_REFINED = 8  # of all starts
Residual = Callable[[Sequence[float]], Tensor | None]
_READINGS = ("", "averaged over both directions")


def fitted(
    sources: Sequence[tuple[Objective, Candidate]],
    observations: Sequence[Observation],
    is_late: Callable[[], bool] = lambda: False,
) -> Iterator[Candidate]:
    """Candidates with hyper-parameters that make them agree at two batches, the likeliest first.

    sources: a loss and a candidate of it, whose values are where the search starts.
    is_late() ends it.
    """
    starts = []
    for objective, candidate in sources:
        if is_late():
            break
        at = _two(observations, candidate)
        if objective.hyper and len(at) == 2:
            for reading, (score, begin) in _starts(candidate, objective.hyper, at[0]).items():
                starts.append((score, candidate, objective.hyper, reading, at, begin))
    starts.sort(key=lambda x: x[0])
    for score, candidate, free, reading, at, begin in starts[:_REFINED]:
        if score < _PROMISING and not is_late():
            residual = _residual(candidate, [x.name for x in free], reading, at)
            values = _refined(residual, free, begin)
            if values is not None:
                yield _with(candidate, free, values)


def _two(observations: Sequence[Observation], candidate: Candidate) -> list[Observation]:
    """Two batches of one shape, so that a factor of N and D is one number."""
    usable = [x for x in observations if x.unit or not candidate.normalised]
    alike = [x for x in usable if x.sizes == usable[0].sizes and x.unit == usable[0].unit]
    return alike[:2]


def _residual(
    candidate: Candidate, names: Sequence[str], reading: str, at: Sequence[Observation]
) -> Residual:
    """parameters → gradients and values less the candidate's, relative, the factor fitted."""

    def residual(parameters: Sequence[float]) -> Tensor | None:
        trial = replace(
            candidate,
            values={**candidate.values, **dict(zip(names, parameters, strict=True))},
            _known={},
        )
        pairs = []
        for x in at:
            answers = trial.at(x)
            if answers is None:
                return None
            pairs.append((seen(x, tangent=trial.normalised), READINGS[reading][1](*answers)))
        f = torch.cat([x.gradient.flatten() for x, _ in pairs])
        c = torch.cat([y.gradient.flatten() for _, y in pairs])
        if not f.norm() or not c.norm():
            return None
        scale = (f @ c) / (c @ c)
        values = torch.stack([(x.value - scale * y.value) / (1 + x.value.abs()) for x, y in pairs])
        return torch.cat([(f - scale * c) / f.norm(), values])

    return residual


def _starts(
    candidate: Candidate, free: Sequence[Hyper], at: Observation
) -> dict[str, tuple[float, list[float]]]:
    """For each reading, the point of a grid whose gradient is nearest at one batch, and how near:
    as it is, and with one or two parameters on the grid."""
    usual = [number_at(candidate.values[x.name], 5, 4) for x in free]
    best = dict.fromkeys(_READINGS, (1e9, usual))

    def look(points: Iterable[Sequence[float]]) -> None:
        for point in points:
            named = dict(zip((x.name for x in free), point, strict=True))
            trial = replace(candidate, values={**candidate.values, **named}, _known={})
            for reading in _READINGS:
                score = distance(READINGS[reading][1], trial, at)
                if score < best[reading][0]:
                    best[reading] = (score, list(point))

    look([usual])
    if len(free) <= _FEW:
        look(product(*((_GRID if len(free) == 1 else _GRID[::3]) for _ in free)))
    if len(free) == 1:  # a margin's gradient is constant between the places where a hinge opens
        for reading in _READINGS:
            middle = best[reading][1][0]
            look([middle * 10.0 ** (k / 15)] for k in range(-4, 5) if k)
    return best


def _refined(residual: Residual, free: Sequence[Hyper], begin: list[float]) -> list[float] | None:
    """Gauss–Newton steps, halved while they do not help; None where they do not arrive."""
    now, r = torch.tensor(begin, dtype=torch.float64), residual(begin)
    for _ in range(_STEPS):
        if r is None or not r.isfinite().all():
            return None
        if r.norm() < _DONE:
            return now.tolist()
        columns = [_slope(residual, now, k, r) for k in range(len(free))]
        if any(x is None for x in columns):
            return None
        jacobian = torch.stack([x for x in columns if x is not None], dim=1)
        step = torch.linalg.lstsq(jacobian, -r[:, None], driver="gelsd").solution[:, 0]
        now, r = _damped(residual, free, now, step, r)
    return now.tolist() if r is not None and r.norm() < _DONE else None


def _slope(residual: Residual, now: Tensor, k: int, r: Tensor) -> Tensor | None:
    size = 1e-6 * max(abs(float(now[k])), 1e-3)
    ends = []
    for sign in (1, -1):
        moved = now.clone()
        moved[k] += sign * size
        ends.append(residual(moved.tolist()))
    if ends[0] is None or ends[1] is None:
        return None
    return (ends[0] - ends[1]) / (2 * size)


def _damped(
    residual: Residual, free: Sequence[Hyper], now: Tensor, step: Tensor, r: Tensor
) -> tuple[Tensor, Tensor | None]:
    for halvings in range(6):
        trial = now + step / 2**halvings
        if all(exact(x, float(v)) is not None for x, v in zip(free, trial, strict=True)):
            found = residual(trial.tolist())
            if found is not None and found.norm() < r.norm():
                return trial, found
    return now, None


def _with(candidate: Candidate, free: Sequence[Hyper], values: Sequence[float]) -> Candidate:
    """With what was found, each as the simple number it is where it is one."""
    found = {}
    for hyper, value in zip(free, values, strict=True):
        found[hyper.name] = exact(hyper, _tidy(value)) or value
    names = tuple(x.name for x in free)
    return replace(candidate, values={**candidate.values, **found}, fitted=names, _known={})


def _tidy(value: float) -> float:
    """The decimal of four digits that it is, if it is one to a millionth."""
    if not isfinite(value) or value == 0 or log(abs(value)) < -30:
        return value
    short = float(f"{value:.4g}")
    return short if abs(short - value) < 1e-6 * abs(value) else value
