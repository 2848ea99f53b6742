"""A curve as a line of text: eight heights a character, between the bounds of all that is shown."""

from collections.abc import Sequence

HEIGHTS = "▁▂▃▄▅▆▇█"
GAP = " "
WIDTH = 24


def sparkline(
    values: Sequence[float | None], bounds: tuple[float, float], width: int = WIDTH
) -> str:
    """At most `width` characters: of more values, those at equal distances, the ends included (no
    smoothing). bounds: of the lowest and the highest character; the lowest where they are equal."""
    low, high = bounds
    picked = values
    if len(values) > width:
        last = len(values) - 1
        picked = [values[round(n * last / (width - 1))] for n in range(width)]
    return "".join(GAP if x is None else _height(x, low, high) for x in picked)


def _height(x: float, low: float, high: float) -> str:
    if high <= low:
        return HEIGHTS[0]
    share = (x - low) / (high - low)
    return HEIGHTS[min(len(HEIGHTS) - 1, int(share * len(HEIGHTS)))]
