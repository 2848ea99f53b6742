"""What several pictures draw in the same way."""

from collections.abc import Iterable
from math import nan

from train.sweeps.interval import LEVEL, Interval


def half_widths(intervals: Iterable[Interval]) -> list[float] | None:
    """The bars of `Axes.errorbar`; None where no value has one, NaN, which draws none, where one
    seed leaves no interval."""
    widths = [x.half_width for x in intervals]
    if all(x is None for x in widths):
        return None
    return [nan if x is None else x for x in widths]


def bars_said(intervals: Iterable[Interval | None]) -> str:
    """What the bars of these values are, "95% t-intervals over 2 to 3 seeds"; "" where no value
    has two seeds, and no bar is drawn."""
    counts = [x.n for x in intervals if x is not None]
    fewest, most = min(counts, default=0), max(counts, default=0)
    if most < 2:
        return ""
    seeds = str(most) if fewest == most else f"{fewest} to {most}"
    single = " (none where there is one)" if fewest == 1 else ""
    return f"{LEVEL:.0%} t-intervals over {seeds} seeds{single}"
