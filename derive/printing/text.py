"""Boxes as lines of text: stacked fractions, everything else on one line."""

from dataclasses import dataclass

from derive.printing.boxes import (
    COMMA,
    DOT,
    EQUALS,
    GREATER,
    MINUS,
    PLUS,
    UNEQUAL,
    Big,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Power,
    Root,
    Row,
    Script,
)

WIDTH = 80
_SPACED = (PLUS, MINUS, EQUALS, GREATER)


@dataclass(frozen=True)
class Block:
    """Lines of equal width; `base`: the one that sits on the line of the text around it."""

    lines: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        return columns(self.lines[0])


def columns(line: str) -> int:
    """Terminal columns: combining marks take none."""
    return len(line) - line.count("\u0302")


def padded(line: str, width: int) -> str:
    """The line with blanks up to a width."""
    return line + " " * (width - columns(line))


def inline(box: Box) -> str:
    """A box on one line, fractions as (a)/(b)."""
    if isinstance(box, Leaf):
        if box in (DOT, COMMA):
            return " " if box == DOT else ", "
        return f" {box.text} " if box in _SPACED else box.text
    if isinstance(box, Row):
        parts = [inline(x) for x in box.parts]
        text = "".join(parts)
        return text.lstrip() if box.parts[0] in _SPACED and box.parts[0] != MINUS else _tight(text)
    if isinstance(box, Fraction):
        return f"{_grouped(box.top)}/{_grouped(box.bottom)}"
    if isinstance(box, Power):
        return f"{inline(box.base)}{_superscript(box.exponent)}"
    if isinstance(box, Script):
        return box.base.text + _subscript(box.below)
    if isinstance(box, Root):
        return f"√({inline(box.body)})"
    if isinstance(box, Big):
        return f"{head(box)}{inline(box.body)}"
    return f"{box.left}{inline(box.body)}{box.right}"


def _tight(text: str) -> str:
    return text[1] + text[3:] if text.startswith(" − ") else text


def head(box: Big) -> str:
    """The operator with its condition."""
    condition = inline(box.below).replace(" ", "")
    return f"{box.operator.text}_{{{condition}}} "


def _grouped(box: Box) -> str:
    simple = isinstance(box, Leaf | Script | Power | Fenced | Root) or _is_call(box)
    return inline(box) if simple else f"({inline(box)})"


def _is_call(box: Box) -> bool:
    """A function with its argument in brackets."""
    return isinstance(box, Row) and len(box.parts) == 2 and isinstance(box.parts[1], Fenced)


def _superscript(exponent: Box) -> str:
    text = inline(exponent)
    if text == "2":
        return "²"
    return f"^{text}" if len(text) == 1 else f"^({text})"


def _subscript(below: tuple[Leaf, ...]) -> str:
    return "_" + "".join(x.text for x in below)


def text_block(s: str) -> Block:
    """One line."""
    return Block((s,))


def beside(blocks: list[Block]) -> Block:
    """Side by side, on one base line."""
    above = max(x.base for x in blocks)
    below = max(len(x.lines) - x.base for x in blocks)
    lines = [""] * (above + below)
    for x in blocks:
        for n in range(above + below):
            at = n - above + x.base
            inside = 0 <= at < len(x.lines)
            lines[n] += padded(x.lines[at] if inside else "", x.width)
    return Block(tuple(lines), above)


def set_box(box: Box) -> Block:
    """A box on as many columns as it takes."""
    if isinstance(box, Fraction):
        return stacked(set_box(box.top), set_box(box.bottom))
    if isinstance(box, Row):
        return _row(box)
    if isinstance(box, Fenced):
        return beside([text_block(box.left), set_box(box.body), text_block(box.right)])
    if isinstance(box, Big):
        return beside([text_block(head(box)), set_box(box.body)])
    return text_block(inline(box))


def _row(box: Row) -> Block:
    parts = []
    for n, part in enumerate(box.parts):
        if part in _SPACED and isinstance(part, Leaf):
            parts.append(text_block(part.text if n == 0 else f" {part.text} "))
        elif part == UNEQUAL:
            parts.append(text_block("≠"))
        else:
            parts.append(set_box(part))
    return beside(parts)


def stacked(top: Block, bottom: Block) -> Block:
    """A fraction."""
    width = max(top.width, bottom.width)
    lines = [*(_centre(x, width) for x in top.lines), "─" * width]
    return Block((*lines, *(_centre(x, width) for x in bottom.lines)), len(top.lines))


def _centre(line: str, width: int) -> str:
    space = width - columns(line)
    return " " * (space // 2) + line + " " * (space - space // 2)
