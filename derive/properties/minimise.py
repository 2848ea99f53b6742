"""A small numeric search for a low value of a loss: what it finds is a sample, and no proof."""

from dataclasses import dataclass, replace
from random import Random

from derive.numeric import Point
from derive.properties.points import drawn, normalised, training_value
from derive.properties.subject import Subject

SEED = 0
STARTS = 2
STEPS = 100
SIZE = (3, 3)


@dataclass(frozen=True)
class Least:
    """The least value met, and how it was looked for."""

    value: float

    @property
    def ground(self) -> str:
        n, d = SIZE
        return (
            f"a random search at N = {n}, D = {d}: {STARTS} starts of {STEPS} steps, "
            f"seed {SEED}, settings as given or by default; no proof"
        )


def least_value(s: Subject) -> Least | None:
    """The lowest value of the training scalar that hill climbing finds."""
    random = Random(SEED)
    best: float | None = None
    for _ in range(STARTS):
        point = s.sampler.float_point(drawn(*SIZE, random, noise=0.3, unit=s.unit))
        found = _descended(s, point, random)
        if found is not None and (best is None or found < best):
            best = found
    return None if best is None else Least(best)


def _descended(s: Subject, point: Point, random: Random) -> float | None:
    """Steps that grow where one succeeds and shrink where one fails."""
    value, step = training_value(s.objective, s.formula, point), 0.3
    for _ in range(STEPS):
        moved = _moved(point, step, random, unit=s.unit)
        new = training_value(s.objective, s.formula, moved)
        if new is not None and (value is None or new < value):
            point, value, step = moved, new, step * 1.5
        else:
            step *= 0.9
    return None if value is None else float(value)


def _moved(point: Point, step: float, random: Random, *, unit: bool) -> Point:
    def move(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        moved = tuple(tuple(x + step * random.gauss(0, 1) for x in row) for row in rows)
        return normalised(moved) if unit else moved

    return replace(point, h=move(point.h), h_prime=move(point.h_prime))
