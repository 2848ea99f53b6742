"""The sheet of `derive show` as blocks for a template."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from derive.paradigm import Decomposition
from derive.printing import sheet
from derive.printing.mathml import to_mathml
from reports.sections.prose import typeset


@dataclass(frozen=True)
class Table:
    """Cells as HTML; head is empty where the first cell of each row is its heading."""

    head: tuple[Markup, ...]
    rows: tuple[tuple[Markup, ...], ...]


@dataclass(frozen=True)
class Block:
    """One of the three: a formula (MathML), a paragraph, a table."""

    formula: Markup | None = None
    text: Markup | None = None
    table: Table | None = None


@dataclass(frozen=True)
class Part:
    """A titled section of the sheet."""

    title: str
    blocks: tuple[Block, ...]


def sheet_parts(d: Decomposition) -> tuple[Part, ...]:
    """Every section that `derive show` prints; the first has no title and describes the loss."""
    head, *rest = sheet.build_sheet(d)
    # The page has its own heading in place of the first line.
    head = sheet.Section(head.title, head.items[1:])
    return tuple(map(as_part, (head, *rest)))


def as_part(section: sheet.Section) -> Part:
    """One section of any result of `derive`."""
    return Part(section.title, tuple(_blocks(section)))


def _blocks(section: sheet.Section) -> Iterator[Block]:
    for item in section.items:
        if isinstance(item, sheet.Formula):
            yield Block(formula=Markup(to_mathml(item.box)))
        elif isinstance(item, sheet.Table):
            yield Block(table=_table(item))
        else:
            yield Block(text=typeset(item))


def _table(table: sheet.Table) -> Table:
    rows = tuple(tuple(map(typeset, cells)) for cells in table.rows)
    return Table(rows[0], rows[1:]) if table.heading else Table((), rows)
