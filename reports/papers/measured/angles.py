"""001, Figure 9: means and deviations of the angles along the baseline's training."""

from collections.abc import Sequence
from functools import partial
from math import pi
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from reports.context import Context
from reports.curves import Curve, curves_data, draw_curve, label_ends, seeds_said, steps_axis
from reports.figures import in_pi
from reports.heatmap import Settings
from reports.measurements import Read, Sample, along
from reports.outputs import Data, Picture, Value
from reports.papers.mean_angles import interval
from reports.plans import measured
from reports.provenance import provenance

if TYPE_CHECKING:
    from reports.svg import Palette

RECIPE = "001-figure-9-baseline"
KINDS = ("positive", "negative")
ASSUMED = Settings()  # 001, §3.1.1: the ranges and spreads of its simulations
_RANGES = {"positive": ASSUMED.positive_interval, "negative": ASSUMED.negative_interval}
_SPREADS = {"positive": ASSUMED.positive_spread, "negative": ASSUMED.negative_spread}


def figure_9(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs."""
    found = measured(context.records, (RECIPE,))
    means, spreads = (
        [
            Curve(f"{letter}$_{{\\rm {kind[:3]}}}$", along(found[RECIPE], _of(kind, what)), i, i)
            for i, kind in enumerate(KINDS)
        ]
        for letter, what in (("μ", "mean"), ("σ", "std"))
    )
    made, outside = provenance(found), _outside(means)
    drawn = {_MEAN: _plain(means), _SPREAD: _plain(spreads)}
    return [
        Picture(
            name="001-figure-9",
            title="Mean and deviation of the angles while training, and what §3.1 assumes",
            caption=f"{_CAPTION}{seeds_said(means)} {outside} {made.sentences}",
            alternative=f"{_in_words(means, spreads)} {outside}",
            settings=made.settings,
            data=_with_assumed(curves_data(drawn)),
            draw=partial(_draw, means, spreads),
        )
    ]


_MEAN, _SPREAD = "mean angle [rad]", "deviation [rad]"  # of the data
_CAPTION = (
    "Means (left) and standard deviations (right) of θ_ii' (pos) and θ_ij' (neg) of held-out "
    "pairs. Level lines: what the simulations of §3.1 assume, μ_pos in "
    f"{interval(_RANGES['positive'])} and μ_neg in {interval(_RANGES['negative'])}, σ_pos = "
    f"{_SPREADS['positive']:g} and σ_neg = {_SPREADS['negative']:g} rad."
)


def _of(kind: str, what: str) -> Read:
    def read(sample: Sample) -> float:
        return float(sample["angles"][kind][what])

    return read


def _plain(curves: Sequence[Curve]) -> list[Curve]:
    """With the names of the data's columns."""
    return [Curve(f"θ {kind}", x.points) for kind, x in zip(KINDS, curves, strict=True)]


def _with_assumed(data: Data) -> Data:
    """The data and, of no seed and step, the level lines."""
    lines = [(_MEAN, "θ, assumed least", _RANGES["positive"][0])]
    lines += [(_MEAN, f"θ {kind}, assumed most", _RANGES[kind][1]) for kind in KINDS]
    lines += [(_SPREAD, f"θ {kind}, assumed", _SPREADS[kind]) for kind in KINDS]
    added: dict[str, list[Value]] = {
        "quantity": [x for x, _, _ in lines], "curve": [x for _, x, _ in lines],
        "seed": [None] * len(lines), "step": [None] * len(lines),
        "value": [x for _, _, x in lines],
    }  # fmt: skip
    return Data({name: [*column, *added[name]] for name, column in data.columns.items()})


def _outside(means: Sequence[Curve]) -> str:
    """Whether the means stay inside the assumed ranges: the appendix says so."""
    values = {
        kind: [x.value for x in curve.points if x.value is not None]
        for kind, curve in zip(KINDS, means, strict=True)
    }
    n = sum(map(len, values.values()))
    out = sum(not _RANGES[kind][0] <= x <= _RANGES[kind][1] for kind in KINDS for x in values[kind])
    return f"{n - out} of {n} measured means lie inside the ranges."


def _in_words(means: Sequence[Curve], spreads: Sequence[Curve]) -> str:
    told = [
        f"{kind} pairs: mean from {m[0][1]:.3f} to {m[-1][1]:.3f} rad, deviation from "
        f"{s[0][1]:.3f} to {s[-1][1]:.3f} rad"
        for kind, m, s in zip(
            KINDS, [x.mean for x in means], [x.mean for x in spreads], strict=True
        )
    ]
    return f"{'; '.join(told)}."


def _draw(means: Sequence[Curve], spreads: Sequence[Curve], palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, curves in ((left, means), (right, spreads)):
        for curve in curves:
            draw_curve(axes, curve, palette)
        steps_axis(axes)
    left.set_ylim(0, pi)
    ticks = [0, _RANGES["positive"][0], pi / 4, pi / 2, 3 * pi / 4, pi]
    left.yaxis.set_major_locator(FixedLocator(ticks))
    left.yaxis.set_major_formatter(FuncFormatter(lambda x, _: in_pi(x) if x else "0"))
    left.set_ylabel("mean angle μ [rad]")
    right.set_ylim(bottom=0)
    right.set_ylabel("standard deviation σ [rad]")
    _assumed(left, right, palette)
    label_ends(left, means, palette, 0.09)
    label_ends(right, spreads, palette, 0.09)
    return figure


def _assumed(left: Axes, right: Axes, palette: "Palette") -> None:
    """The ends of the simulations' ranges and their spreads, as thin lines with their values."""
    least = _RANGES["positive"][0]
    assert least == _RANGES["negative"][0]
    _line(left, least, f"assumed ≥ {in_pi(least)}", palette.ink)
    for i, kind in enumerate(KINDS):
        most, above = _RANGES[kind][1], kind == "positive"
        told = f"assumed μ$_{{\\rm {kind[:3]}}}$ ≤ {in_pi(most)}"
        _line(left, most, told, palette.series[i], above=above)
        _line(right, _SPREADS[kind], f"assumed {_SPREADS[kind]:g}", palette.series[i])


def _line(axes: Axes, y: float, text: str, colour: str, *, above: bool = False) -> None:
    """Named at its right end, above or below."""
    axes.axhline(y, color=colour, linewidth=0.9)
    axes.annotate(
        text, (1, y), xycoords=axes.get_yaxis_transform(), xytext=(-2, 3 if above else -2),
        textcoords="offset points", ha="right", va="bottom" if above else "top", color=colour,
        fontsize=8.5,
    )  # fmt: skip
