"""The axes on which definitions of one loss differ, each as a change of the whole formula.

`verify/edits.py` changes one place at a time, as slips do; these are choices, made everywhere at
once: who is in the denominator, which views the negatives come from, how they are reduced.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sympy import Add, Expr, Mul, Pow, Rational

from derive.nodes import (
    Definition,
    Distinct,
    Exp,
    Hardest,
    Hinge,
    IndexSum,
    Inner,
    Log,
    N,
    Named,
    Stop,
)

Rule = Callable[[Expr], Expr]


@dataclass(frozen=True)
class Variant:
    """text: what the definition has instead, as "… with <text>"; expr: the formula then."""

    text: str
    expr: Expr


def variants(e: Expr) -> Iterator[Variant]:
    """The formula with each choice made otherwise, where it has that choice."""
    for text, rule in AXES.items():
        changed = rewritten(e, rule)
        if changed != e:
            yield Variant(text, changed)


def rewritten(e: Expr, rule: Rule) -> Expr:
    """With the rule applied at every node, from the innermost, in definitions too."""
    if isinstance(e, Named):
        d = e.definition
        body = rewritten(d.body, rule)
        if body == d.body:
            return rule(e)
        again = Definition(d.name, d.dummies, body, opaque=d.opaque, view=d.view, score=d.score)
        return rule(Named(again, *e.args[1:]))
    args = [rewritten(x, rule) if isinstance(x, Expr) else x for x in e.args]
    return rule(e.func(*args) if args and args != list(e.args) else e)


def _is_partition(e: Expr) -> bool:
    return isinstance(e, IndexSum) and bool(e.args[0].atoms(Exp))


def _without_positive(e: Expr) -> Expr:
    if isinstance(e, Add) and any(map(_is_partition, e.args)):
        kept = [x for x in e.args if not isinstance(x, Exp)]
        return Add(*kept)
    return e


def _positive_twice(e: Expr) -> Expr:
    if isinstance(e, Add) and any(map(_is_partition, e.args)):
        return Add(e, *(x for x in e.args if isinstance(x, Exp)))
    return e


def _own(same: bool) -> Rule:
    """The sample's own product in the sums over one of the pools."""

    def rule(e: Expr) -> Expr:
        if _is_partition(e) and _same_view(e.args[0]) is same:
            body, k = e.args
            kept = [x for x in Mul.make_args(body) if not isinstance(x, Distinct)]
            return IndexSum(Mul(*kept), k)
        return e

    return rule


def _same_view(body: Expr) -> bool | None:
    """Whether a body pairs samples of one view; None where it pairs none, or both ways."""
    found = {x.args[0] == x.args[2] for x in body.atoms(Inner) if x.args[1] != x.args[3]}
    return found.pop() if len(found) == 1 else None


def _both_pools(e: Expr) -> Expr:
    if not _is_partition(e) or _same_view(e.args[0]) is not False:
        return e
    body, k = e.args
    own = {
        x: Inner(x.args[0], x.args[1], x.args[0], x.args[3])
        if x.args[3] == k
        else Inner(x.args[2], x.args[1], x.args[2], x.args[3])
        for x in body.atoms(Inner)
        if x.args[1] != x.args[3]
    }
    return e + IndexSum(body.xreplace(own), k)


def _both_directions(e: Expr) -> Expr:
    if not _is_partition(e) or _same_view(e.args[0]) is not False:
        return e
    body, k = e.args
    turned = {
        x: Inner(x.args[0], x.args[3], x.args[2], x.args[1])
        for x in body.atoms(Inner)
        if x.args[1] != x.args[3]
    }
    return e + IndexSum(body.xreplace(turned), k)


def _one_pool(same: bool) -> Rule:
    def rule(e: Expr) -> Expr:
        pools = {x: _same_view(x.args[0]) for x in e.args if _is_partition(x)}
        if isinstance(e, Add) and set(pools.values()) == {True, False}:
            return Add(*(x for x in e.args if pools.get(x) is not (not same)))
        return e

    return rule


def _mean_of_hinges(e: Expr) -> Expr:
    found = list(e.atoms(Hardest)) if isinstance(e, Hinge) else []
    if len(found) != 1:
        return e
    x, k, i = found[0].args
    return IndexSum(Distinct(k, i) * e.xreplace({found[0]: x}), k) / (N - 1)


def _mean_of_negatives(e: Expr) -> Expr:
    if isinstance(e, Hardest):
        x, k, i = e.args
        return IndexSum(Distinct(k, i) * x, k) / (N - 1)
    return e


def _soft(e: Expr) -> Expr:
    return Log(1 + Exp(e.args[0])) if isinstance(e, Hinge) else e


def _squared(e: Expr) -> Expr:
    return e.base if isinstance(e, Pow) and e.exp == Rational(1, 2) and e.atoms(Inner) else e


def _biased(e: Expr) -> Expr:
    return N if e == N - 1 else e


def _unbiased(e: Expr) -> Expr:
    return 1 / (N - 1) if e == 1 / N else e


def _unstopped(e: Expr) -> Expr:
    return e.args[0] if isinstance(e, Stop) else e


def _without_hinge(e: Expr) -> Expr:
    return e.args[0] if isinstance(e, Hinge) else e


def _without_logarithm(e: Expr) -> Expr:
    return e.args[0] if isinstance(e, Log) else e


AXES: dict[str, Rule] = {
    "the sum over j ≠ i: the positive is missing from the denominator": _without_positive,
    "the sum over all j: the pair itself is counted among the negatives": _own(same=False),
    "each sample's product with itself in the sum over its own view": _own(same=True),
    "negatives of both views": _both_pools,
    "both directions in one denominator": _both_directions,
    "the positive counted twice in the denominator": _positive_twice,
    "negatives of the other view alone": _one_pool(same=False),
    "negatives of the same view alone": _one_pool(same=True),
    "the mean of the hinges of all negatives, not the hardest alone": _mean_of_hinges,
    "the mean over all negatives, not the hardest": _mean_of_negatives,
    "log(1 + eˣ) for max(0, x)": _soft,
    "squared distances": _squared,
    "N for N − 1": _biased,
    "N − 1 for N": _unbiased,
    "no stop-gradient": _unstopped,
    "no hinge": _without_hinge,
    "no logarithm": _without_logarithm,
}
