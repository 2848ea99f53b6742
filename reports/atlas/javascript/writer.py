"""Writes expressions as JavaScript: what is a sum or long becomes a function, each once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from sympy import Expr, preorder_traversal

from derive.errors import LoweringError
from derive.nodes import ExtraIndex, FeatureIndex, Given, HardestIndex, Index, free_indices
from reports.atlas.javascript.code import Code, call

Rule = Callable[["Writer", Expr], Code]
_LETTERS = "ijklmnop"
MOST = 3  # free indices of a function: its values for all of them are kept
LONG = 14  # nodes of a sum or a product: beyond, it is a function, which is computed once


class Writer:
    """Expressions of one loss as JavaScript, by a rule a node.

    functions: what has been written as a function, text → name, each before those that call it.
    Two expressions that differ in the names of their indices alone are one function. Raises
    `LoweringError` for a node without a rule.
    """

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self._names: dict[tuple[str, Expr], str] = {}
        self._letters: dict[Index, str] = {}

    def __call__(self, e: Expr) -> Code:
        from reports.atlas.javascript.rules import LONG_NODES, RULES

        for kind in type(e).__mro__:
            if kind in RULES:
                rule = RULES[kind]
                break
        else:
            raise LoweringError(
                f"no JavaScript rule for {type(e).__name__} (in {e}). Add one to "
                "reports/atlas/javascript/rules.py."
            )
        if isinstance(e, LONG_NODES) and _is_long(e):
            return self.function("value", e, lambda: rule(self, e))
        return rule(self, e)

    def function(self, what: str, e: Expr, body: Callable[[], Code]) -> Code:
        """A call of the function of an expression's free indices; what: of which of its values.
        body: writes it, under the names of the parameters."""
        free = self.ordered(e)
        if len(free) > MOST:
            raise LoweringError(
                f"{e} has {len(free)} free indices, and the page tabulates at most {MOST}. Write "
                "the loss with sums over fewer indices at once."
            )
        arguments = [self.letter(k) for k in free]
        if (what, e) not in self._names:
            letters = dict(zip(free, _LETTERS, strict=False))
            with self.named(letters):
                text = f"({','.join(letters.values())})=>{body().text}"
            self._names[what, e] = self.functions.setdefault(text, f"f{len(self.functions)}")
        return call(self._names[what, e], *arguments)

    def over(self, k: Index, body: Callable[[], Code]) -> str:
        """k=>body, with a letter for the bound index."""
        letter = next(x for x in _LETTERS if x not in self._letters.values())
        with self.named(self._letters | {k: letter}):
            return f"{letter}=>{body().text}"

    def letter(self, k: Index) -> str:
        if k not in self._letters:
            raise LoweringError(f"the index {k} is not bound and is none of i and j.")
        return self._letters[k]

    def place(self, index: Expr) -> str:
        """The number of the sample or feature that an index stands for."""
        if isinstance(index, HardestIndex):
            return self(index).text
        if isinstance(index, Given):
            array, i, m = index.args
            return f"G.{array.name}[{self.place(i)}*M+{self.place(m)}]"
        return self.letter(index)

    def ordered(self, e: Expr) -> list[Index]:
        """The free indices, in the order in which they occur."""
        free = free_indices(e)
        return list(dict.fromkeys(x for x in preorder_traversal(e) if x in free))

    @contextmanager
    def named(self, letters: dict[Index, str]) -> Iterator[None]:
        """While these indices, and no others, have these names."""
        before, self._letters = self._letters, letters
        try:
            yield
        finally:
            self._letters = before


def size_of(k: Index) -> str:
    """The name of the number of values an index takes."""
    return "M" if isinstance(k, ExtraIndex) else "D" if isinstance(k, FeatureIndex) else "N"


def _is_long(e: Expr) -> bool:
    counted = count()
    return any(next(counted) >= LONG for _ in preorder_traversal(e))
