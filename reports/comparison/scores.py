"""Final scores over the seeds of each subject, and how they differ from the first one's."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from reports.comparison.subject import Member, Subject
from train.sweeps.interval import LEVEL, Interval, interval


@dataclass(frozen=True)
class Final:
    """A score of one subject, in its own unit (shares of 1). before, after: over the seeds that
    have it, None where none has; difference: after − that of the first subject, with Welch's
    interval where both have two seeds or more."""

    before: Interval | None
    after: Interval | None
    difference: Interval | None = None


@dataclass(frozen=True)
class Scored:
    """name: of the score; finals: by subject."""

    name: str
    finals: tuple[Final, ...]


def scored(subjects: Sequence[Subject]) -> tuple[Scored, ...]:
    """Every score that some run has before or after training, in the runs' order."""
    names = dict.fromkeys(
        name
        for subject in subjects
        for member in subject.members
        for when in ("after", "before")
        for name in member.run.scores(when) or ()
    )
    return tuple(Scored(name, _finals(name, subjects)) for name in names)


def _finals(name: str, subjects: Sequence[Subject]) -> tuple[Final, ...]:
    values = [
        [_values(subject.members, when, name) for when in ("before", "after")]
        for subject in subjects
    ]
    first = values[0][1]
    finals = []
    for place, (before, after) in enumerate(values):
        other = difference(after, first) if place and after and first else None
        finals.append(Final(_interval(before), _interval(after), other))
    return tuple(finals)


def _values(members: Sequence[Member], when: str, name: str) -> list[float]:
    """The defined values over the members, in order."""
    found = [(member.run.scores(when) or {}).get(name) for member in members]
    return [float(x) for x in found if x is not None]


def _interval(values: Sequence[float]) -> Interval | None:
    return interval(values) if values else None


def difference(a: Sequence[float], b: Sequence[float]) -> Interval:
    """mean(a) − mean(b) with Welch's interval: t_{(1+level)/2, ν} √(s_a²/n_a + s_b²/n_b), ν by
    Welch and Satterthwaite (Biometrika 34, 1947); none where one side has a single value, or where
    no value varies."""
    x, y = interval(a), interval(b)
    mean, n = x.mean - y.mean, min(x.n, y.n)
    if x.deviation is None or y.deviation is None:
        return Interval(mean, None, None, n)
    u, v = x.deviation**2 / x.n, y.deviation**2 / y.n
    if u + v == 0:
        return Interval(mean, 0.0, 0.0, n)
    from scipy.stats import t

    freedom = (u + v) ** 2 / (u**2 / (x.n - 1) + v**2 / (y.n - 1))
    half = float(t.ppf((1 + LEVEL) / 2, freedom)) * sqrt(u + v)
    return Interval(mean, half, sqrt(u + v), n)


def said(value: Interval | None, *, sign: bool = False) -> str:
    """`.8013 ± .0041`, `.8013` where one seed leaves no interval, or a dash."""
    if value is None:
        return "–"
    mean = f"{value.mean:+.4f}" if sign else f"{value.mean:.4f}"
    spread = "" if value.half_width is None else f" ± {value.half_width:.4f}"
    return mean.replace("-", "−") + spread
