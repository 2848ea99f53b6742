"""A formula broken to fit its lines: before signs, then inside fractions, products and brackets.

A fraction that is too wide keeps its rule; its numerator and denominator are broken above and
below it. What cannot be broken is written inline and wrapped at blanks.
"""

from dataclasses import dataclass

from derive.printing.boxes import (
    COMMA,
    DOT,
    EQUALS,
    GREATER,
    MINUS,
    PLUS,
    Big,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Row,
)
from derive.printing.text import (
    WIDTH,
    Block,
    beside,
    head,
    inline,
    padded,
    set_box,
    stacked,
    text_block,
)

_HANG = 4  # of the lines after the first
_INNER_HANG = 2  # the same inside a fraction
_LEAST = 16  # columns below which nothing is worth breaking
_SIGNS = (PLUS, MINUS, GREATER)


@dataclass(frozen=True)
class _Token:
    """What is never broken; space: a blank before it, where it does not start a line."""

    block: Block
    space: bool = False


def to_lines(box: Box, width: int = WIDTH, indent: int = 0) -> list[str]:
    """A box in at most `width` columns (48 or more): in one block, else broken."""
    block = set_box(box)
    if indent + block.width > width:
        block = _flow(_tokens(box, width - indent - _HANG), width - indent, _HANG)
    return [(" " * indent + line).rstrip() for line in block.lines]


def _flow(tokens: list[_Token], width: int, hang: int) -> Block:
    """Tokens in lines, each as full as it gets."""
    rows, current = [], tokens[0].block
    for token in tokens[1:]:
        blank = [text_block(" ")] if token.space else []
        joint = beside([current, *blank, token.block])
        if joint.width <= width:
            current = joint
        else:
            rows.append(current)
            current = beside([text_block(" " * hang), token.block])
    rows.append(current)
    widest = max(row.width for row in rows)
    lines = tuple(padded(line, widest) for row in rows for line in row.lines)
    return Block(lines, rows[0].base)


def _tokens(box: Box, width: int) -> list[_Token]:
    """A box in pieces of at most `width` columns."""
    block = set_box(box)
    if block.width <= width:
        return [_Token(block)]
    if width >= _LEAST:
        if isinstance(box, Row):
            return _row(box, width)
        if isinstance(box, Fraction):
            return [_Token(_fraction(box, width))]
        if isinstance(box, Fenced):
            return _between(box.left, box.body, box.right, width)
        if isinstance(box, Big):
            return _between(head(box), box.body, "", width)
    return _words(inline(box), width)


def _row(box: Row, width: int) -> list[_Token]:
    """A sum before its signs, a product between its factors; else side by side."""
    tokens: list[_Token] = []
    sign, apart = "", True
    for part in box.parts:
        if part in _SIGNS:
            sign = f"{inline(part).strip()} " if tokens else inline(part).strip()
            apart = True
        elif part in (COMMA, EQUALS):
            tokens[-1] = _followed(tokens[-1], inline(part).rstrip())
            sign, apart = (" ", False) if part == EQUALS else ("", True)
        elif part == DOT or (isinstance(part, Leaf) and not part.text.strip()):
            apart = True
        else:
            tokens = _appended(tokens, part, sign, apart, width)
            sign, apart = "", False
    return tokens


def _appended(tokens: list[_Token], part: Box, sign: str, apart: bool, width: int) -> list[_Token]:
    """With one more part: apart from what is before it, or on its line where there is room."""
    start = text_block(sign)
    before, last, space = tokens, None, bool(tokens) and apart
    if not apart and tokens:
        joint = beside([tokens[-1].block, start])
        if joint.width + set_box(part).width <= width or joint.width <= width // 4:
            before, last, start = tokens[:-1], tokens[-1], joint
        else:  # after a long left side, on a line of its own
            start, space = text_block(""), sign == " "
    first, *rest = _tokens(part, width - start.width)
    space = last.space if last else space
    return [*before, _Token(beside([start, first.block]), space), *rest]


def _between(left: str, body: Box, right: str, width: int) -> list[_Token]:
    first, *rest = _tokens(body, width - len(left) - len(right))
    tokens = [_Token(beside([text_block(left), first.block])), *rest]
    return [*tokens[:-1], _followed(tokens[-1], right)]


def _followed(token: _Token, text: str) -> _Token:
    return _Token(beside([token.block, text_block(text)]), token.space)


def _fraction(box: Fraction, width: int) -> Block:
    top, bottom = (
        _flow(_tokens(x, width - _INNER_HANG), width, _INNER_HANG) for x in (box.top, box.bottom)
    )
    return stacked(top, bottom)


def _words(line: str, width: int) -> list[_Token]:
    """The last resort."""
    tokens = []
    for word in line.split(" "):
        cuts = range(0, max(len(word), 1), max(width, 1))
        tokens += [_Token(text_block(word[at : at + max(width, 1)]), at == 0) for at in cuts]
    return [_Token(tokens[0].block), *tokens[1:]]
