"""The page of results: scores of training runs, with intervals over their seeds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.atlas.request import Request
from reports.atlas.shell import shell
from reports.runs import Run, read_run, settings_of
from train.sweeps.interval import interval


@dataclass(frozen=True)
class Score:
    """name; before and after training as text, the mean over the seeds with its interval."""

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
    return [*found, *(group(Path(x).name, (read_run(x),)) for x in request.runs)]


def group(title: str, runs: Sequence[Run]) -> Group:
    """Runs of one loss and one setting, whose seeds differ."""
    names = dict.fromkeys(
        name for run in runs for when in ("before", "after") for name in run.scores(when) or {}
    )
    settings = [(label, value) for label, value in settings_of(runs[0]) if label != "seed"]
    return Group(
        title=title,
        loss=runs[0].loss,
        seeds=tuple(str(run.config["options"].get("seed")) for run in runs),
        scores=tuple(Score(x, _mean(runs, "before", x), _mean(runs, "after", x)) for x in names),
        settings=tuple(settings),
        notes=tuple(dict.fromkeys(note for run in runs for note in run.notes)),
    )


def _mean(runs: Sequence[Run], when: str, name: str) -> str:
    """The mean with its interval; a dash where no run has the score, "undefined" where one of
    them collapsed."""
    measured = [run.scores(when) or {} for run in runs]
    values = [scores[name] for scores in measured if name in scores]
    known = [x for x in values if x is not None]
    if not values:
        return "–"
    if len(known) < len(values):
        return f"undefined in {len(values) - len(known)} of {len(values)}"
    return interval(known).text()
