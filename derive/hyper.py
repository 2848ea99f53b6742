"""Hyper-parameters: symbol, domain, default, and reading a value somebody gave."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from sympy import Expr, Rational, S, Symbol, oo, pi

from derive.errors import ExpressionError, HyperparameterError, UnknownNameError

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_VALUE = re.compile(rf"(?P<top>{_NUMBER})?\s*(?P<pi>\*?\s*pi)?\s*(?:/\s*(?P<bottom>{_NUMBER}))?")
_MOST_CHARACTERS = 200  # of a value


@dataclass(frozen=True)
class Domain:
    """An interval. `low` and `high` are exact; each end is open or closed."""

    low: Expr = -oo
    high: Expr = oo
    low_open: bool = True
    high_open: bool = True

    def contains(self, value: Expr) -> bool:
        """Whether an exact number is in the interval (one of N and D: at every batch size).

        Raises `HyperparameterError` where that is not decided.
        """
        above = _exceeds(value, self.low, self.low_open) if self.low != -oo else True
        return above and (self.high == oo or _exceeds(-value, -self.high, self.high_open))

    def describe(self, name: str) -> str:
        """`τ > 0`, `0 ≤ u < π`, `m real`."""
        less = {True: "<", False: "≤"}
        low = "" if self.low == -oo else f"{_text(self.low)} {less[self.low_open]} "
        high = "" if self.high == oo else f" {less[self.high_open]} {_text(self.high)}"
        if low and not high:
            return f"{name} {'>' if self.low_open else '≥'} {_text(self.low)}"
        return f"{low}{name}{high}" if low or high else f"{name} real"

    def assumptions(self) -> dict[str, bool]:
        """What SymPy may assume of a symbol in this interval."""
        if self.low >= 0:
            return {"positive": True} if self.low_open or self.low > 0 else {"nonnegative": True}
        return {"real": True}


def _exceeds(value: Expr, bound: Expr, strictly: bool) -> bool:
    if value.is_Rational and bound.is_Rational:
        return bool(value > bound if strictly else value >= bound)
    from derive.expressions.bounds import exceeds

    found = exceeds(value, bound, strictly=strictly)
    if found is None:
        raise HyperparameterError(
            f"whether {value} exceeds {bound} was not decided. Give a simpler value, or a decimal."
        )
    return found


def _text(bound: Expr) -> str:
    return str(bound).replace("pi", "π")


POSITIVE = Domain(low=S.Zero)
NONNEGATIVE = Domain(low=S.Zero, low_open=False)
REAL = Domain()


_RESERVED = ("N", "D", "i", "j", "a")


@dataclass(frozen=True)
class Hyper:
    """A hyper-parameter of an objective.

    name: how it is written on the command line (tau); display: how it prints (τ); latex; default:
    exact, may contain D and N (a number or a text is read as `read_number` does); meaning: one
    line. Raises `HyperparameterError` for a name that is taken or a default outside the domain.
    """

    name: str
    display: str
    latex: str
    default: Expr
    domain: Domain
    meaning: str

    def __post_init__(self) -> None:
        if self.name in _RESERVED or not self.name.isidentifier():
            raise HyperparameterError(
                f"a hyper-parameter cannot be called {self.name!r}: N and D are the sizes of the "
                "batch, and a name is an identifier. Choose another."
            )
        if not isinstance(self.default, Expr):
            object.__setattr__(self, "default", read_number(self.name, self.default, sizes=True))
        if self.default.is_Rational and not self.domain.contains(self.default):
            raise HyperparameterError(
                f"the default {self.name}={self.default} is outside its own domain "
                f"{self.domain.describe(self.display)}. Change one of them."
            )

    @property
    def symbol(self) -> Symbol:
        return Symbol(self.name, **self.domain.assumptions())

    def read(self, value: object) -> Expr:
        """An exact value from text, a float, an int or a SymPy number.

        Raises `HyperparameterError` where it cannot be read or lies outside the domain.
        """
        number = read_number(self.name, value, sizes=bool(self.default.free_symbols))
        if not self.domain.contains(number):
            raise HyperparameterError(
                f"{self.name}={value} is outside its domain {self.domain.describe(self.display)} "
                f"({self.meaning}). The default is {self.default_text}."
            )
        if number.is_Rational and number != 0 and not 0 < abs(float(number)) < inf:
            raise HyperparameterError(
                f"{self.name}={value} is beyond the numbers of double precision, about 1e-308 to "
                f"1e308. The default is {self.default_text}."
            )
        return number

    @property
    def default_text(self) -> str:
        return str(self.default).replace("pi", "π").replace("sqrt(D)", "√D")


def read_number(name: str, value: object, *, sizes: bool = False) -> Expr:
    """0.1, "1/20", ".5", "pi/18", "2pi", "1/sqrt(64)", a float, an int or a SymPy number, exactly.

    A float is taken as the decimal it prints as. sizes: N and D may occur, as in "1/(N-1)".
    Raises `HyperparameterError` otherwise.
    """
    if isinstance(value, Expr) and _is_real(value, sizes):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise HyperparameterError(
            f"{name}={value!r} is not a number. Give for example 0.1 or 1/20."
        )
    text = _shortened(name, value)
    match = _VALUE.fullmatch(text)
    if match is None or not (match["top"] or match["pi"]):
        return _expression(name, text, sizes)
    bottom = Rational(match["bottom"] or 1)
    if bottom == 0:
        raise HyperparameterError(f"{name}={value!r} divides by zero. Give a finite number.")
    number: Expr = Rational(match["top"] or 1) / bottom
    return number * pi if match["pi"] else number


def _is_real(value: Expr, sizes: bool) -> bool:
    if value.is_number or not sizes:
        return bool(value.is_number and value.is_real)
    from derive.expressions.bounds import real_at_every_size

    return real_at_every_size(value)


def _shortened(name: str, value: str | int | float) -> str:
    """The text of a value. Raises `HyperparameterError` if it is too long to be read."""
    if isinstance(value, int) and value.bit_length() > 4 * _MOST_CHARACTERS:
        raise HyperparameterError(f"{name} has {value.bit_length()} bits. Give a smaller number.")
    text = str(value).strip()
    if len(text) > _MOST_CHARACTERS:
        raise HyperparameterError(
            f"{name}={text[:20]}… has {len(text)} characters, and {_MOST_CHARACTERS} are read. "
            "Give fewer digits."
        )
    return text


def _expression(name: str, text: str, sizes: bool) -> Expr:
    from derive.expressions.exact import number  # only where a value is more than a number

    try:
        return number(text, sizes=sizes)
    except ExpressionError as error:
        raise HyperparameterError(
            f"{name}={text!r} is not a number: {error.reason} (character {error.position}). "
            f"{error.advice} Or write a decimal (0.1), a fraction (1/20) or a multiple of pi "
            "(pi/18)."
        ) from error


def read_settings(hypers: tuple[Hyper, ...], settings: Mapping[str, object]) -> dict[str, Expr]:
    """Every setting as an exact number, in its domain; unknown names raise with the nearest."""
    known = {hyper.name: hyper for hyper in hypers}
    for name in settings:
        if name not in known:
            raise UnknownNameError("hyper-parameter", name, known)
    return {name: known[name].read(value) for name, value in settings.items()}
