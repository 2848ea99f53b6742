"""What a figure or a table of the literature is made as: values first, then how they are shown.

Whatever is drawn is in `Data`, and is written beside the picture; nothing else is drawn.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reports.svg import Palette

Value = str | float | int | None
Settings = Mapping[str, Value]


@dataclass(frozen=True)
class Data:
    """Columns of equal length, as the CSV beside a picture holds them: units in the names, angles
    in radians, None where a quantity does not exist."""

    columns: Mapping[str, Sequence[Value]]

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of unequal length: {lengths}")

    @classmethod
    def of_rows(cls, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> "Data":
        """From at least one row."""
        return cls(dict(zip(heads, map(list, zip(*rows, strict=True)), strict=True)))

    def rows(self) -> list[tuple[Value, ...]]:
        """The rows in order."""
        return list(zip(*self.columns.values(), strict=True))


@dataclass(frozen=True)
class Picture:
    """A figure.

    name: of its files, `001-figure-2`; title: one line; caption: sentences that give every setting
    a reader needs; alternative: the picture in words, for who does not see it; settings: everything
    it was made with, the seed too, or the run folders it was read from; data: every value drawn;
    draw: makes the matplotlib figure from them in the colours of a palette, inside
    `reports.svg.styled(palette)`; called once a format.
    """

    name: str
    title: str
    caption: str
    alternative: str
    settings: Settings
    data: Data
    draw: "Callable[[Palette], Figure]"


@dataclass(frozen=True)
class Cell:
    """text: as CSV and Markdown have it; html: where a formula is more than text; mark: a word
    ("differs", "ours", "published") that a page shows and says; note: the sentence behind it."""

    text: str
    html: Markup | None = None
    mark: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table. name, title, caption, settings: as of a `Picture`; head: the columns' names; rows:
    cells, the first of a row names it; data: the values in long form, with intervals; notes: what
    a reader must know below it."""

    name: str
    title: str
    caption: str
    settings: Settings
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    data: Data
    notes: Sequence[str] = field(default=())


Output = Picture | Table
