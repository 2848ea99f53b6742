"""Sections as plain text of at most 80 columns."""

import textwrap

from derive.printing.flow import to_lines
from derive.printing.sections import Formula, Section, Table
from derive.printing.text import WIDTH, columns

_INDENT = 2


def as_text(sections: tuple[Section, ...]) -> str:
    """No line over 80 columns."""
    lines: list[str] = []
    for section in sections:
        if section.title:
            lines += [*([""] if lines and lines[-1] else []), section.title]
        for item in section.items:
            if isinstance(item, Formula):
                lines += _separated(to_lines(item.box, WIDTH, _INDENT), lines)
            elif isinstance(item, Table):
                lines += _table(item)
            else:
                lines += _paragraph(item, _INDENT if section.title else 0)
    return "\n".join(lines).rstrip()


def _separated(block: list[str], before: list[str]) -> list[str]:
    """A stacked formula has a blank line before and after it."""
    if len(block) == 1:
        return block
    return [*([""] if before and before[-1] else []), *block, ""]


def _paragraph(text: str, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(
        text, WIDTH, initial_indent=margin, subsequent_indent=margin + "  ", break_on_hyphens=False
    )


def _table(table: Table) -> list[str]:
    widths = [max(map(columns, column)) for column in zip(*table.rows, strict=True)]
    start = _INDENT + sum(w + 2 for w in widths[:-1])
    lines = []
    for cells in table.rows:
        head = "  ".join(_left(x, w) for x, w in zip(cells[:-1], widths[:-1], strict=True))
        last = textwrap.wrap(cells[-1], WIDTH - start) or [""]
        lines.append((" " * _INDENT + head + "  " + last[0]).rstrip())
        lines += [" " * start + x for x in last[1:]]
    return lines


def _left(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
