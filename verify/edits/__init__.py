"""Small edits of a formula, one at a time: the slips that people make in papers and in code.

Three uses: faults to plant (`verify mutants`), misprints to mend (`verify claims`), and what a
piece of code has instead of the definition it is meant to have (`verify audit`). An edit knows no
loss: which ones there are follows from the nodes of the expression.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr

from derive.errors import UnknownNameError
from verify.edits import arithmetic, pairs, selection, views
from verify.edits.walk import definitions, positions, redefined, replaced, with_body

Rule = Callable[[Expr], Iterator[tuple[str, Expr]]]


@dataclass(frozen=True)
class Edit:
    """kind: a name of `KINDS`; text: what was replaced by what; expr: the expression after it."""

    kind: str
    text: str
    expr: Expr


# Of one place.
KINDS: dict[str, Rule] = {
    "sign": arithmetic.sign,
    "factor": arithmetic.factor,
    "view": views.view,
    "index": pairs.index,
    "self pair": pairs.self_pair,
    "count": arithmetic.count,
    "reduction": arithmetic.reduction,
    "extremum": selection.extremum,
    "margin": arithmetic.margin,
    "temperature": arithmetic.temperature,
    "power": arithmetic.power,
    "gate": selection.gate,
    "term": arithmetic.term,
    "label": selection.label,
    "stop-gradient": views.stop_gradient,
}
# Of the whole expression, or of all such places in it.
_THROUGHOUT: dict[str, Rule] = {
    "sign": arithmetic.sign_of_all,
    "factor": arithmetic.factor_of_all,
    "view": views.view_throughout,
    "index": pairs.index_throughout,
    "reduction": arithmetic.reduction_of_all,
    "temperature": arithmetic.temperature_throughout,
    "stop-gradient": views.stop_throughout,
}


def edits(e: Expr, kinds: Sequence[str] | None = None) -> Iterator[Edit]:
    """Every edit of the expression of these kinds (None: all), each different result once.

    An edit inside a definition changes it wherever the expression uses it. Raises
    `UnknownNameError` for a kind that is not in `KINDS`.
    """
    chosen = tuple(KINDS if kinds is None else kinds)
    for kind in chosen:
        if kind not in KINDS:
            raise UnknownNameError("kind of edit", kind, KINDS)
    seen = {e}
    for kind in chosen:
        for text, edited in _everywhere(e, kind):
            if edited not in seen:
                seen.add(edited)
                yield Edit(kind, text, edited)


def _everywhere(e: Expr, kind: str) -> Iterator[tuple[str, Expr]]:
    yield from _here(e, kind)
    for d in definitions(e):
        for text, body in _here(d.body, kind):
            yield f"{text} in {d}", redefined(e, d, with_body(d, body))
    if kind in _THROUGHOUT:
        yield from _THROUGHOUT[kind](e)


def _here(e: Expr, kind: str) -> Iterator[tuple[str, Expr]]:
    """Edits outside of definitions."""
    for path, node in positions(e):
        for text, new in KINDS[kind](node):
            yield text, replaced(e, path, new)
