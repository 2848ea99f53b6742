"""Tables as HTML and Markdown. The words of a mark are shown, not its colour alone."""

from html import escape

from reports.outputs import Cell, Table
from reports.templating import render


def table_html(table: Table, *, alone: bool = False) -> str:
    """A <figure> with the table; alone: a page of its own."""
    fragment = render("table.html.jinja", table=table, cell=cell_html)
    if not alone:
        return fragment
    return render("alone.html.jinja", title=table.title, body=fragment)


def cell_html(cell: Cell) -> str:
    """The cell's content."""
    return str(cell.html) if cell.html is not None else escape(cell.text)


def table_markdown(table: Table) -> str:
    """The table with its caption and notes; a mark is in brackets after the cell."""
    rows = [[_plain(cell) for cell in row] for row in table.rows]
    lines = [
        f"# {table.title}",
        "",
        table.caption,
        "",
        _line([_escaped(x) for x in table.head]),
        _line(["---"] * len(table.head)),
        *map(_line, rows),
    ]
    for note in table.notes:
        lines += ["", note]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(cell: Cell) -> str:
    said = f"{cell.mark}: {cell.note}" if cell.mark and cell.note else cell.mark or cell.note
    return _escaped(f"{cell.text} ({said})" if said else cell.text)


def _escaped(text: str) -> str:
    for character in ("\\", "|", "*", "_", "[", "<"):
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")
