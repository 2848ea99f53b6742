"""Time and memory against N: a panel a loss, lines labelled where they end."""

import statistics
from pathlib import Path
from typing import Any

from benchmarks.candidates import AUTOGRAD, COMPILED, OURS
from benchmarks.page_sides import medians, memory
from benchmarks.peers import PML, ST
from benchmarks.store import Held

Lines = dict[str, dict[int, float]]  # candidate → N → what is drawn
# Okabe and Ito's colours, which are told apart without seeing red or green; each is also labelled.
_COLOURS = {OURS: "#000000", AUTOGRAD: "#0072B2", COMPILED: "#56B4E9"}
_OTHERS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00")
_RATIOS = (0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
_SHORT = {f"{ST} ": "", f"{PML} ": "PML ", "info-nce-pytorch": "info-nce"}


def draw(held: Held, folder: Path) -> list[str]:
    """The files written, as the page names them."""
    drawn = []
    for name, lines, label in (
        ("benchmarks-time", _ratios(held), "time over ours"),
        ("benchmarks-memory", _sizes(held), "peak memory, MiB"),
    ):
        if lines:
            _figure(lines, label, folder / name)
            drawn.append(f"{name}.svg")
    return drawn


def _ratios(held: Held) -> dict[str, Lines]:
    found: dict[str, Lines] = {}
    for (case, n), at in medians(held).items():
        ours = statistics.median(at[OURS])
        for who, times in at.items():
            line = found.setdefault(case, {}).setdefault(who, {})
            line[n] = statistics.median(times) / ours
    return found


def _sizes(held: Held) -> dict[str, Lines]:
    found: dict[str, Lines] = {}
    for (case, n), at in memory(held).items():
        for who, cell in at.items():
            if cell.get("bytes"):
                found.setdefault(case, {}).setdefault(who, {})[n] = cell["bytes"] / 2**20
    return found


def _figure(cases: dict[str, Lines], label: str, file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "contragrad", "svg.fonttype": "none"})
    from matplotlib import pyplot

    columns = min(2, len(cases))
    rows = -(-len(cases) // columns)
    figure, panels = pyplot.subplots(
        rows, columns, figsize=(5.6 * columns, 3.1 * rows), squeeze=False, layout="constrained"
    )
    for panel, (case, lines) in zip(panels.flat, cases.items(), strict=False):
        _panel(panel, case, lines, label)
    for panel in list(panels.flat)[len(cases) :]:
        panel.remove()
    figure.savefig(file.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(file.with_suffix(".png"), dpi=110)
    pyplot.close(figure)


def _panel(panel: Any, case: str, lines: Lines, label: str) -> None:
    others = iter(_OTHERS)
    sizes = sorted({n for line in lines.values() for n in line})
    panel.set(xscale="log", yscale="log", xlabel="N", ylabel=label, title=case)
    panel.set_xticks(sizes, [str(n) for n in sizes])
    panel.set_xlim(sizes[0] * 0.9, sizes[-1] * (sizes[-1] / sizes[0]) ** 0.55 * 1.6)
    ends = []
    for who, line in lines.items():
        colour = _COLOURS.get(who) or next(others)
        at = sorted(line)
        panel.plot(at, [line[n] for n in at], "o-", color=colour, markersize=3, linewidth=1.4)
        ends.append((line[at[-1]], at[-1], _short(who), colour))
    panel.spines[["top", "right"]].set_visible(False)
    if label.startswith("time"):
        panel.axhline(1, color="#000000", linewidth=0.6, linestyle=":")
        _ticks(panel)
    panel.minorticks_off()
    _labels(panel, ends, sizes[-1])


def _labels(panel: Any, ends: list[tuple[float, int, str, str]], right: int) -> None:
    """Names at the right of the lines, with a leader where they had to move."""
    low, high = panel.get_ylim()
    ends = sorted(ends)
    heights = apart([end for end, *_ in ends], (high / low) ** 0.085, high)
    for (end, n, name, colour), at in zip(ends, heights, strict=True):
        panel.annotate(
            name,
            (n, end),
            (right * 1.25, at),
            color=colour,
            fontsize=8,
            va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5},
        )


def apart(heights: list[float], step: float, top: float) -> list[float]:
    """Sorted heights, each at least `step` times the one below, none above the top."""
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] * step) if found else height)
    ceiling = top
    for k in reversed(range(len(found))):
        found[k] = min(found[k], ceiling)
        ceiling = found[k] / step
    return found


def _ticks(panel: Any) -> None:
    """Ratios as plain numbers."""
    low, high = panel.get_ylim()
    ticks = [x for x in _RATIOS if low <= x <= high]
    panel.set_yticks(ticks, [f"{x:g}" for x in ticks])


def _short(who: str) -> str:
    for long, short in _SHORT.items():
        who = who.replace(long, short)
    return who
