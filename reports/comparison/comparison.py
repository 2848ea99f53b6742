"""A comparison whole: tables of settings and scores, pictures of all that was recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.comparison.curves import (
    GROUPS,
    SAMPLES,
    Panel,
    common_sample,
    loss_panels,
    panels,
    score_panels,
)
from reports.comparison.scores import Scored, scored
from reports.comparison.settings import differences
from reports.comparison.subject import Subject, read_subjects
from reports.errors import ReportError

MOST = 8  # subjects that colours and dashes tell apart


@dataclass(frozen=True)
class Plotted:
    """Panels that make a picture. name: of its files; caption: what a reader needs."""

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Comparison:
    """subjects; differing: setting → values by subject; shared: how many settings are the same;
    scores; plots: those with something recorded; absent: what was not recorded, in sentences."""

    subjects: tuple[Subject, ...]
    differing: Mapping[str, Sequence[str]]
    shared: int
    scores: tuple[Scored, ...]
    plots: tuple[Plotted, ...]
    absent: tuple[str, ...]


def compare(paths: Sequence[Path]) -> Comparison:
    """The comparison of these folders. Raises as `read_subjects`, and `ReportError` for more
    subjects than can be told apart."""
    if len(paths) > MOST:
        raise ReportError(
            f"{len(paths)} runs: more than {MOST} cannot be told apart in one picture. Compare "
            "some of them, or give the folder of the seeds instead of each seed."
        )
    subjects = read_subjects(paths)
    differing, shared = differences(subjects)
    plots = tuple(x for x in _plots(subjects) if x.panels)
    absent = tuple(_absent(subjects, {x.name for x in plots}))
    return Comparison(subjects, differing, shared, scored(subjects), plots, absent)


def _plots(subjects: Sequence[Subject]) -> Iterator[Plotted]:
    seeds = " Thick: the mean over the seeds; thin: each seed." if _several(subjects) else ""
    losses = loss_panels(subjects)
    apart = (
        " The losses or their settings differ: each has axes of its own, and their values cannot "
        "be held against each other."
    )
    caption = f"The training scalar as each run recorded it.{apart if len(losses) > 1 else ''}"
    yield Plotted("compare-loss", "Training loss", caption + seeds, losses)
    caption = (
        "Every evaluation on record; of a run that keeps its best encoder those during training."
    )
    yield Plotted("compare-scores", "Scores against the steps", caption + seeds,
                  score_panels(subjects))  # fmt: skip
    for group in GROUPS:
        text = "of the held-out text and of a sample of the training text"
        if not group.both:
            text = f"of the text {SAMPLES[common_sample(subjects)]}"
        caption = f"{group.title}, measured while training (docs/measuring.md), {text}."
        caption += f" {group.said}" if group.said else ""
        yield Plotted(f"compare-{group.name}", group.title, caption + seeds,
                      panels(group, subjects))  # fmt: skip


def _several(subjects: Sequence[Subject]) -> bool:
    return any(len(x.members) > 1 for x in subjects)


def _absent(subjects: Sequence[Subject], there: set[str]) -> Iterator[str]:
    """What the runs did not record, and how to record it."""
    without = [x.label for x in subjects if not any(m.measurements for m in x.members)]
    if without:
        yield (
            f"{', '.join(without)}: nothing was measured while training. Train with --held-out "
            "0.1 --measure-every 50 for the curves of the components."
        )
    evaluations = [x for s in subjects for m in s.members for x in m.run.evaluations]
    if not any(x.when == "during" for x in evaluations):
        yield "No run was scored while it trained (--eval-every)."
    if "compare-loss" not in there:
        yield "No run recorded a training step."
