"""The tokens of an arithmetic expression: numbers, names, operators."""

import re
from dataclasses import dataclass

from derive.errors import ExpressionError


@dataclass(frozen=True)
class Token:
    """kind: "number", "name", "operator" or "end"; at: its first character, from 1."""

    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?(?P<exponent>[0-9]+))?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<operator>\*\*|[-+*/^(),])"
)
_SPELLED = {
    "−": Token("operator", "-", 0),
    "·": Token("operator", "*", 0),
    "×": Token("operator", "*", 0),
    "π": Token("name", "pi", 0),
}
_DIGITS_OF_EXPONENT = 3  # of a decimal: 1e999 is 1000 digits, 1e999999 would be a million


def tokens(text: str) -> list[Token]:
    """The tokens, and one of kind "end". Raises `ExpressionError` at a foreign character."""
    found, at = [], 0
    while at < len(text):
        token, at = _token(text, at)
        if token is not None:
            found.append(token)
    return [*found, Token("end", "", len(text) + 1)]


def _token(text: str, at: int) -> tuple[Token | None, int]:
    """The token that starts there (None: a blank), and where the next one may."""
    character = text[at]
    if character.isspace():
        return None, at + 1
    if character in _SPELLED:
        spelled = _SPELLED[character]
        return Token(spelled.kind, spelled.text, at + 1), at + 1
    match = _TOKEN.match(text, at)
    if match is None:
        raise ExpressionError(
            text, at + 1, f"{character!r} is not allowed", "Use numbers, names and + - * / ^ ( )."
        )
    kind = next(k for k in ("number", "name", "operator") if match[k] is not None)
    if len(match["exponent"] or "") > _DIGITS_OF_EXPONENT:
        raise ExpressionError(
            text, at + 1, f"{match[0]} is too large or too small", "Use at most 1e999."
        )
    return Token(kind, "^" if match[0] == "**" else match[0], at + 1), match.end()
