"""Misprints that `verify.claims.slips` does not have: a subscript, a bracket, ≥ for <, a constant.

A subscript j where i is meant; a denominator outside of an exponential that belongs inside; a
gate the other way round; a constant summand that is another constant.
"""

from collections.abc import Callable, Iterator

from sympy import Add, Expr, Mul

from derive.canonical import for_proof
from derive.nodes import ANCHOR, NEGATIVE, Component, Exp, IndexSum, Inner, Node, Step
from derive.simplify import simplified
from verify.claims.slips import KINDS as SLIPS
from verify.claims.slips import slips
from verify.edits import Edit
from verify.edits.walk import positions, replaced
from verify.edits.words import instead

Rule = Callable[[Expr], Iterator[tuple[str, Expr]]]


def misprints(e: Expr, kinds: tuple[str, ...]) -> Iterator[Edit]:
    """Every edit of these kinds, of this module or of `verify.claims.slips`."""
    for kind in kinds:
        if kind not in KINDS:
            yield from slips(e, (), (kind,))
            continue
        for text, new in KINDS[kind](e):
            if new != e:
                yield Edit(kind, text, new)


def _subscript(e: Expr) -> Iterator[tuple[str, Expr]]:
    """c_ii' for c_ij', or h'_i for h'_j, at one place or at all."""
    found = [(p, x) for p, x in positions(e) if isinstance(x, Inner | Component)]
    for path, x in found:
        if NEGATIVE in x.args:
            new = x.xreplace({NEGATIVE: ANCHOR})
            yield instead(new, x), replaced(e, path, new)
    if any(NEGATIVE in x.args for _, x in found):
        yield "i for j throughout", e.xreplace({NEGATIVE: ANCHOR})


def _bracket(e: Expr) -> Iterator[tuple[str, Expr]]:
    """e^{x/τ} for e^x/τ, under a sum or not."""
    for path, x in positions(e):
        if isinstance(x, Mul | IndexSum):
            outer, total = (x, None) if isinstance(x, Mul) else (x.args[0], x.args[1])
            for factor, new in _moved_in(outer):
                whole = new if total is None else IndexSum(new, total)
                yield f"{factor} inside of the exponent", replaced(e, path, whole)


def _moved_in(e: Expr) -> Iterator[tuple[Expr, Expr]]:
    """A factor without nodes into the one exponential there is, also through one sum."""
    for x in Mul.make_args(e):
        held = x.args[0] if isinstance(x, IndexSum) else x
        inner = [y for y in Mul.make_args(held) if isinstance(y, Exp)]
        for factor in Mul.make_args(e):
            if len(inner) == 1 and factor is not x and not factor.has(Node):
                if factor.is_number or not factor.free_symbols:
                    continue
                new = x.xreplace({inner[0]: Exp(factor * inner[0].args[0])})
                yield factor, e / factor / x * new


def _comparison(e: Expr) -> Iterator[tuple[str, Expr]]:
    """x < m for x ≥ m."""
    for path, x in positions(e):
        for gate in x.args if isinstance(x, Add) else ():
            if isinstance(-gate, Step) and x == 1 + gate:
                yield instead(-gate, x), replaced(e, path, -gate)


KINDS: dict[str, Rule] = {
    "subscript": _subscript,
    "bracket": _bracket,
    "comparison": _comparison,
}
ALL = (*KINDS, *SLIPS)


def solved_constant(printed: Expr, derived: Expr) -> Edit | None:
    """The printed formula with the constant summand that makes it the derived one, if a constant
    is all that it lacks."""
    constants = [x for x in Add.make_args(printed) if not x.has(Node)]
    lacking = simplified(for_proof(derived - printed))
    if lacking == 0 or lacking.has(Node) or not (constants or isinstance(printed, Add)):
        return None
    old = Add(*constants)
    new = simplified(old + lacking)
    return Edit("constant, solved for", instead(new, old), printed - old + new)
