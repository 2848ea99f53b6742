"""Boxes as presentation MathML, which browsers draw without a script."""

from html import escape

from derive.printing.boxes import Big, Box, Fraction, Leaf, Power, Root, Row, Script


def to_mathml(box: Box, *, display: bool = True) -> str:
    """A complete <math> element; display: on a line of its own."""
    style = ' display="block"' if display else ""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{style}>{_element(box)}</math>'


def _element(box: Box) -> str:
    if isinstance(box, Leaf):
        return _leaf(box)
    if isinstance(box, Row):
        return f"<mrow>{''.join(map(_element, box.parts))}</mrow>"
    if isinstance(box, Fraction):
        return f"<mfrac>{_element(box.top)}{_element(box.bottom)}</mfrac>"
    if isinstance(box, Power):
        return f"<msup>{_element(box.base)}{_element(box.exponent)}</msup>"
    if isinstance(box, Script):
        below = "".join(map(_leaf, box.below))
        return f"<msub>{_leaf(box.base)}<mrow>{below}</mrow></msub>"
    if isinstance(box, Root):
        return f"<msqrt>{_element(box.body)}</msqrt>"
    if isinstance(box, Big):
        operator = f"<munder>{_leaf(box.operator)}{_element(box.below)}</munder>"
        return f"<mrow>{operator}{_element(box.body)}</mrow>"
    left, right = (f'<mo stretchy="true">{escape(x)}</mo>' for x in (box.left, box.right))
    return f"<mrow>{left}{_element(box.body)}{right}</mrow>"


def _leaf(x: Leaf) -> str:
    if x.text == "·":
        return "<mo>&#x2062;</mo>"
    letter, accent, rest = x.text.partition("\u0302")
    if accent:
        return f"<mover><mi>{escape(letter)}</mi><mo>^</mo></mover>" + (
            f"<mo>{escape(rest)}</mo>" if rest else ""
        )
    base, prime, _ = x.text.partition("'")
    if prime and base:
        return f"<mi>{escape(base)}</mi><mo>′</mo>"
    return f"<{x.kind}>{escape(x.text)}</{x.kind}>"
