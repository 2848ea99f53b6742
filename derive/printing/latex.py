"""Boxes as LaTeX, with at most one superscript and one subscript on a letter."""

from derive.printing.boxes import Big, Box, Fenced, Fraction, Leaf, Power, Root, Row, Script

_FENCES = {
    "(": r"\left(", ")": r"\right)", "[": "[", "]": "]",
    "⟨": r"\langle ", "⟩": r"\rangle", "‖": r"\Vert ", "|": r"\vert ",
}  # fmt: skip


def to_latex(box: Box) -> str:
    """A box as LaTeX source for math mode."""
    if isinstance(box, Leaf):
        return box.latex
    if isinstance(box, Row):
        return _spaced([to_latex(x) for x in box.parts])
    if isinstance(box, Fraction):
        return rf"\frac{{{to_latex(box.top)}}}{{{to_latex(box.bottom)}}}"
    if isinstance(box, Power):
        return rf"{_alone(box.base)}^{{{_exponent(box.exponent)}}}"
    if isinstance(box, Script):
        below = _spaced([x.latex for x in box.below])
        base = f"{{{box.base.latex}}}" if "_" in box.base.latex else box.base.latex
        return f"{base}_{{{below}}}"
    if isinstance(box, Root):
        return rf"\sqrt{{{to_latex(box.body)}}}"
    if isinstance(box, Big):
        return f"{box.operator.latex}_{{{to_latex(box.below)}}} {to_latex(box.body)}"
    return f"{_FENCES[box.left]}{to_latex(box.body)}{_FENCES[box.right]}"


def _exponent(box: Box) -> str:
    """A fraction in an exponent lies flat: c/τ."""
    if not isinstance(box, Fraction):
        return to_latex(box)
    return f"{_flat(box.top)}/{_flat(box.bottom)}"


def _flat(box: Box) -> str:
    """In brackets, unless it is one symbol or a function with its argument."""
    call = isinstance(box, Row) and len(box.parts) == 2 and isinstance(box.parts[1], Fenced)
    open_row = isinstance(box, Row) and not call
    return to_latex(Fenced("(", box, ")") if open_row else box)


def _alone(box: Box) -> str:
    """In braces if its letter has a superscript: TeX refuses a second one."""
    letter = box.base if isinstance(box, Script) else box
    above = isinstance(letter, Leaf) and any(mark in letter.latex for mark in "'^")
    return f"{{{to_latex(box)}}}" if above else to_latex(box)


def _spaced(parts: list[str]) -> str:
    r"""Side by side, with a space where a command would swallow a letter (\tau x)."""
    out = ""
    for part in parts:
        command = out.rpartition("\\")[2]
        if "\\" in out and command.isalpha() and part[:1].isalpha():
            out += " "
        out += part
    return out
