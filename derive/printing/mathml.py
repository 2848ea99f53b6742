"""Boxes as presentation MathML, which browsers draw without a script."""

from html import escape

from derive.printing.boxes import (
    DOT,
    MAX,
    MIN,
    SUM,
    Big,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Power,
    Root,
    Row,
    Script,
    letter_and_marks,
)

_HAT = "\u0302"
_PRIME = '<mo lspace="0" rspace="0">′</mo>'


def to_mathml(box: Box, *, display: bool = True) -> str:
    """A complete <math> element; display: on a line of its own."""
    style = ' display="block"' if display else ""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{style}>{_element(box)}</math>'


def _element(box: Box) -> str:
    """Exactly one element."""
    if isinstance(box, Leaf):
        return _leaf(box)
    if isinstance(box, Row):
        return f"<mrow>{''.join(map(_element, box.parts))}</mrow>"
    if isinstance(box, Fraction):
        return f"<mfrac>{_element(box.top)}{_element(box.bottom)}</mfrac>"
    if isinstance(box, Power):
        return f"<msup>{_element(box.base)}{_exponent(box.exponent)}</msup>"
    if isinstance(box, Script):
        return _script(box)
    if isinstance(box, Root):
        return f"<msqrt>{_element(box.body)}</msqrt>"
    if isinstance(box, Big):
        operator = f"<munder>{_operator(box)}{_element(box.below)}</munder>"
        return f"<mrow>{operator}{_element(box.body)}</mrow>"
    left, right = (f'<mo stretchy="true">{escape(x)}</mo>' for x in (box.left, box.right))
    return f"<mrow>{left}{_element(box.body)}{right}</mrow>"


def _operator(box: Big) -> str:
    """∑ is the operator that grows, Σ the letter; what is below stays below, also in a line."""
    text = "∑" if box.operator == SUM else escape(box.operator.text)
    return f'<mo movablelimits="false">{text}</mo>'


def _exponent(box: Box) -> str:
    """A fraction in an exponent lies flat: c/τ."""
    if not isinstance(box, Fraction):
        return _element(box)
    return f"<mrow>{_flat(box.top)}<mo>/</mo>{_flat(box.bottom)}</mrow>"


def _flat(box: Box) -> str:
    return _element(Fenced("(", box, ")") if isinstance(box, Row) and not _is_call(box) else box)


def _is_call(box: Row) -> bool:
    """A function with its argument in brackets."""
    return len(box.parts) == 2 and isinstance(box.parts[1], Fenced)


def _script(box: Script) -> str:
    below = "".join(map(_leaf, box.below))
    return f"<msub>{_leaf(box.base)}<mrow>{below}</mrow></msub>"


def _leaf(x: Leaf) -> str:
    """Exactly one element."""
    if x in (MAX, MIN):
        return f"<mi>{x.text}</mi>"
    if x == DOT or not x.text.strip():
        return '<mspace width="0.17em"/>'
    base, stars, argument, prime = letter_and_marks(x.text)
    out = _letter(base, x.kind)
    if stars:
        out = f"<msup>{out}<mo>{stars}</mo></msup>"
    if argument:
        out = f"<mrow>{out}<mo>(</mo>{_letter(argument[1:-1], x.kind)}<mo>)</mo></mrow>"
    # Beside the letter, not above it: fonts without script variants of ′ make it too small.
    return f"<mrow>{out}{_PRIME * len(prime)}</mrow>" if prime else out


def _letter(text: str, kind: str) -> str:
    if text.endswith(_HAT):
        return f'<mover accent="true"><mi>{escape(text[:-1])}</mi><mo>^</mo></mover>'
    return f"<{kind}>{escape(text)}</{kind}>"
