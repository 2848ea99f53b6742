"""The boxes a formula is laid out in; every renderer draws each of them."""

import re
from dataclasses import dataclass

from derive.nodes import View


@dataclass(frozen=True)
class Leaf:
    """One symbol: its text and its LaTeX; kind as in MathML: "mi", "mn" or "mo"."""

    text: str
    latex: str
    kind: str = "mi"


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    parts: tuple["Box", ...]


@dataclass(frozen=True)
class Fraction:
    top: "Box"
    bottom: "Box"


@dataclass(frozen=True)
class Power:
    base: "Box"
    exponent: "Box"


@dataclass(frozen=True)
class Script:
    """A symbol with a subscript."""

    base: Leaf
    below: tuple[Leaf, ...]


@dataclass(frozen=True)
class Root:
    body: "Box"


@dataclass(frozen=True)
class Big:
    """Σ or max with a condition below and the body after it."""

    operator: Leaf
    below: "Box"
    body: "Box"


@dataclass(frozen=True)
class Fenced:
    left: str
    body: "Box"
    right: str


Box = Leaf | Row | Fraction | Power | Script | Root | Big | Fenced

PLUS, MINUS = Leaf("+", "+", "mo"), Leaf("−", "-", "mo")
DOT, EQUALS = Leaf("·", r"\,", "mo"), Leaf("=", "=", "mo")
GREATER, UNEQUAL = Leaf(">", ">", "mo"), Leaf("≠", r"\neq", "mo")
AMONG = Leaf("∈", r"\in ", "mo")
SUM = Leaf("Σ", r"\sum", "mo")
MAX, MIN = Leaf("max", r"\max", "mo"), Leaf("min", r"\min", "mo")
STOPPED = Leaf("sg", r"\operatorname{sg}")
ONE_OF = Leaf("1", r"\mathbf{1}", "mi")
COMMA = Leaf(",", ",", "mo")
_GREEK = {"Δ": r"\Delta", "τ": r"\tau", "σ": r"\sigma", "θ": r"\theta"}


def row(*parts: Box) -> Box:
    return parts[0] if len(parts) == 1 else Row(parts)


def leaf(text: str, latex: str | None = None) -> Leaf:
    """A symbol by its text: a letter, then stars, an argument, primes (j*, j*(k), σ', j*')."""
    if latex is None:
        letter, stars, argument, primes = letter_and_marks(text)
        base, _, below = letter.partition("_")
        latex = _GREEK.get(base, base) + (rf"_{{\mathrm{{{below}}}}}" if below else "")
        if stars and not argument:  # one superscript for both: TeX refuses a second one
            stars, primes = stars + r"\prime" * len(primes), ""
        latex += (f"^{{{stars}}}" if stars else "") + argument + primes
    return Leaf(text, latex)


def letter_and_marks(text: str) -> tuple[str, str, str, str]:
    """The letter of a symbol, its stars, its argument in brackets, its primes."""
    match = re.fullmatch(r"(.*?)(\**)(\([^()]*\))?('*)", text, re.DOTALL)
    assert match is not None  # every part may be empty
    letter, stars, argument, primes = match.groups()
    return letter, stars, argument or "", primes


def primed(x: Leaf) -> Leaf:
    """The same symbol of the second view."""
    return leaf(x.text + "'")


def number(x: object) -> Leaf:
    return Leaf(str(x), str(x), "mn")


def hat(letter: str) -> str:
    """The letter under a hat: a combining mark, which MathML draws as an accent."""
    return letter + "\u0302"


def view_leaf(view: View) -> Leaf:
    """h, h', ĥ, ĥ'."""
    letter, prime = view.name[0], view.name[1:]
    if view.role in ("centred", "balanced"):
        return Leaf(f"{hat(letter)}{prime}", rf"\hat{{{letter}}}{prime}")
    return Leaf(view.name, view.name)


def equation(left: Box, right: Box) -> Box:
    return Row((left, EQUALS, right))


def is_open(box: Box) -> bool:
    return isinstance(box, Row) and any(x in (PLUS, MINUS) for x in box.parts)
