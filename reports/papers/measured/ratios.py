"""001, Figure 8: (a) Lemma 1's least ratio, (b) dynamic ratios, (c) the positive pairs."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import nan
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from reports.context import Context
from reports.curves import Curve, curves_data, draw_curve, label_ends, seeds_said, steps_axis
from reports.measurements import Read, Sample, along, mean_cosine, mean_of
from reports.outputs import Picture
from reports.papers.measured.lemma import figure_8a
from reports.papers.recipes import expanded
from reports.plans import measured
from reports.provenance import provenance
from reports.runs import Run

if TYPE_CHECKING:
    from reports.svg import Palette

BASELINE = "001-figure-8-a"
LOSSES = {"001-figure-8-b-met": "MET", "001-figure-8-b-arccon": "ArcCon", BASELINE: "r = 1"}
_LOW, _HIGH = 2, 4  # the quartiles among a record's seven quantiles


def figure_8(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs."""
    ratios = measured(context.records, tuple(LOSSES))
    closer = measured(context.records, expanded(("001-figure-8-c",)))
    return [
        figure_8a({BASELINE: ratios[BASELINE]}),
        _figure_8b(ratios),
        _figure_8c(closer),
    ]


def _figure_8b(found: Mapping[str, Sequence[Run]]) -> Picture:
    means = [
        Curve(title, along(found[recipe], mean_of("ratio")), i, i)
        for i, (recipe, title) in enumerate(LOSSES.items())
    ]
    bands = [
        [Curve(title, along(found[recipe], _quantile(place)), i) for place in (_LOW, _HIGH)]
        for i, (recipe, title) in enumerate(LOSSES.items())
    ]
    made, seeds = provenance(found), seeds_said(means)
    of_seeds = ", each the mean of the seeds' quartiles" if seeds else ""
    return Picture(
        name="001-figure-8-b",
        title="The ratio R while training, by loss",
        caption=(
            "Mean of R_i over held-out anchors, from each loss's derived decomposition, while an "
            "encoder is trained with that loss; bands: from the lower to the upper quartile of the "
            f"anchors{of_seeds}. R of the baseline is its setting r = 1.{seeds} {made.sentences}"
        ),
        alternative=f"Mean ratio after the last step: {_last(means)}.",
        settings=made.settings,
        data=curves_data(
            {
                "mean R": means,
                "R, lower quartile": [low for low, _ in bands],
                "R, upper quartile": [high for _, high in bands],
            }
        ),
        draw=partial(_draw_ratios, means, bands),
    )


def _figure_8c(found: Mapping[str, Sequence[Run]]) -> Picture:
    curves = [
        Curve(f"r = {recipe.rpartition('-')[2]}", along(runs, mean_cosine), i, i)
        for i, (recipe, runs) in enumerate(found.items())
    ]
    made = provenance(found)
    return Picture(
        name="001-figure-8-c",
        title="Mean cosine of anchor and positive while training, by ratio r",
        caption=(
            "Mean of cos θ_ii' over held-out pairs, which is 1 − L_align/2 of unit embeddings, "
            "while an encoder is trained with the baseline (m = 0.3, τ = 0.05) and each ratio r. "
            f"The values of r are not in the paper's text.{seeds_said(curves)} {made.sentences}"
        ),
        alternative=f"Mean cosine after the last step: {_last(curves)}.",
        settings=made.settings,
        data=curves_data({"mean cos θ_ii'": curves}),
        draw=partial(_draw_cosines, curves),
    )


def _quantile(place: int) -> Read:
    def read(sample: Sample) -> float | None:
        return float(sample["ratio"]["quantiles"][place]) if sample["ratio"] else None

    return read


def _last(curves: Sequence[Curve]) -> str:
    """Each curve's last value."""
    ends = [(x.label, x.mean[-1][1]) for x in curves]
    return ", ".join(f"{name} {'none' if x is None else format(x, '.3f')}" for name, x in ends)


def _draw_ratios(
    means: Sequence[Curve], bands: Sequence[Sequence[Curve]], palette: "Palette"
) -> Figure:
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.subplots()
    for mean, (low, high) in zip(means, bands, strict=True):
        steps = [step for step, _ in low.mean]
        lows, highs = ([nan if x is None else x for _, x in end.mean] for end in (low, high))
        axes.fill_between(steps, lows, highs, color=palette.series[mean.colour], alpha=0.2, lw=0)
        draw_curve(axes, mean, palette)
    steps_axis(axes)
    axes.set_ylabel("ratio R")
    label_ends(axes, means, palette, 0.08)
    return figure


def _draw_cosines(curves: Sequence[Curve], palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.subplots()
    for curve in curves:
        draw_curve(axes, curve, palette)
    steps_axis(axes)
    axes.set_ylabel("mean cos θ$_{ii'}$ of held-out pairs")
    label_ends(axes, curves, palette, 0.08)
    return figure
