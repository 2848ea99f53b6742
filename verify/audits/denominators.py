"""Who is in a denominator, as choices: the positive, the sample itself, which views and directions.

A partition is a sum of exponentials over samples; a rule takes one node of a formula, and gives it
back as it is where it has no such choice.
"""

from collections.abc import Callable

from sympy import Add, Expr, Mul

from derive.nodes import Distinct, Exp, IndexSum, Inner

Rule = Callable[[Expr], Expr]


def _is_partition(e: Expr) -> bool:
    return isinstance(e, IndexSum) and bool(e.args[0].atoms(Exp))


def without_positive(e: Expr) -> Expr:
    if isinstance(e, Add) and any(map(_is_partition, e.args)):
        kept = [x for x in e.args if not isinstance(x, Exp)]
        return Add(*kept)
    return e


def positive_twice(e: Expr) -> Expr:
    if isinstance(e, Add) and any(map(_is_partition, e.args)):
        return Add(e, *(x for x in e.args if isinstance(x, Exp)))
    return e


def own(same: bool) -> Rule:
    """The sample's own product in the sums over one of the pools."""

    def rule(e: Expr) -> Expr:
        if _is_partition(e) and _same_view(e.args[0]) is same:
            body, k = e.args
            kept = [x for x in Mul.make_args(body) if not isinstance(x, Distinct)]
            return IndexSum(Mul(*kept), k)
        return e

    return rule


def zero_for_masked(same: bool) -> Rule:
    """A logit of 0 where the sample's own product is left out: e⁰ = 1 stays in the sum."""

    def rule(e: Expr) -> Expr:
        masked = _is_partition(e) and e.args[0].atoms(Distinct)
        return e + 1 if masked and _same_view(e.args[0]) is same else e

    return rule


def _same_view(body: Expr) -> bool | None:
    """Whether a body pairs samples of one view; None where it pairs none, or both ways."""
    found = {x.args[0] == x.args[2] for x in body.atoms(Inner) if x.args[1] != x.args[3]}
    return found.pop() if len(found) == 1 else None


def both_pools(e: Expr) -> Expr:
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


def both_directions(e: Expr) -> Expr:
    if not _is_partition(e) or _same_view(e.args[0]) is not False:
        return e
    body, k = e.args
    turned = {
        x: Inner(x.args[0], x.args[3], x.args[2], x.args[1])
        for x in body.atoms(Inner)
        if x.args[1] != x.args[3]
    }
    return e + IndexSum(body.xreplace(turned), k)


def one_pool(same: bool) -> Rule:
    def rule(e: Expr) -> Expr:
        pools = {x: _same_view(x.args[0]) for x in e.args if _is_partition(x)}
        if isinstance(e, Add) and set(pools.values()) == {True, False}:
            return Add(*(x for x in e.args if pools.get(x) is not (not same)))
        return e

    return rule
