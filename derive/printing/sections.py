"""What a sheet is made of: titled sections of paragraphs, formulas and tables."""

from dataclasses import dataclass

from derive.printing.boxes import Box


@dataclass(frozen=True)
class Formula:
    """A formula on lines of its own."""

    box: Box


@dataclass(frozen=True)
class Table:
    """Rows of equal length; the first is the heading, unless `heading` is False."""

    rows: tuple[tuple[str, ...], ...]
    heading: bool = True


Item = str | Formula | Table


@dataclass(frozen=True)
class Section:
    """Items under a title (empty for the first section)."""

    title: str
    items: tuple[Item, ...]
