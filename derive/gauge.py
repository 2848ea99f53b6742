"""The gauge of the canonical split: the push that is left without the positive.

    V_ij = lim a_ij as the positive's score → −∞

The positive is taken out of every sum over all samples first, and its cosine written by its
score, so that the limit sees it; named intermediates of the anchor that hold it are written out.
"""

from collections.abc import Callable, Iterable, Mapping

from sympy import Add, Expr, Mul, S

from derive.canonical import for_print
from derive.coefficients import Coefficients
from derive.identity import plainly_zero
from derive.limits import NoLimitError, limit_of_score
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Distinct,
    IndexSum,
    Inner,
    Named,
    SampleIndex,
    View,
)
from derive.notation import sum_samples
from derive.objective import Objective, positive_scores
from derive.simplify import simplified


def exposed(coefficients: Coefficients) -> Mapping[View, Expr]:
    """The pushes with the positive taken out of sums over all samples, and its score by name:
    Σ_k f(k) = Σ_{k≠i} f(k) + f(i), so that the limit sees it."""
    scores = positive_scores(coefficients.formula)
    if not scores:
        return coefficients.push
    score = scores.pop()(ANCHOR)
    own = _own_cosine(coefficients.objective)
    names = _cosine_by_score(score, own)
    return {
        view: simplified(for_print(_split_off(push, score, own)).xreplace(names))
        for view, push in coefficients.push.items()
    }


def _own_names(push: Iterable[Expr], score: Named, own: Expr) -> dict[Expr, Expr]:
    """Named intermediates of the anchor that hold the positive's score, written out."""
    found = {x for a in push for x in a.atoms(Named) if x != score and ANCHOR in x.args}
    written = {x: _split_off(x.value, score, own) for x in found}
    names = _cosine_by_score(score, own)
    return {x: e.xreplace(names) for x, e in written.items() if e.has(score, own)}


def _own_cosine(objective: Objective) -> Expr:
    """c_ii'."""
    return Inner(objective.anchor, ANCHOR, objective.positive, ANCHOR)


def _cosine_by_score(score: Named, own: Expr) -> dict[Expr, Expr]:
    """c_ii' as a function of the score, where the score is a straight line of it."""
    value = for_print(score.value)
    at_zero = value.xreplace({own: S.Zero})
    slope = for_print(value - at_zero).xreplace({own: S.One})
    if slope == 0 or slope.has(own) or for_print(value - at_zero - slope * own) != 0:
        return {}
    return {own: (score - at_zero) / slope}


def _split_off(e: Expr, score: Named, own: Expr) -> Expr:
    """Σ_k f(k) as Σ_{k≠i} f(k) + f(i), inner sums first, wherever f(i) holds the score."""
    if isinstance(e, Named) or not e.has(IndexSum):
        return e
    e = e.func(*[_split_off(x, score, own) if isinstance(x, Expr) else x for x in e.args])
    if not isinstance(e, IndexSum):
        return e
    body, k = e.args
    guard = Distinct(k, ANCHOR)
    if not isinstance(k, SampleIndex) or guard in Mul.make_args(body):
        return e
    at_anchor = for_print(body.xreplace({k: ANCHOR}))
    return IndexSum(body * guard, k) + at_anchor if at_anchor.has(score, own) else e


def ungated_pushes(
    coefficients: Coefficients, push: Mapping[View, Expr]
) -> tuple[dict[View, Expr], str]:
    """V_ij per view; or nothing, and why there is no dissipation in this sense."""
    scores = positive_scores(coefficients.formula)
    if not push:
        return {}, "there are no negatives"
    if not scores:
        return {}, "no score of the positive gates the push"
    score = scores.pop()(ANCHOR)
    named = _own_names(push.values(), score, _own_cosine(coefficients.objective))
    try:
        ungated = {view: limit_of_score(a.xreplace(named), score) for view, a in push.items()}
    except NoLimitError as error:
        return {}, error.reason
    own = _own_cosine(coefficients.objective)
    if any(v.has(own) for v in ungated.values()):
        return {}, "the push depends on the positive outside its score"
    if plainly_zero(revealed(over_negatives(ungated))):
        return {}, "the ungated pushes sum to zero"
    return ungated, ""


def over_negatives(push: Mapping[View, Expr]) -> Expr:
    """Σ over the views and over j ≠ i."""

    def at(a: Expr) -> Callable[[Expr], Expr]:
        return lambda k: a.xreplace({NEGATIVE: k})

    return Add(*[sum_samples(at(a), other_than=ANCHOR) for a in push.values()])


def revealed(e: Expr) -> Expr:
    """The expression with the positive's score written out."""
    scores = {x: x.value for x in e.atoms(Named) if x.definition.score}
    return for_print(e.xreplace(scores)) if scores else e
