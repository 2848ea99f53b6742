"""Misprints: the edits of `verify.edits`, and three that people make in print alone.

A symbol for another (λ for ν), a factor that is missing, and a difference the wrong way round.
"""

from collections.abc import Callable, Iterator, Sequence

from sympy import Add, Expr, Mul, Symbol

from derive.nodes import Hardest, N, View
from verify.edits import KINDS as COMMON
from verify.edits import Edit, edits
from verify.edits.walk import positions, replaced
from verify.edits.words import instead, shown

Rule = Callable[[Expr, Sequence[Symbol]], Iterator[tuple[str, Expr]]]


def slips(e: Expr, symbols: Sequence[Symbol], kinds: Sequence[str] | None = None) -> Iterator[Edit]:
    """Every edit of these kinds (None: all of `KINDS`) in their order, each result once.

    symbols: the hyper-parameters that the paper speaks of at that place.
    """
    seen = {e}
    for kind in KINDS if kinds is None else kinds:
        for edit in _of_kind(e, symbols, kind):
            if edit.expr not in seen:
                seen.add(edit.expr)
                yield edit


def _of_kind(e: Expr, symbols: Sequence[Symbol], kind: str) -> Iterator[Edit]:
    if kind not in _OWN:
        yield from edits(e, (kind,))
        return
    for text, edited in _OWN[kind](e, symbols):
        yield Edit(kind, text, edited)


def _symbol(e: Expr, symbols: Sequence[Symbol]) -> Iterator[tuple[str, Expr]]:
    for x in symbols:
        for y in symbols:
            if x != y and e.has(x):
                yield f"{y} for {x}", e.xreplace({x: y})


def _missing_factor(e: Expr, symbols: Sequence[Symbol]) -> Iterator[tuple[str, Expr]]:
    """The whole, or one summand, times a hyper-parameter or N, or over it."""
    for x in (*symbols, N):
        yield f"all times {x}", e * x
        yield f"all over {x}", e / x
        for term in e.args if isinstance(e, Add) else ():
            yield f"{shown(term)} times {x}", e - term + term * x
            yield f"{shown(term)} over {x}", e - term + term / x


def _difference(e: Expr, symbols: Sequence[Symbol]) -> Iterator[tuple[str, Expr]]:
    """y − x for x − y, of what depends on the embeddings."""
    for path, x in positions(e):
        if not isinstance(x, Add):
            continue
        turned = [y for y in x.args if y.atoms(View)]
        if len({_negative(y) for y in turned}) > 1:
            new = x - 2 * Add(*turned)
            yield instead(-Add(*turned), Add(*turned)), replaced(e, path, new)


def _negative(x: Expr) -> bool:
    """Whether it is written with a minus: −max_k y, but not −max_k (−y), which is min_k y."""
    minus = isinstance(x, Mul) and bool(x.args[0].is_negative)
    least = [y for y in Mul.make_args(x) if isinstance(y, Hardest) and _negative(y.args[0])]
    return minus != bool(least)


_OWN: dict[str, Rule] = {
    "symbol": _symbol,
    "missing factor": _missing_factor,
    "difference": _difference,
}
_ORDER = (
    "view", "index", "sign", "symbol", "missing factor", "difference", "self pair", "extremum",
    "margin", "gate", "count", "factor", "reduction", "temperature", "power", "term", "label",
)  # fmt: skip
KINDS = tuple(x for x in _ORDER if x in COMMON or x in _OWN)
