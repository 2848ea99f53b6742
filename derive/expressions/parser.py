"""Arithmetic expressions as text, read into a small tree: numbers, names, + − * / ^, functions.

    sum     = term { ("+" | "-") term }
    term    = sign { ("*" | "/") sign }
    sign    = { "-" | "+" } power
    power   = atom [ ("^" | "**") sign ]                   to the right: 2^3^2 = 2^9
    atom    = number | name | name "(" sum { "," sum } ")" | "(" sum ")"

Nothing is evaluated here and nothing is looked up: a name or a function is accepted if the caller
allows it. `derive.expressions.exact` turns a tree into an exact number, `derive.phi_psi` into a
formula.
"""

from collections.abc import Collection
from difflib import get_close_matches

from sympy import Rational

from derive.errors import ExpressionError
from derive.expressions.tokens import Token, tokens
from derive.expressions.trees import ARITY, Call, Name, Negative, Number, Operation, Tree

MOST_CHARACTERS = 200
MOST_LEVELS = 24


def parse(text: str, *, names: Collection[str], functions: Collection[str]) -> Tree:
    """The tree of an expression.

    names: constants and variables that may stand in it; functions: keys of `ARITY`.
    Raises `ExpressionError`, with the position, for everything else.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(
            text,
            MOST_CHARACTERS + 1,
            f"the expression has {len(text)} characters, and {MOST_CHARACTERS} are allowed",
            "Shorten it.",
        )
    return _Parser(text, names, functions).whole()


class _Parser:
    """Recursive descent over one text, with a bound on how deep it descends."""

    def __init__(self, text: str, names: Collection[str], functions: Collection[str]):
        self.text, self.names, self.functions = text, names, functions
        self.tokens = tokens(text)
        self.next = 0
        self.level = 0

    def whole(self) -> Tree:
        tree = self.sum()
        token = self.tokens[self.next]
        if token.kind == "end":
            return tree
        if token.text == ")":
            raise self.error(token.at, "this parenthesis closes nothing", "Remove it.")
        if token.text == ",":
            raise self.error(
                token.at, "a comma stands outside a function", "Write decimals with a point."
            )
        raise self.error(
            token.at, f"an operator is missing before {token.text!r}", "Write for example *."
        )

    def sum(self) -> Tree:
        tree = self.term()
        while operator := self.take("+", "-"):
            tree = Operation(operator.text, tree, self.term(), operator.at)
        return tree

    def term(self) -> Tree:
        tree = self.sign()
        while operator := self.take("*", "/"):
            tree = Operation(operator.text, tree, self.sign(), operator.at)
        return tree

    def sign(self) -> Tree:
        token = self.take("-", "+")
        if token is None:
            return self.power()
        self.descend(token.at)
        operand = self.sign()
        self.level -= 1
        return Negative(operand, token.at) if token.text == "-" else operand

    def power(self) -> Tree:
        base = self.atom()
        operator = self.take("^")
        if operator is None:
            return base
        self.descend(operator.at)
        exponent = self.sign()
        self.level -= 1
        return Operation("^", base, exponent, operator.at)

    def atom(self) -> Tree:
        token = self.tokens[self.next]
        if token.kind in ("number", "name"):
            self.next += 1
            return self.number(token) if token.kind == "number" else self.name(token)
        if self.take("("):
            tree = self.inside(token.at)
            self.close(token)
            return tree
        what = "the expression ends" if token.kind == "end" else f"{token.text!r} stands"
        raise self.error(token.at, f"{what} where a number or a name is expected", "Complete it.")

    def number(self, token: Token) -> Number:
        return Number(Rational(token.text), token.at)

    def name(self, token: Token) -> Tree:
        bracket = self.take("(")
        known = self.functions if bracket else self.names
        if token.text not in known:
            raise self.unknown(token, "function" if bracket else "name", known)
        if bracket is None:
            return Name(token.text, token.at)
        arguments = [self.inside(bracket.at)]
        while self.take(","):
            arguments.append(self.inside(bracket.at))
        self.close(bracket)
        wanted = ARITY[token.text]
        if len(arguments) != wanted:
            raise self.error(
                token.at,
                f"{token.text} takes {wanted} argument{'s' * (wanted > 1)}, not {len(arguments)}",
                "Write for example max(x, 0)." if wanted > 1 else f"Write {token.text}(x).",
            )
        return Call(token.text, tuple(arguments), token.at)

    def inside(self, at: int) -> Tree:
        self.descend(at)
        tree = self.sum()
        self.level -= 1
        return tree

    def close(self, bracket: Token) -> None:
        if not self.take(")"):
            raise self.error(bracket.at, "this parenthesis is not closed", "Close it with ')'.")

    def descend(self, at: int) -> None:
        self.level += 1
        if self.level > MOST_LEVELS:
            raise self.error(at, f"more than {MOST_LEVELS} levels are nested", "Simplify it.")

    def take(self, *operators: str) -> Token | None:
        token = self.tokens[self.next]
        if token.kind != "operator" or token.text not in operators:
            return None
        self.next += 1
        return token

    def unknown(self, token: Token, kind: str, known: Collection[str]) -> ExpressionError:
        near = get_close_matches(token.text, sorted(known), n=2, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
        return self.error(
            token.at, f"{token.text!r} is no {kind} here", hint if known else "Use numbers."
        )

    def error(self, at: int, reason: str, advice: str) -> ExpressionError:
        return ExpressionError(self.text, at, reason, advice)
