"""Sections as GitHub-flavoured Markdown: headings, $$ blocks, tables, notations as $ … $."""

import re
from collections.abc import Iterator

from derive.printing.display import to_display
from derive.printing.notations import runs, to_latex
from derive.printing.outline import titled
from derive.printing.sections import Formula, Section, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#$~|])")


def as_markdown(sections: tuple[Section, ...]) -> str:
    """Blocks are apart by a blank line; a title of the whole is a second-level heading."""
    blocks: list[str] = []
    title, sections = titled(sections)
    if title:
        blocks.append(f"## {_prose(title)}")
    for section in sections:
        if section.title:
            blocks.append(f"### {_prose(section.title)}")
        blocks.extend(_block(item) for item in section.items)
    return "\n\n".join(blocks)


def _block(item: str | Formula | Table) -> str:
    if isinstance(item, Formula):
        return f"$$\n{to_display(item.box)}\n$$"
    if isinstance(item, Table):
        return "\n".join(_table(item))
    return _at_line_start(_prose(item))


def _table(table: Table) -> Iterator[str]:
    """GitHub's tables need a heading: an empty one where there is none."""
    width = len(table.rows[0])
    head, *rows = table.rows if table.heading else (("",) * width, *table.rows)
    for cells in (head, ("---",) * width):
        yield f"| {' | '.join(cells if cells[0] == '---' else map(_prose, cells))} |"
    for first, *rest in rows:
        own = _prose(first) if table.heading or not first else f"**{_prose(first)}**"
        yield f"| {' | '.join((own, *map(_prose, rest)))} |"


def _prose(text: str) -> str:
    return "".join(f"${to_latex(x.text)}$" if x.math else _escaped(x.text) for x in runs(text))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _at_line_start(text: str) -> str:
    """A number with a dot, a dash or a plus would start a list."""
    return re.sub(r"^(\d+)\.(?=\s)|^([-+])(?=\s)", lambda m: _list_mark(m), text)


def _list_mark(match: re.Match[str]) -> str:
    return f"{match[1]}\\." if match[1] else f"\\{match[2]}"
