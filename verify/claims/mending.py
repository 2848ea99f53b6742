"""Which small edits make a printed formula hold: one, else two, of stated kinds.

A candidate is screened by numbers before anything slow is asked of it, and counts only where what
it is asked says yes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from sympy import Expr

from derive.errors import ContragradError
from verify.claims.misprints import misprints

T = TypeVar("T")
MOST = 3000  # candidates


@dataclass(frozen=True)
class Mended(Generic[T]):
    """text: the edits in words; expr: the formula after them; proof: what shows that it holds."""

    text: str
    expr: Expr
    proof: T


def mended(
    printed: Expr,
    kinds: Sequence[str],
    screen: Callable[[Expr], bool],
    proof: Callable[[Expr], T | None],
    most: int = 2,
) -> Mended[T] | None:
    """The first formula at the fewest edits that passes both; None if there is none.

    screen: by numbers, whether it may hold; proof: what shows that it does, or None.
    """
    for count in range(1, most + 1):
        for text, expr in islice(_edited(printed, tuple(kinds), count), MOST):
            if _tried(expr, screen):
                shown = _tried(expr, proof)
                if shown is not None:
                    return Mended(text, expr, shown)
    return None


def _edited(e: Expr, kinds: tuple[str, ...], count: int) -> Iterator[tuple[str, Expr]]:
    seen = {e}
    for edit in misprints(e, kinds):
        first = f"{edit.text} [{edit.kind}]"
        if count == 1:
            yield first, edit.expr
            continue
        for rest, expr in _edited(edit.expr, kinds, count - 1):
            if expr not in seen:
                seen.add(expr)
                yield f"{first}; {rest}", expr


def _tried(e: Expr, test: Callable[[Expr], T]) -> T | None:
    """A pole, the root of a negative number or what no rule evaluates is no pass."""
    try:
        return test(e)
    except (ZeroDivisionError, ValueError, TypeError, ContragradError):
        return None
