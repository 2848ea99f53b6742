"""The mean of a score over seeds, with what it is uncertain by."""

from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over n seeds, in the unit of the score.

    half_width: the t-interval at `LEVEL` is mean ± half_width; None where n = 1 leaves nothing to
    estimate the spread from. deviation: the sample standard deviation (n − 1), None likewise.
    """

    mean: float
    half_width: float | None
    deviation: float | None
    n: int

    def text(self, digits: int = 4) -> str:
        """`.8013 ± .0041`, or `.8013 (one seed: no interval)`."""
        if self.half_width is None:
            return f"{self.mean:.{digits}f} (one seed: no interval)"
        return f"{self.mean:.{digits}f} ± {self.half_width:.{digits}f}"

    def data(self) -> dict[str, float | int | None]:
        """As plain data."""
        return {**vars(self), "level": LEVEL}


def interval(values: Sequence[float]) -> Interval:
    """Student's t-interval of the mean of independent values, which are taken as normal.

    half_width = t_{(1+level)/2, n−1} s/√n. Raises `ValueError` for no values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no values: a mean needs at least one")
    mean = sum(values) / n
    if n == 1:
        return Interval(mean, None, None, 1)
    from math import sqrt

    from scipy.stats import t

    deviation = sqrt(sum((x - mean) ** 2 for x in values) / (n - 1))
    return Interval(mean, float(t.ppf((1 + LEVEL) / 2, n - 1)) * deviation / sqrt(n), deviation, n)
