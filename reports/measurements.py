"""Quantities of measurement records (docs/measuring.md) along the steps of runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from reports.errors import RunRecordError
from reports.runs import Run
from reports.sample_shape import Fault, faults

Sample = Mapping[str, Any]
Read = Callable[[Sample], float | None]
HELD_OUT, TRAIN = "held_out", "train"
_TOLD = 3  # wrong values of a measurement


class Point(NamedTuple):
    """A quantity of one run at one step; None where it does not exist."""

    seed: int
    step: int
    value: float | None


def along(runs: Sequence[Run], read: Read, sample: str = HELD_OUT) -> tuple[Point, ...]:
    """The quantity at every measured step of every run. sample: "held_out" or "train".

    Raises `RunRecordError` for a damaged measurement.
    """
    return tuple(
        Point(seed_of(run), record["step"], None if found is None else read(found))
        for run in runs
        for record in run.measurements
        for found in (_whole(run, record, sample),)
    )


def mean_along(points: Sequence[Point]) -> list[tuple[int, float | None]]:
    """(step, mean over the seeds) at the steps that every seed has; None where one has no value."""
    seeds = {point.seed for point in points}
    by_step: dict[int, list[Point]] = {}
    for point in points:
        by_step.setdefault(point.step, []).append(point)
    means: list[tuple[int, float | None]] = []
    for step, some in sorted(by_step.items()):
        values = [point.value for point in some if point.value is not None]
        if {point.seed for point in some} == seeds:
            whole = len(values) == len(some)
            means.append((step, sum(values) / len(values) if whole else None))
    return means


def before(run: Run, sample: str = HELD_OUT) -> Sample:
    """What was measured before the first step. Raises `RunRecordError` if nothing was."""
    return _at(run, 0, sample)


def after(run: Run, sample: str = HELD_OUT) -> Sample:
    """What was measured after the last step. Raises `RunRecordError` if nothing was, or if the run
    has not come to its end."""
    found = _at(run, -1, sample)
    step = run.measurements[-1]["step"]
    steps = run.config.get("schedule", {}).get("steps")
    if not run.finished and step != steps:
        raise RunRecordError(
            f"{run.path} is not finished: it was last measured at step {step} of "
            f"{'unknown' if steps is None else steps}. Go on with `reports record`, or leave it "
            "out of --runs."
        )
    return found


def _at(run: Run, place: int, sample: str) -> Sample:
    found = _whole(run, run.measurements[place], sample) if run.measurements else None
    if found is None or (place == 0 and run.measurements[0]["step"] != 0):
        when = "before the first step" if place == 0 else "last"
        raise RunRecordError(
            f"{run.path} holds no measurement of the {sample.replace('_', '-')} text {when}. Make "
            "the run again with `reports record` in another folder, or leave it out of --runs."
        )
    return found


def _whole(run: Run, record: Mapping[str, Any], sample: str) -> Sample | None:
    """The sample of a measurement, None where it was not measured.

    Raises `RunRecordError` where it lacks something, or something in it is not what it should be.
    """
    found: Sample | None = record[sample]
    wrong = [] if found is None else faults(found)
    if wrong:
        raise RunRecordError(
            f"{run.path}: the measurement of the {sample.replace('_', '-')} text at step "
            f"{record['step']} {_said(wrong)}. Make the run again in another folder, or leave it "
            "out."
        )
    return found


def _said(wrong: Sequence[Fault]) -> str:
    lacks = ", ".join(x.place for x in wrong if not x.said)
    has = "; ".join(f"{x.place} = {x.said}" for x in wrong[:_TOLD] if x.said)
    more = f" and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD and has else ""
    return " and ".join(filter(None, [lacks and f"lacks {lacks}", has and f"has {has}{more}"]))


def seed_of(run: Run) -> int:
    """0 where none is on record."""
    return int(run.config["options"].get("seed") or 0)


def mean_of(key: str) -> Read:
    """The mean of a distribution over anchors, `mean_of("ratio")`; None where there is none."""
    return lambda sample: sample[key]["mean"] if sample[key] else None


def value_of(key: str) -> Read:
    """A number of the sample, `value_of("L_uniform")`."""
    return lambda sample: sample[key]


def mean_cosine(sample: Sample) -> float:
    """Mean cos θ_ii' of unit rows: ‖h − h'‖² = 2 − 2 cos θ, and L_align is its mean."""
    return 1.0 - float(sample["L_align"]) / 2.0
