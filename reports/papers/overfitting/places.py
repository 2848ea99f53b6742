"""Where the trained encoders of 003 lie: a quantity or two on held-out text, and the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.measurements import Read, after
from reports.outputs import Data, Value
from reports.papers.run_scores import BY_STS, common_score, score_of
from reports.runs import Run
from train.sweeps.interval import Interval, interval


@dataclass(frozen=True)
class Place:
    """Means over the seeds. score: per cent, None where no run has one."""

    label: str
    across: Interval
    upwards: Interval | None
    score: Interval | None


def scores_named(
    found: Mapping[str, Sequence[Run]],
    across: Read,
    upwards: Read | None = None,
    order: Sequence[str] = BY_STS,
) -> tuple[str, list[Place]]:
    """The first score of the order that all have, and each label's place after the last step."""
    score = common_score([run for runs in found.values() for run in runs], order)
    places = [
        Place(
            label,
            _last(runs, across),
            None if upwards is None else _last(runs, upwards),
            score_of(runs, score),
        )
        for label, runs in found.items()
    ]
    return score, places


def _last(runs: Sequence[Run], read: Read) -> Interval:
    values = [read(after(run)) for run in runs]
    return interval([x for x in values if x is not None])


def places_data(places: Sequence[Place], label: str, across: str, upwards: str = "") -> Data:
    """The values; columns named by what they are. seeds: of the place; score_seeds: of its
    score, which not every run need have."""
    columns: dict[str, list[Value]] = {label: [x.label for x in places]}
    columns |= _columns(across, [x.across for x in places])
    if upwards:
        columns |= _columns(upwards, [x.upwards for x in places])
    columns |= _columns("score_per_cent", [x.score for x in places])
    columns["seeds"] = [x.across.n for x in places]
    columns["score_seeds"] = [0 if x.score is None else x.score.n for x in places]
    return Data(columns)


def _columns(name: str, values: Sequence[Interval | None]) -> dict[str, list[Value]]:
    return {
        name: [None if x is None else x.mean for x in values],
        f"{name}_half_width": [None if x is None else x.half_width for x in values],
    }
