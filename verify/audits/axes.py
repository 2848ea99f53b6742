"""The axes on which definitions of one loss differ, each as a change of the whole formula.

`verify/edits.py` changes one place at a time, as slips do; these are choices, made everywhere at
once: who is in the denominator, which views the negatives come from, how they are reduced.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Expr, Pow, Rational

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
from verify.audits import divisors
from verify.audits.denominators import (
    Rule,
    both_directions,
    both_pools,
    one_pool,
    own,
    positive_twice,
    without_positive,
    zero_for_masked,
)


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
    yield from _apart(e)


def _apart(e: Expr) -> Iterator[Variant]:
    """With one of the two numbers changed that a loss of features divides by, where it has two."""
    products, squares = (rewritten(e, x) for x in (divisors.of_products, divisors.of_squares))
    if e not in (products, squares):
        first, second = divisors.words(e)
        yield Variant(first, products)
        yield Variant(second, squares)


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
    "the sum over j ≠ i: the positive is missing from the denominator": without_positive,
    "the sum over all j: the pair itself is counted among the negatives": own(same=False),
    "each sample's product with itself in the sum over its own view": own(same=True),
    "negatives of both views": both_pools,
    "both directions in one denominator": both_directions,
    "the positive counted twice in the denominator": positive_twice,
    "negatives of the other view alone": one_pool(same=False),
    "negatives of the same view alone": one_pool(same=True),
    "0 for −∞ as the masked logit of each sample with itself: e⁰ = 1 stays in the denominator": (
        zero_for_masked(same=True)
    ),
    "0 for −∞ as the masked logit of the pair: e⁰ = 1 stays in the denominator": (
        zero_for_masked(same=False)
    ),
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
