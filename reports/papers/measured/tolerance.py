"""002, the dilemma: uniformity against tolerance as τ varies.

arXiv:2012.09740 takes the tolerance from labelled classes; `train eval` computes it where there
are labels. Without them the positive pairs stand in, and the figure says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.context import Context
from reports.drawing import bars_said, half_widths
from reports.evaluating import diagnostics
from reports.measurements import after, mean_cosine
from reports.outputs import Data, Picture
from reports.papers.recipes import expanded
from reports.plans import either, measured
from reports.provenance import Provenance, provenance
from reports.runs import Run
from train.sweeps.interval import Interval, interval

if TYPE_CHECKING:
    from reports.svg import Palette

_CLOSE = (0.11, 0.08)  # widths and heights of the axes: names of nearer points would touch


@dataclass(frozen=True)
class Named:
    """What is on the axes, and where it comes from."""

    across: str
    upwards: str
    source: str


LABELLED = Named(
    "tolerance: mean cosine within a class of TREC",
    "uniformity of STS-B dev's sentences",
    "Tolerance: mean cosine of two training questions of TREC of one class; uniformity: the log of "
    "the mean of exp(−2 ‖u − v‖²) over the sentences of STS-B dev, both of the saved encoder "
    "(`train eval --tasks diagnostics`).",
)
UNLABELLED = Named(
    "mean cos θ$_{ii'}$ of held-out pairs (no classes: see below)",
    "L$_{\\rm uniform}$ of held-out text",
    "hence no tolerance is drawn. In its place: the mean cosine of anchor and positive on held-out "
    "text, 1 − L_align/2. L_uniform: the log of the mean of exp(−2 ‖h_i − h'_j‖²) over j ≠ i. "
    "Both after the last step.",
)


@dataclass(frozen=True)
class At:
    """At one τ, over the seeds: across (tolerance or its stand-in), uniformity."""

    tau: float
    across: Interval
    uniformity: Interval


def uniformity_tolerance(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs, or with runs neither evaluated nor measured."""
    recipes = expanded(("001-figure-6-tau",))
    found: Mapping[str, tuple[Run, ...]] = {x: either(context.records, x) for x in recipes}
    labelled = all(runs and all(_is_labelled(x) for x in runs) for runs in found.values())
    if not labelled:
        found = measured(context.records, recipes)
    places = [_at(recipe, runs, labelled) for recipe, runs in found.items()]
    places.sort(key=lambda x: x.tau)
    axes, made = LABELLED if labelled else UNLABELLED, provenance(found)
    lacking = "" if labelled else _lacking(found)
    return [
        Picture(
            name="002-uniformity-tolerance",
            title="Uniformity against tolerance as the temperature varies",
            caption=lacking + _caption(places, axes, made),
            alternative="; ".join(
                f"τ = {x.tau:g}: {x.across.mean:.3f} across, uniformity {x.uniformity.mean:.3f}"
                for x in places
            ),
            settings={"across": axes.across, **made.settings},
            data=_data(places, labelled),
            draw=partial(_draw, places, axes),
        )
    ]


def _caption(places: Sequence[At], axes: Named, made: Provenance) -> str:
    intervals = bars_said(y for x in places for y in (x.across, x.uniformity))
    bars = f"mean and {intervals}" if intervals else "one seed"
    return (
        f"{axes.source} Each point: the baseline of 001 (m = 0.3, r = 1) trained at one τ, {bars}; "
        "the line joins neighbouring τ. The more negative the uniformity, the more uniform. "
        f"{made.sentences}"
    )


def _lacking(found: Mapping[str, Sequence[Run]]) -> str:
    """How many runs stand in the way of the tolerance: one is enough."""
    labelled = [_is_labelled(run) for runs in found.values() for run in runs]
    without = labelled.count(False)
    return f"{without} of {len(labelled)} runs were not scored on labelled text, "


def _is_labelled(run: Run) -> bool:
    found = diagnostics(run)
    return found is not None and found["tolerance"] is not None


def _at(recipe: str, runs: Sequence[Run], labelled: bool) -> At:
    tau = float(recipe.rpartition("-")[2])
    if labelled:
        records = [x for run in runs if (x := diagnostics(run)) is not None]
        across, uniformity = ([x[name] for x in records] for name in ("tolerance", "uniformity"))
    else:
        across = [mean_cosine(after(run)) for run in runs]
        uniformity = [after(run)["L_uniform"] for run in runs]
    return At(tau, interval(across), interval(uniformity))


def _data(places: Sequence[At], labelled: bool) -> Data:
    across = "tolerance" if labelled else "mean_cos_positive"
    return Data(
        {
            "tau": [x.tau for x in places],
            across: [x.across.mean for x in places],
            f"{across}_half_width": [x.across.half_width for x in places],
            "uniformity": [x.uniformity.mean for x in places],
            "uniformity_half_width": [x.uniformity.half_width for x in places],
            "seeds": [x.across.n for x in places],
        }
    )


def _draw(places: Sequence[At], named: Named, palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.errorbar(
        [x.across.mean for x in places], [x.uniformity.mean for x in places],
        xerr=half_widths(x.across for x in places),
        yerr=half_widths(x.uniformity for x in places),
        color=palette.series[0], marker="o", markersize=5, linewidth=1.2, capsize=3,
    )  # fmt: skip
    axes.margins(x=0.12, y=0.1)
    low, high = axes.get_ylim()
    axes.set_ylim(bottom=low - 0.2 * (high - low))
    _name(axes, places, palette.ink)
    axes.set_xlabel(named.across)
    axes.set_ylabel(named.upwards)
    axes.grid()
    return figure


def _name(axes: Axes, places: Sequence[At], ink: str) -> None:
    """Each point's τ below it, further down where that of a near point to the right is."""
    level, last = 0, None
    for x in sorted(places, key=lambda x: -x.across.mean):
        point = x.across.mean, x.uniformity.mean
        place = axes.transAxes.inverted().transform(axes.transData.transform(point))
        near = last is not None and bool((abs(place - last) < _CLOSE).all())
        level, last = (level + 1 if near else 0), place
        axes.annotate(
            f"τ = {x.tau:g}", point, xytext=(6, -9 - 13 * level), textcoords="offset points",
            fontsize=9, va="center", arrowprops={
                "arrowstyle": "-", "lw": 0.6, "color": ink, "relpos": (0, 0.5), "shrinkA": 1,
            } if level else None,
        )  # fmt: skip
