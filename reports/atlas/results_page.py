"""The page of results: scores of training runs, with intervals over their seeds."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from reports.atlas.request import Request
from reports.atlas.shell import shell
from reports.errors import RunRecordError
from reports.runs import Run, read_run, settings_of
from train.sweeps.interval import interval

# Settings that may differ between the seeds of a recipe: all their values are shown.
_OF_THE_RUN = ("device", "verified before training", "versions", "again")


@dataclass(frozen=True)
class Score:
    """name; before and after training as text, the mean over the seeds that have it with its
    interval."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed. title: the recipe or the folder; loss: its name, linked
    where it has a page."""

    title: str
    loss: str
    seeds: tuple[str, ...]
    scores: tuple[Score, ...]
    settings: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def results_page(groups: Sequence[Group], linked: Collection[str]) -> str:
    """The page as HTML; pure. linked: the losses that have a page."""
    return shell(
        "atlas/results.html.jinja",
        page="results.html",
        title="Results of training runs",
        groups=groups,
        linked=linked,
    )


def groups_of(request: Request) -> list[Group]:
    """The runs of the request, those of a recipe together. Raises `RunRecordError`."""
    found = []
    folder = request.records.folder
    if folder is not None:
        for path in sorted(x for x in folder.iterdir() if x.is_dir()):
            runs = request.records.runs(path.name)
            if runs:
                found.append(group(path.name, runs))
    return [*found, *(group(Path(x).resolve().name, (read_run(x),)) for x in request.runs)]


def group(title: str, runs: Sequence[Run]) -> Group:
    """Runs of one loss and one setting, whose seeds differ. Raises `RunRecordError` for others."""
    _check_alike(title, runs)
    names = dict.fromkeys(
        name for run in runs for when in ("before", "after") for name in run.scores(when) or {}
    )
    return Group(
        title=title,
        loss=runs[0].loss,
        seeds=tuple(str(run.config["options"].get("seed")) for run in runs),
        scores=tuple(Score(x, _mean(runs, "before", x), _mean(runs, "after", x)) for x in names),
        settings=tuple(_settings(runs)),
        notes=tuple(dict.fromkeys(note for run in runs for note in run.notes)),
    )


def _check_alike(title: str, runs: Sequence[Run]) -> None:
    first = _made_of(runs[0])
    for run in runs[1:]:
        other = _made_of(run)
        for label in dict.fromkeys([*first, *other]):
            if first.get(label) != other.get(label):
                raise RunRecordError(
                    f"--runs: the runs of {title!r} differ in more than their seeds ({label}: "
                    f"{first.get(label)} in {runs[0].path}, {other.get(label)} in {run.path}), so "
                    "that their mean says nothing. Give each setting a folder of its own."
                )


def _made_of(run: Run) -> dict[str, str]:
    """What the runs of a mean have in common."""
    settings = {k: v for k, v in settings_of(run) if k not in ("seed", *_OF_THE_RUN)}
    return {"loss": run.loss} | settings


def _settings(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """The settings, each with every value that it had."""
    values: dict[str, dict[str, None]] = {}
    for run in runs:
        for label, value in settings_of(run):
            values.setdefault(label, {})[value] = None
    yield from ((label, "; ".join(x)) for label, x in values.items() if label != "seed")


def _mean(runs: Sequence[Run], when: str, name: str) -> str:
    """The mean with its interval, and of how many seeds where some have no such score; a dash
    where none has it, "undefined" where it is no number in one of them (a collapsed encoder)."""
    measured = [run.scores(when) or {} for run in runs]
    values = [scores[name] for scores in measured if name in scores]
    known = [x for x in values if x is not None and isfinite(x)]
    if not values:
        return "–"
    if len(known) < len(values):
        return f"undefined in {len(values) - len(known)} of {len(values)}"
    of = "" if len(known) == len(runs) else f", {len(known)} of {len(runs)} seeds"
    return interval(known).text() + of
