"""001, Figure 8a: the least ratio with which an anchor comes closer to its positive (Lemma 1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.measurements import Sample, after, before, seed_of
from reports.outputs import Data, Picture
from reports.provenance import provenance
from reports.runs import Run

if TYPE_CHECKING:
    from reports.svg import Palette

WHEN = {"before": before, "after": after}
_QUANTILES = ("minimum", "q05", "q25", "median", "q75", "q95", "maximum")  # 0, .05, … of a record


@dataclass(frozen=True)
class Box:
    """quantiles: of the least ratio over anchors and negatives, None where no pair has one;
    possible, met: the shares of pairs that any ratio, and r = 1, brings closer."""

    step_size: float  # λ
    when: str
    seed: int
    quantiles: Sequence[float] | None
    possible: float | None
    met: float | None


def figure_8a(found: Mapping[str, Sequence[Run]]) -> Picture:
    """found: the baseline's measured runs, by their recipe."""
    runs = [run for some in found.values() for run in some]
    boxes = [
        box for run in runs for when, read in WHEN.items() for box in _boxes(read(run), when, run)
    ]
    boxes.sort(key=lambda x: (x.step_size, x.when == "after", x.seed))
    made = provenance(found)
    return Picture(
        name="001-figure-8-a",
        title="The least ratio of Lemma 1, before and after training",
        caption=(
            "Distribution over held-out anchors and negatives of the least ratio with which a step "
            "λ(r h'_i − h_j') brings the anchor closer to its positive (Lemma 1), on the encoder "
            "before and after training with the baseline. Box: quartiles and median; whiskers: .05 "
            "and .95 quantile. At the right: the share of pairs that r = 1 brings closer, and the "
            "share that any ratio does; only these have a least ratio. "
            f"{made.sentences}"
        ),
        alternative=_alternative(boxes),
        settings=made.settings,
        data=_data(boxes),
        draw=partial(_draw, boxes),
    )


def _boxes(sample: Sample, when: str, run: Run) -> list[Box]:
    return [_box(x, when, seed_of(run)) for x in sample["lemma_1"]]


def _box(entry: Mapping[str, Any], when: str, seed: int) -> Box:
    least = entry["minimum"]
    quantiles = least["quantiles"] if least else None
    return Box(entry["lambda"], when, seed, quantiles, entry["possible"], entry["met_by_one"])


def _alternative(boxes: Sequence[Box]) -> str:
    told = [
        f"λ = {x.step_size:g} {x.when} training: median {x.quantiles[3]:.2f}, .95 quantile "
        f"{x.quantiles[5]:.2f}"
        for x in boxes
        if x.quantiles is not None
    ]
    return f"Least ratio. {'; '.join(told)}."


def _data(boxes: Sequence[Box]) -> Data:
    quantiles = {
        name: [None if x.quantiles is None else x.quantiles[i] for x in boxes]
        for i, name in enumerate(_QUANTILES)
    }
    return Data(
        {
            "lambda": [x.step_size for x in boxes],
            "when": [x.when for x in boxes],
            "seed": [x.seed for x in boxes],
            **quantiles,
            "share_possible": [x.possible for x in boxes],
            "share_met_by_1": [x.met for x in boxes],
        }
    )


def _draw(boxes: Sequence[Box], palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 1.1 + 0.36 * len(boxes)), layout="constrained")
    axes = figure.subplots()
    for place, box in enumerate(boxes):
        _box_at(axes, -place, box, palette.series[box.when == "after"])
    axes.axvline(1, color=palette.ink, linewidth=0.9)
    axes.text(1, 0.6, "r = 1", ha="center", va="bottom", fontsize=9)
    axes.text(1.02, 0.6, "closer by r = 1 / any r", transform=axes.get_yaxis_transform(),
              va="bottom", fontsize=9)  # fmt: skip
    axes.set_ylim(0.6 - len(boxes), 0.6)
    several = len({x.seed for x in boxes}) > 1
    axes.set_yticks(
        [-i for i in range(len(boxes))],
        [f"λ = {x.step_size:g}, {x.when}{f', seed {x.seed}' if several else ''}" for x in boxes],
    )
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("least ratio")
    axes.grid(axis="x")
    return figure


def _box_at(axes: Axes, y: float, box: Box, colour: str) -> None:
    """Box and whiskers, and what share of the pairs they and r = 1 concern."""
    if box.quantiles is not None:
        _, low, first, median, third, high, _ = box.quantiles
        axes.plot([low, high], [y, y], color=colour, linewidth=1.4)
        axes.barh(y, third - first, 0.5, first, color=colour, alpha=0.3)
        axes.barh(y, third - first, 0.5, first, fill=False, edgecolor=colour, linewidth=1.2)
        axes.plot([median, median], [y - 0.25, y + 0.25], color=colour, linewidth=2.6)
    shares = ["–" if x is None else f"{x:.0%}" for x in (box.met, box.possible)]
    axes.text(1.02, y, " / ".join(shares), transform=axes.get_yaxis_transform(), va="center",
              fontsize=9, color=colour)  # fmt: skip
