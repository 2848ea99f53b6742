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
class _Block:
    """Lines of equal width; `base`: the one that sits on the line of the text around it."""

    lines: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        return columns(self.lines[0])


def columns(line: str) -> int:
    """Terminal columns: combining marks take none."""
    return len(line) - line.count("\u0302")


def _padded(line: str, width: int) -> str:
    return line + " " * (width - columns(line))


def to_lines(box: Box, width: int = WIDTH, indent: int = 0) -> list[str]:
    """A box in at most `width` columns: on one block, else broken before + and −, else wrapped."""
    block = _set(box)
    margin = " " * indent
    if indent + block.width <= width:
        return [(margin + line).rstrip() for line in block.lines]
    pieces = _pieces(box)
    if len(pieces) == 1:
        return _wrapped(margin + inline(box), width, indent)
    lines: list[str] = []
    current = _set(pieces[0])
    for piece in pieces[1:]:
        joint = _beside([current, _text(" "), _signed(piece)])
        if indent + joint.width <= width:
            current = joint
        else:
            lines += _fitted(current, width, indent)
            current = _beside([_text("    "), _signed(piece)])
    return lines + _fitted(current, width, indent)


def _signed(piece: Box) -> _Block:
    """A term with its sign apart: + x, − x."""
    if isinstance(piece, Row) and piece.parts[0] in (PLUS, MINUS):
        rest = _set(Row(piece.parts[1:]))
        return _beside([_text(inline(piece.parts[0]).strip() + " "), rest])
    return _set(piece)


def _fitted(block: _Block, width: int, indent: int) -> list[str]:
    if indent + block.width <= width:
        return [(" " * indent + line).rstrip() for line in block.lines]
    return _wrapped(" " * indent + " ".join(x.strip() for x in block.lines), width, indent)


def _pieces(box: Box) -> list[Box]:
    """A sum or an equation, cut before each + and − and after each =."""
    if not isinstance(box, Row):
        return [box]
    pieces: list[list[Box]] = [[]]
    for part in box.parts:
        if part in (PLUS, MINUS) and pieces[-1] and pieces[-1][-1] != EQUALS:
            pieces.append([])
        if isinstance(part, Row) and pieces[-1] and pieces[-1][-1] == EQUALS:
            inner = _pieces(part)
            pieces[-1].append(inner[0])
            pieces += [list(x.parts) if isinstance(x, Row) else [x] for x in inner[1:]]
        else:
            pieces[-1].append(part)
    return [Row(tuple(x)) for x in pieces]


def _wrapped(line: str, width: int, indent: int) -> list[str]:
    """The last resort: an inline form broken at spaces."""
    lines, margin = [], " " * (indent + 4)
    while columns(line) > width:
        cut = line.rfind(" ", indent + 5, width)
        cut = cut if cut > 0 else width
        lines.append(line[:cut].rstrip())
        line = margin + line[cut:].lstrip()
    return [*lines, line]


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
        return f"{box.operator.text}_{{{_condition(box.below)}}} {inline(box.body)}"
    return f"{box.left}{inline(box.body)}{box.right}"


def _tight(text: str) -> str:
    return text[1] + text[3:] if text.startswith(" − ") else text


def _condition(box: Box) -> str:
    return inline(box).replace(" ", "")


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


def _text(s: str) -> _Block:
    return _Block((s,))


def _beside(blocks: list[_Block]) -> _Block:
    above = max(x.base for x in blocks)
    below = max(len(x.lines) - x.base for x in blocks)
    lines = [""] * (above + below)
    for x in blocks:
        for n in range(above + below):
            at = n - above + x.base
            inside = 0 <= at < len(x.lines)
            lines[n] += _padded(x.lines[at] if inside else "", x.width)
    return _Block(tuple(lines), above)


def _set(box: Box) -> _Block:
    if isinstance(box, Fraction):
        return _stacked(_set(box.top), _set(box.bottom))
    if isinstance(box, Row):
        return _row(box)
    if isinstance(box, Fenced):
        return _beside([_text(box.left), _set(box.body), _text(box.right)])
    if isinstance(box, Big):
        head = f"{box.operator.text}_{{{_condition(box.below)}}} "
        return _beside([_text(head), _set(box.body)])
    return _text(inline(box))


def _row(box: Row) -> _Block:
    parts = []
    for n, part in enumerate(box.parts):
        if part in _SPACED and isinstance(part, Leaf):
            parts.append(_text(part.text if n == 0 else f" {part.text} "))
        elif part == UNEQUAL:
            parts.append(_text("≠"))
        else:
            parts.append(_set(part))
    return _beside(parts)


def _stacked(top: _Block, bottom: _Block) -> _Block:
    width = max(top.width, bottom.width)
    lines = [*(_centre(x, width) for x in top.lines), "─" * width]
    return _Block((*lines, *(_centre(x, width) for x in bottom.lines)), len(top.lines))


def _centre(line: str, width: int) -> str:
    space = width - columns(line)
    return " " * (space // 2) + line + " " * (space - space // 2)
