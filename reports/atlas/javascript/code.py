"""JavaScript text of an expression, with what is needed to put brackets around it."""

from collections.abc import Sequence
from typing import NamedTuple

CHOICE, SUM, PRODUCT, POWER, ATOM = range(5)  # how tightly the outermost operator binds


class Code(NamedTuple):
    """text: an expression of JavaScript; level: how tightly its outermost operator binds."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """The text as an operand of an operator of that level."""
        return self.text if self.level >= level else f"({self.text})"


def number(x: float) -> Code:
    """The literal that is read back as the same double."""
    text = repr(float(x)).removesuffix(".0")
    return Code(
        text.replace("0.", ".", 1) if text.startswith("0.") else text, ATOM if x >= 0 else SUM
    )


def call(function: str, *arguments: str) -> Code:
    return Code(f"{function}({','.join(arguments)})")


def added(terms: Sequence[Code]) -> Code:
    """Their sum; a term that begins with a minus is subtracted."""
    if not terms:
        return Code("0")
    if len(terms) == 1:
        return terms[0]
    text = terms[0].within(SUM)
    for term in terms[1:]:
        inside = term.within(SUM)
        text += inside if inside.startswith("-") else f"+{inside}"
    return Code(text, SUM)


def quotient(above: Sequence[Code], below: Sequence[Code], *, negative: bool = False) -> Code:
    """±Π above / Π below."""
    # JavaScript has no -x**2: the sign could be meant for either.
    first = [x.within(ATOM if negative else PRODUCT) for x in above[:1]]
    text = "*".join(first + [x.within(PRODUCT) for x in above[1:]]) or "1"
    level = PRODUCT if len(above) > 1 else (above[0].level if above else ATOM)
    if below:
        bottom = "*".join(x.within(POWER) for x in below)
        divisor = bottom if len(below) == 1 else f"({bottom})"
        text, level = f"{Code(text, level).within(PRODUCT)}/{divisor}", PRODUCT
    return Code(f"-{Code(text, level).within(PRODUCT)}", SUM) if negative else Code(text, level)


def chosen(conditions: Sequence[str], value: Code, otherwise: str = "0") -> Code:
    """The value where every condition holds; where one does not, it is not computed."""
    if not conditions:
        return value
    return Code(f"{'&&'.join(conditions)}?{value.text}:{otherwise}", CHOICE)
