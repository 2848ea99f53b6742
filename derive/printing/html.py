"""Sections as a fragment of HTML: sections, tables, formulas as MathML. No scripts."""

from collections.abc import Iterator
from html import escape

from derive.printing.mathml import to_mathml
from derive.printing.notations import runs, to_html
from derive.printing.outline import titled
from derive.printing.sections import Formula, Section, Table

_LEFT = 'style="text-align: left"'
_SCROLLS = "overflow-x: auto; overflow-y: hidden; padding: 0.4em 0"


def as_mathml(sections: tuple[Section, ...]) -> str:
    """One <article>, well-formed XML; headings start at the second level.

    A formula scrolls in its own box where it is wider than the page, and its row of a table names
    what the others hold (`scope`), for readers that do not see the layout.
    """
    title, sections = titled(sections)
    heading = [f"<h2>{_prose(title)}</h2>"] if title else []
    body = [line for section in sections for line in _section(section)]
    return "\n".join(["<article>", *heading, *body, "</article>"])


def _section(section: Section) -> Iterator[str]:
    yield "<section>"
    if section.title:
        yield f"<h3>{_prose(section.title)}</h3>"
    for item in section.items:
        if isinstance(item, Formula):
            yield f'<div style="{_SCROLLS}">{to_mathml(item.box)}</div>'
        elif isinstance(item, Table):
            yield from _table(item)
        else:
            yield f"<p>{_prose(item)}</p>"
    yield "</section>"


def _table(table: Table) -> Iterator[str]:
    yield "<table>"
    rows = table.rows
    if table.heading:
        cells = "".join(
            f'<th scope="col" style="text-align: left">{_prose(x)}</th>' for x in rows[0]
        )
        yield f"<thead><tr>{cells}</tr></thead>"
        rows = rows[1:]
    yield "<tbody>"
    for first, *rest in rows:
        own = f"<td>{_prose(first)}</td>"
        if not table.heading:
            own = f'<th scope="row" {_LEFT}>{_prose(first)}</th>'
        yield f"<tr>{own}{''.join(f'<td>{_prose(x)}</td>' for x in rest)}</tr>"
    yield "</tbody>"
    yield "</table>"


def _prose(text: str) -> str:
    return "".join(to_html(x.text) if x.math else escape(x.text, quote=False) for x in runs(text))
