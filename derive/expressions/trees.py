"""What an arithmetic expression is read into. at: the character a part starts at, from 1."""

from dataclasses import dataclass

from sympy import Rational

# The functions there are, with the number of their arguments.
ARITY = {
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "sin": 1,
    "cos": 1,
    "abs": 1,
    "relu": 1,
    "sigmoid": 1,
    "softplus": 1,
    "max": 2,
    "min": 2,
}


@dataclass(frozen=True)
class Number:
    """A decimal, exactly. at: the character it starts at, from 1."""

    value: Rational
    at: int


@dataclass(frozen=True)
class Name:
    """A constant or a variable."""

    name: str
    at: int


@dataclass(frozen=True)
class Negative:
    """−operand."""

    operand: "Tree"
    at: int


@dataclass(frozen=True)
class Operation:
    """left symbol right, with the symbol one of + - * / ^."""

    symbol: str
    left: "Tree"
    right: "Tree"
    at: int


@dataclass(frozen=True)
class Call:
    """A function of its arguments."""

    function: str
    arguments: tuple["Tree", ...]
    at: int


Tree = Number | Name | Negative | Operation | Call
