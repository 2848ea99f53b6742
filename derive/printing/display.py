"""A displayed formula as LaTeX: a sum that is too long for a page is broken at its signs."""

from derive.printing.boxes import EQUALS, MINUS, PLUS, Box, Row
from derive.printing.latex import to_latex
from derive.printing.text import set_box

_COLUMNS = 76  # of the text rendering: about what fits a page


def to_display(box: Box) -> str:
    """For \\[ \\] or $$ $$; several lines are an `aligned`."""
    if set_box(box).width <= _COLUMNS or not isinstance(box, Row):
        return to_latex(box)
    left, right = _sides(box)
    lines = _filled(_terms(right), set_box(left).width)
    if len(lines) < 2:
        return to_latex(box)
    first, *rest = [to_latex(Row(tuple(line))) for line in lines]
    more = "".join(rf" \\ &\quad {line}" for line in rest)
    return rf"\begin{{aligned}} {to_latex(left)} &= {first}{more} \end{{aligned}}"


def _sides(box: Row) -> tuple[Box, Box]:
    """Before and after the last equals sign of the outermost row."""
    at = max((n for n, x in enumerate(box.parts) if x == EQUALS), default=0)
    return Row(box.parts[:at]), Row(box.parts[at + 1 :])


def _terms(box: Box) -> list[list[Box]]:
    """The terms of a sum, each with its sign."""
    while isinstance(box, Row) and len(box.parts) == 1:
        box = box.parts[0]
    terms: list[list[Box]] = [[]]
    for part in box.parts if isinstance(box, Row) else (box,):
        if part in (PLUS, MINUS) and terms[-1]:
            terms.append([])
        terms[-1].append(part)
    return terms


def _filled(terms: list[list[Box]], start: int) -> list[list[Box]]:
    """As many terms a line as fit."""
    lines: list[list[Box]] = [[]]
    width = start
    for term in terms:
        own = set_box(Row(tuple(term))).width
        if lines[-1] and width + own > _COLUMNS:
            lines.append([])
            width = start
        lines[-1] += term
        width += own
    return lines
