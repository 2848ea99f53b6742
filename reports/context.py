"""What every figure and table is made with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from reports.records import Records

Tell = Callable[[str, int, int], None]  # what is being done, parts done, parts


def silent(what: str, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Context:
    """seed: of everything drawn at random; cells: a side of a heatmap and the points of a curve
    over an interval; batches: drawn for each of them; records: the training runs, if any; tell:
    the progress of a long part. The numbers by default are those of arXiv:2402.18281, §3.1.1."""

    seed: int = 0
    cells: int = 100
    batches: int = 1000
    records: Records = field(default_factory=Records)
    tell: Tell = silent
