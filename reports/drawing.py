"""What several pictures draw in the same way."""

from collections.abc import Iterable

from train.sweeps.interval import Interval


def half_widths(intervals: Iterable[Interval]) -> list[float] | None:
    """The bars of `Axes.errorbar`; None, which draws none, where one seed leaves no interval."""
    widths = [x.half_width for x in intervals]
    there = [x for x in widths if x is not None]
    if not there:
        return None
    return [0.0 if x is None else x for x in widths]
