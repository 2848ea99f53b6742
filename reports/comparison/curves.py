"""What is recorded against the steps, as curves: a value a subject, a seed and a step.

Nothing is smoothed or filled in: a value that was not recorded, or does not exist, is a gap.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from reports.comparison.subject import Member, Subject

HELD_OUT, TRAIN = "held_out", "train"
SAMPLES = {HELD_OUT: "held out", TRAIN: "trained on"}


@dataclass(frozen=True)
class Quantity:
    """key: of the CSV; label: of an axis, with the unit; path: in a sample of a measurement, see
    docs/measuring.md."""

    key: str
    label: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A picture's quantities. both: of the held-out and of the training text, side by side;
    said: what a reader must know of them."""

    name: str
    title: str
    quantities: tuple[Quantity, ...]
    both: bool = False
    said: str = ""


@dataclass(frozen=True)
class Curve:
    """Of one run. subject: its place among the subjects; steps ascend; value None: not there."""

    subject: int
    seed: str
    steps: tuple[int, ...]
    values: tuple[float | None, ...]

    @property
    def empty(self) -> bool:
        return all(x is None for x in self.values)


@dataclass(frozen=True)
class Panel:
    """One axes of a picture: a quantity, of one of the texts ("": of neither), and its curves."""

    quantity: Quantity
    sample: str
    curves: tuple[Curve, ...]


GROUPS = (
    Group("dissipation", "Gradient dissipation, weight and ratio", (
        Quantity("GD_mean", "mean GD$_i$", ("dissipation", "mean")),
        Quantity("active", "active anchors [share]", ("dissipation", "active")),
        Quantity("hardest_share", "hardest negative [share]", ("hardest_share", "mean")),
        Quantity("ratio", "mean ratio R$_i$", ("ratio", "mean")),
    ), said="Active: of a gated loss the share of anchors with GD > 0, else mean GD. Hardest "
    "negative: the largest weight over their sum."),
    Group("gradient", "Lengths of the parts of the gradient, mean over the anchors", (
        Quantity("pull", "pull", ("gradient", "pull", "ambient", "mean")),
        Quantity("push", "push", ("gradient", "push", "ambient", "mean")),
        Quantity("pull_tangential", "pull along the sphere",
                 ("gradient", "pull", "tangential", "mean")),
        Quantity("push_tangential", "push along the sphere",
                 ("gradient", "push", "tangential", "mean")),
    )),
    Group("overfitting", "Alignment, uniformity and contrast", (
        Quantity("L_align", "L$_{align}$", ("L_align",)),
        Quantity("L_uniform", "L$_{uniform}$", ("L_uniform",)),
        Quantity("L_cl", "L$_{cl}$, τ = .05 [nats]", ("L_cl",)),
    ), both=True),
    Group("angles", "Angles between the embeddings", (
        Quantity("positive_mean", "positives: mean θ$_{ii'}$ [rad]",
                 ("angles", "positive", "mean")),
        Quantity("negative_mean", "negatives: mean θ$_{ij'}$ [rad]",
                 ("angles", "negative", "mean")),
        Quantity("positive_std", "positives: deviation [rad]", ("angles", "positive", "std")),
        Quantity("negative_std", "negatives: deviation [rad]", ("angles", "negative", "std")),
    )),
)  # fmt: skip


def panels(group: Group, subjects: Sequence[Subject]) -> tuple[Panel, ...]:
    """The panels of a group that hold a value."""
    samples = (HELD_OUT, TRAIN) if group.both else (common_sample(subjects),)
    found = [
        Panel(quantity, sample, tuple(_measured(subjects, sample, quantity.path)))
        for quantity in group.quantities
        for sample in samples
    ]
    wanted = {x.quantity for x in found if x.curves}
    return tuple(x for x in found if x.quantity in wanted)


def common_sample(subjects: Sequence[Subject]) -> str:
    """The held-out text where every run that was measured has one, else that trained on: curves of
    one panel are of the same kind of text."""
    records = [x for subject in subjects for member in subject.members for x in member.measurements]
    return HELD_OUT if all(x.get(HELD_OUT) is not None for x in records) else TRAIN


def _measured(subjects: Sequence[Subject], sample: str, path: tuple[str, ...]) -> Iterator[Curve]:
    for place, member in _members(subjects):
        steps = tuple(x["step"] for x in member.measurements)
        values = tuple(number_at(x.get(sample), path) for x in member.measurements)
        curve = Curve(place, member.seed, steps, values)
        if not curve.empty:
            yield curve


def number_at(sample: Any, path: Sequence[str]) -> float | None:
    """The number at a path of a record, None where there is none: null, or not recorded."""
    value = sample
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _members(subjects: Sequence[Subject]) -> Iterator[tuple[int, Member]]:
    for place, subject in enumerate(subjects):
        for member in subject.members:
            yield place, member


def loss_panels(subjects: Sequence[Subject]) -> tuple[Panel, ...]:
    """The training scalar: in one panel where all train the same loss with the same settings, else
    a panel a subject, for values of different losses cannot be held against each other."""
    curves = [
        Curve(place, member.seed, tuple(x.step for x in member.run.steps),
              tuple(x.loss if isfinite(x.loss) else None for x in member.run.steps))
        for place, member in _members(subjects)
    ]  # fmt: skip
    curves = [x for x in curves if not x.empty]
    losses = [
        (member.run.loss, str(member.run.config["options"].get("settings")))
        for _, member in _members(subjects)
    ]
    label = "training loss"
    if len(set(losses)) == 1:
        return (Panel(Quantity("loss", label, ()), "", tuple(curves)),) if curves else ()
    return tuple(
        Panel(Quantity("loss", f"loss of {subject.label}", ()), "", mine)
        for place, subject in enumerate(subjects)
        if (mine := tuple(x for x in curves if x.subject == place))
    )


def score_panels(subjects: Sequence[Subject]) -> tuple[Panel, ...]:
    """Scores before, during and after training, those of at least one run with two of them."""
    names = dict.fromkeys(
        name
        for _, member in _members(subjects)
        for evaluation in member.run.evaluations
        for name in evaluation.scores
    )
    found = []
    for name in names:
        curves = tuple(x for x in _scores(subjects, name) if not x.empty)
        if any(len(x.steps) > 1 for x in curves):
            found.append(Panel(Quantity(name, name, ()), "", curves))
    return tuple(found)


def _scores(subjects: Sequence[Subject], name: str) -> Iterator[Curve]:
    """ "after" is left out where the kept encoder is of an earlier step: it repeats its score."""
    for place, member in _members(subjects):
        kept_best = (member.run.config.get("schedule") or {}).get("keep_best") is True
        by_step = {
            x.step: x.scores.get(name)
            for x in member.run.evaluations
            if not (kept_best and x.when == "after")
        }
        yield Curve(place, member.seed, tuple(sorted(by_step)),
                    tuple(by_step[step] for step in sorted(by_step)))  # fmt: skip


def mean_of(curves: Sequence[Curve]) -> tuple[list[int], list[float]]:
    """The mean over the seeds at the steps that all of them have; NaN where one has no value."""
    tables = [dict(zip(x.steps, x.values, strict=True)) for x in curves]
    steps = sorted(set.intersection(*(set(x) for x in tables)))
    means = []
    for step in steps:
        values = [x[step] for x in tables]
        known = [x for x in values if x is not None]
        means.append(sum(known) / len(known) if len(known) == len(values) else float("nan"))
    return steps, means
