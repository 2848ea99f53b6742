"""Scores of finished runs for figures: per cent, with their intervals over the seeds."""

from collections.abc import Sequence
from pathlib import Path

from reports.errors import RunRecordError
from reports.papers.published.ours import evaluated
from reports.runs import Run
from train.sweeps.interval import Interval, interval

STS, TRANSFER = "STS, average of seven", "transfer, average of seven"  # as the recipes say
# As `train.sts` and `train.evaluation` call them, which import an encoder's libraries.
DEV, TEST, SICK = (f"{x}, Spearman" for x in ("STS-B dev", "STS-B test", "SICK-R test"))
GRADED = "graded similarity, Spearman"
# What is drawn where several were scored: the paper's choice first. 001, Figure 6; and the rest.
BY_DEV = (DEV, TEST, SICK, GRADED)
BY_STS = (STS, TEST, SICK, DEV, GRADED)


def scores_after(run: Run) -> dict[str, float]:
    """The scores after training that are defined, by name, shares of 1; the averages of the seven
    STS and transfer tasks too where `train eval` scored them.

    Raises `RunRecordError` for a damaged record of `train eval`.
    """
    inside = {name: x for name, x in (run.scores("after") or {}).items() if x is not None}
    _, averages, damage = evaluated(Path(run.path))
    if damage:  # without its scores another one would be drawn, and the caption be wrong
        raise RunRecordError(damage[0].replace("is left out", "cannot be read"))
    names = {"STS": STS, "transfer": TRANSFER}
    return inside | {name: averages[x] for x, name in names.items() if x in averages}


def common_score(runs: Sequence[Run], order: Sequence[str]) -> str:
    """The first score of the order that every run with any score has.

    Raises `RunRecordError` where there is none.
    """
    scored = [set(found) for run in runs if (found := scores_after(run))]
    shared = set.intersection(*scored) if scored else set()
    name = next((x for x in (*order, *sorted(shared)) if x in shared), None)
    if name is None:
        raise RunRecordError(
            f"the {len(runs)} runs have no score in common. Runs that are finished keep what they "
            "were scored on: make all of them with one `reports record --eval-data DIR`, in "
            "another --runs folder."
        )
    return name


def unscored(runs: Sequence[Run], name: str) -> str:
    """Which of the scored runs lack a score: "our runs were", or "1 of 3 runs were"."""
    found = [x for run in runs if (x := scores_after(run))]
    lack = sum(name not in x for x in found)
    return "our runs were" if lack == len(found) else f"{lack} of {len(found)} runs were"


def score_of(runs: Sequence[Run], name: str) -> Interval | None:
    """Mean and interval over the runs that have it, per cent; None where none has."""
    values = [100 * found[name] for run in runs if name in (found := scores_after(run))]
    return interval(values) if values else None
