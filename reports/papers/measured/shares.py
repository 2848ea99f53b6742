"""001, Figure 7: the hardest negative's share of the exponential weight, before and after."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from reports.context import Context
from reports.drawing import bars_said, half_widths
from reports.measurements import after, before
from reports.outputs import Data, Picture
from reports.plans import measured
from reports.provenance import Provenance, provenance
from reports.svg import DASHES
from train.sweeps.interval import Interval, interval

if TYPE_CHECKING:
    from reports.svg import Palette

RECIPE = "001-figure-7-baseline"
WHEN = {"before training": before, "after training": after}

Shares = Mapping[str, Mapping[float, Interval]]  # when → τ → mean share over the seeds


def figure_7(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs."""
    found = measured(context.records, (RECIPE,))
    runs = found[RECIPE]
    shares: dict[str, dict[float, Interval]] = {}
    for when, read in WHEN.items():
        samples = [read(run)["hardest_by_temperature"] for run in runs]
        shares[when] = {float(x): interval([each[x] for each in samples]) for x in samples[0]}
    negatives = after(runs[0])["batch"] - 1
    made = provenance(found)
    return [
        Picture(
            name="001-figure-7",
            title="Measured share of the hardest negative, by temperature",
            caption=_caption(shares, negatives, made),
            alternative=_alternative(shares),
            settings={"negatives of a batch": negatives, **made.settings},
            data=_data(shares),
            draw=partial(_draw, shares, negatives),
        )
    ]


def _caption(shares: Shares, negatives: int, made: Provenance) -> str:
    intervals = bars_said(x for by_tau in shares.values() for x in by_tau.values())
    bars = f" Bars: {intervals}." if intervals else ""
    return (
        "Mean over held-out anchors of max_j of the softmax of cos θ_ij'/τ over the negatives j, "
        f"at each τ, on the encoder before the first step and after the last one. {negatives} "
        f"negatives a batch: with equal weights the share is 1/{negatives}. Logarithmic "
        f"axes.{bars} {made.sentences}"
    )


def _alternative(shares: Shares) -> str:
    told = [
        f"{when}: " + ", ".join(f"{x.mean:.3f} at τ = {tau:g}" for tau, x in by_tau.items())
        for when, by_tau in shares.items()
    ]
    return f"Share of the hardest negative {'; '.join(told)}."


def _data(shares: Shares) -> Data:
    flat = [(when, tau, x) for when, by_tau in shares.items() for tau, x in by_tau.items()]
    return Data(
        {
            "when": [when for when, _, _ in flat],
            "tau": [tau for _, tau, _ in flat],
            "mean_share": [x.mean for _, _, x in flat],
            "half_width": [x.half_width for _, _, x in flat],
            "seeds": [x.n for _, _, x in flat],
        }
    )


def _draw(shares: Shares, negatives: int, palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    for i, (when, by_tau) in enumerate(shares.items()):
        axes.errorbar(
            list(by_tau), [x.mean for x in by_tau.values()],
            yerr=half_widths(by_tau.values()), color=palette.series[i],
            linestyle=DASHES[i], marker="os"[i], markersize=4.5, linewidth=1.6, capsize=3,
        )  # fmt: skip
        _name(axes, when, shares, palette.series[i])
    axes.axhline(1 / negatives, color=palette.ink, linewidth=0.8)
    axes.text(0.01, 1 / negatives, f"1/{negatives}: equal weights", va="top", fontsize=9,
              transform=axes.get_yaxis_transform())  # fmt: skip
    axes.set_ylim(0.55 / negatives, 1.15)
    axes.set_xlabel("temperature τ")
    axes.set_ylabel("mean share of the hardest negative")
    _plain_ticks(axes, list(shares["after training"]), negatives)
    axes.grid(axis="y")
    return figure


def _name(axes: Axes, when: str, shares: Shares, colour: str) -> None:
    """Above or below the middle of the curve, away from the other one."""
    taus = list(shares[when])
    tau = taus[len(taus) // 3]
    upper = max(shares, key=lambda x: shares[x][tau].mean) == when
    axes.annotate(
        when, (tau, shares[when][tau].mean), color=colour, textcoords="offset points",
        xytext=(9, 3) if upper else (-9, -3), ha="left" if upper else "right",
        va="bottom" if upper else "top",
    )  # fmt: skip


def _plain_ticks(axes: Axes, taus: Sequence[float], negatives: int) -> None:
    """The measured temperatures, and shares as numbers, not powers."""
    shares = [x for x in (0.003, 0.01, 0.03, 0.1, 0.3, 1) if x > 1.3 / negatives]
    for axis, places in ((axes.xaxis, taus), (axes.yaxis, shares)):
        axis.set_major_locator(FixedLocator(places))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
