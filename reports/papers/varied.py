"""001, Figure 6: the score as one component of the baseline is varied at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from reports.context import Context
from reports.drawing import bars_said, half_widths
from reports.outputs import Data, Picture
from reports.papers.recipes import expanded
from reports.papers.run_scores import BY_DEV, common_score, score_of
from reports.provenance import provenance
from reports.svg import DASHES
from train.sweeps.interval import Interval

if TYPE_CHECKING:
    from reports.svg import Palette

SETTINGS = {"m": "m, margin of GD", "tau": "τ, temperature of W", "r": "r, ratio R"}
BASELINE = {"m": 0.3, "tau": 0.05, "r": 1.0}  # 001, §3.2


@dataclass(frozen=True)
class Varied:
    """The score, per cent, at one value of a setting."""

    value: float
    score: Interval


Panels = Mapping[str, Sequence[Varied]]


def figure_6(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs, `RunRecordError` without a common score."""
    found = context.records.need(expanded(("001-figure-6",)))
    name = common_score([run for runs in found.values() for run in runs], BY_DEV)
    panels: dict[str, list[Varied]] = {setting: [] for setting in SETTINGS}
    for recipe, runs in found.items():
        setting, value = recipe.removeprefix("001-figure-6-").rsplit("-", 1)
        score = score_of(runs, name)
        if score is not None:
            panels[setting].append(Varied(float(value), score))
    panels = {setting: sorted(x, key=lambda y: y.value) for setting, x in panels.items()}
    made = provenance(found)
    lost = len(found) - sum(map(len, panels.values()))
    return [
        Picture(
            name="001-figure-6",
            title="Score as m, τ and r of the baseline vary",
            caption=f"{_caption(name, panels, lost)} {made.sentences}",
            alternative=_alternative(name, panels),
            settings={"score": name, **made.settings},
            data=_data(panels),
            draw=partial(_draw, name, panels),
        )
    ]


def _caption(name: str, panels: Panels, lost: int) -> str:
    missing = f" {lost} settings have no score: their runs failed." if lost else ""
    bars = bars_said(x.score for panel in panels.values() for x in panel)
    spread = (
        f"Bars: {bars}."
        if bars
        else "One seed a point: no intervals, so that differences of neighbours may be chance."
    )
    return (
        f"{name}, after training with the baseline (m = 0.3, τ = 0.05, r = 1: circled), one "
        "setting varied at a time. τ on a logarithmic axis; the ends of each range are the "
        f"paper's, the points between ours.{missing} {spread}"
    )


def _alternative(name: str, panels: Panels) -> str:
    told = [
        f"{setting} from {x[0].value:g} to {x[-1].value:g}: {x[0].score.mean:.1f} to "
        f"{x[-1].score.mean:.1f}, best {max(y.score.mean for y in x):.1f} at "
        f"{max(x, key=lambda y: y.score.mean).value:g}"
        for setting, x in panels.items()
        if x
    ]
    return f"{name}, per cent. {'; '.join(told)}."


def _data(panels: Panels) -> Data:
    flat = [(setting, x) for setting, panel in panels.items() for x in panel]
    return Data(
        {
            "setting": [setting for setting, _ in flat],
            "value": [x.value for _, x in flat],
            "score_per_cent": [x.score.mean for _, x in flat],
            "half_width": [x.score.half_width for _, x in flat],
            "seeds": [x.score.n for _, x in flat],
        }
    )


def _draw(name: str, panels: Panels, palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 2.9), layout="constrained")
    all_axes = figure.subplots(1, 3, sharey=True)
    for i, (axes, (setting, panel)) in enumerate(zip(all_axes, panels.items(), strict=True)):
        _panel(axes, setting, panel, palette.series[i], DASHES[i], palette)
    all_axes[0].set_ylabel(name.replace(", ", ",\n") + " [%]")
    return figure


def _panel(
    axes: Axes, setting: str, panel: Sequence[Varied], colour: str, dash: object, palette: "Palette"
) -> None:
    axes.errorbar(
        [x.value for x in panel], [x.score.mean for x in panel],
        yerr=half_widths(x.score for x in panel), color=colour, linestyle=dash,
        marker="o", markersize=4, linewidth=1.5, capsize=3,
    )  # fmt: skip
    for x in panel:
        if x.value == BASELINE[setting]:
            axes.plot([x.value], [x.score.mean], "o", markersize=9, mec=palette.ink, mfc="none")
    if setting == "tau":
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_locator(FixedLocator([0.01, 0.1, 1]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.set_xlabel(SETTINGS[setting])
    axes.grid(axis="y")
