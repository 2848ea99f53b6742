"""Paper 003, Appendix E (Eq. 47-51): bounds of the loss with mixed negatives, and their conditions.

Of Eq. 49 to 51 our copy of the text has the words and pieces of the formulas; what is claimed here
is what the words say, with the margins τ log(N+M) and τ/(1−λ) log(N+M) that they name.
"""

from collections.abc import Callable
from dataclasses import replace

from sympy import Expr, Integer, Rational

from derive.hyper import Domain, Hyper
from derive.nodes import (
    H_PRIME,
    Component,
    ExtraIndex,
    H,
    Hardest,
    Hinge,
    Log,
    M,
    N,
    SampleIndex,
    View,
)
from derive.notation import cosine, given, sum_extras, sum_features
from derive.objectives import load
from derive.simplify import simplified
from verify.claims.equalities import Equation
from verify.claims.inequalities import Inequality
from verify.claims.model import Claim, Judgement, Test
from verify.claims.p003.bounds import LOG_2, n_negatives
from verify.claims.p003.norms import OWN
from verify.claims.p003.notation import (
    POSITIVE,
    TAU,
    I,
    claim,
    exp_over_tau,
    largest,
    partition,
    symbols_of,
    unit_space,
)
from verify.claims.read_equations import ReadEquation
from verify.claims.readings import opened
from verify.claims.steps import under
from verify.numbers import Point, mp

LAMBDA = symbols_of("mixup_infonce")["lam"]
_EXTRA = ExtraIndex("e")
_SHARE = Domain(Integer(0), Integer(1), high_open=False)
_REST = Hyper("rest", "(1−λ)", r"(1-\lambda)", Rational(4, 5), _SHARE, "share of the negative")
_HARD, _RANDOM = "mixup_infonce", "mixup_infonce_positive"
FIRST = "the largest of the N + M terms is among the first N"
LAST = "the largest of the N + M terms is among the last M"


def mixed_hard(e: Expr) -> Expr:
    """ĥ_i^T (λ ĥ'_m + (1−λ) ĥ'_n), Eq. 47."""
    return _product(given("first", I, e), given("second", I, e))


def mixed_random(e: Expr) -> Expr:
    """ĥ_i^T (λ ĥ'_i + (1−λ) ĥ'_k), Eq. 48."""
    return _product(I, given("other", I, e))


def _product(m: Expr, n: Expr) -> Expr:
    return LAMBDA * cosine(I, m) + (1 - LAMBDA) * cosine(I, n)


def _as_vectors(m: Callable[[Expr], Expr], n: Callable[[Expr], Expr]) -> Expr:
    """The loss with the mixture as a vector, feature by feature."""

    def mixture(e: Expr) -> Expr:
        def summand(a: Expr) -> Expr:
            left, right = (Component(H_PRIME, x(e), a) for x in (m, n))
            return Component(H, I, a) * (LAMBDA * left + (1 - LAMBDA) * right)

        return exp_over_tau(sum_features(summand))

    return -POSITIVE / TAU + Log(OWN + partition() + sum_extras(mixture))


def _terms(mixed: Callable[[Expr], Expr]) -> Expr:
    """Σ of the N + M terms in the logarithm."""
    return partition() + sum_extras(lambda e: exp_over_tau(mixed(e)))


def _bound(most: Expr) -> Expr:
    """log 2 + max(−c_ii'/τ + most/τ + log(N+M), 0)."""
    return LOG_2 + Hinge(-POSITIVE / TAU + most / TAU + Log(N + M))


def _hardest() -> Expr:
    return largest(lambda k: cosine(I, k))


def _hardest_mixed() -> Expr:
    """Over every negative that may be mixed in."""
    return largest(lambda k: LAMBDA * POSITIVE + (1 - LAMBDA) * cosine(I, k))


def _among_last(point: Point, i: int) -> bool:
    """Whether a mixed negative of anchor i is at least as near as every other negative."""
    cosines = [mp.fdot(point.h[i], row) for row in point.h_prime]
    share = point.values["lam"]
    mixed = [share * cosines[i] + (1 - share) * cosines[k] for k in point.inputs["other"][i]]
    return bool(max(mixed) >= max(c for k, c in enumerate(cosines) if k != i))


def _if(bound: Expr, condition: str, reading: Callable[[Expr], Expr]) -> Test:
    """L_mix of Eq. 48 ≤ a bound: always, else under the condition."""
    loss, space = load(_RANDOM).formula(), unit_space(_RANDOM)
    bare = Inequality(loss, bound, space, reading=reading, mending=())
    last = condition == LAST
    inside = replace(space, accepts=lambda p: all(_among_last(p, i) == last for i in range(p.n)))

    def known(e: Expr, maximum: Hardest) -> Expr | None:
        """Terms of the other kind than the maximum is of do not exceed it."""
        others = [cosine(I, k) for k in e.atoms(SampleIndex) if k != I]
        kinds = others if last else [mixed_random(k) for k in e.atoms(ExtraIndex)]
        ratios = [simplified(e / x) for x in kinds]
        return next((x for x in ratios if not x.has(View)), None)

    def test(held: frozenset[str], seed: int) -> Judgement:
        return (replace(bare, space=inside, known=known) if held else bare)(seed)

    return lambda seed: under((condition,), lambda held: test(held, seed))


def claims() -> list[Claim]:
    """Both kinds of mixed negatives, the first relaxation, and each condition."""
    return [*_of_definitions(), *_of_first_way(), *_of_second_way()]


def _of_definitions() -> list[Claim]:
    first = _as_vectors(lambda e: given("first", I, e), lambda e: given("second", I, e))
    second = _as_vectors(lambda e: I, lambda e: given("other", I, e))
    return [
        claim("eq-47", "Eq. 47", "L_cl with M negatives mixed from two others is the catalogue's "
              "mixup_infonce", "h̃'_k = λ ĥ'_m + (1−λ) ĥ'_n, m ≠ i, n ≠ i",
              Equation(load(_HARD).formula(), first, unit_space(_HARD))),
        claim("eq-48", "Eq. 48", "L_cl with M negatives mixed from the positive and another is the "
              "catalogue's mixup_infonce_positive", "h̃'_k = λ ĥ'_i + (1−λ) ĥ'_k, k ≠ i",
              Equation(load(_RANDOM).formula(), second, unit_space(_RANDOM))),
    ]  # fmt: skip


def _of_first_way() -> list[Claim]:
    loss, space = load(_HARD).formula(), unit_space(_HARD)
    first = LOG_2 + Hinge(-POSITIVE / TAU + Log(_terms(mixed_hard)))
    text = "L_mix ≤ log 2 + max(−ĥ_i^T ĥ'_i/τ + max_{j≠i} ĥ_i^T ĥ'_j/τ + log(N+M), 0)"
    return [
        claim("eq-49", "Eq. 49", "the first relaxation of L_mix, as that of L_cl",
              "L_mix ≤ log 2 + max(−ĥ_i^T ĥ'_i/τ + log(Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ} + Σ_{k=1}^M "
              "e^{ĥ_i^T h̃'_k/τ}), 0)", Inequality(loss, first, space)),
        claim("eq-50-premise", "App. E, Condition 1", "a negative mixed by Eq. 47 is never nearer "
              "than the nearest of the N others",
              "max over the N + M terms is taken in the first N terms",
              Inequality(mixed_hard(_EXTRA), _hardest(), space)),
        claim("eq-50", "Eq. 50, Condition 1", "with negatives by Eq. 47, N samples", text,
              Inequality(loss, _bound(_hardest()), space)),
        claim("eq-50-negatives", "Eq. 50, Condition 1", "the same, with N negatives", text,
              Inequality(loss, _bound(_hardest()), space, reading=n_negatives)),
    ]  # fmt: skip


def _of_second_way() -> list[Claim]:
    inside = Hinge(-POSITIVE + _hardest() + TAU / _REST.symbol * Log(N + M))
    by_margin = LOG_2 + _REST.symbol / TAU * inside
    of_mixed = _bound(_hardest_mixed())
    first = "L_mix ≤ log 2 + max(−ĥ_i^T ĥ'_i/τ + max_{j≠i} ĥ_i^T ĥ'_j/τ + log(N+M), 0)"
    second = "L_mix ≤ log 2 + max(−ĥ_i^T ĥ'_i/τ + max_k ĥ_i^T h̃'_k/τ + log(N+M), 0)"
    space = unit_space(_RANDOM)
    by_rest = replace(space, hyper=(*space.hyper[:1], _REST))
    of_rest = of_mixed.xreplace({LAMBDA: 1 - _REST.symbol})
    return [
        claim("eq-50-second", "Eq. 50, Condition 2.1", "with negatives by Eq. 48, where the "
              "nearest of the N + M is among the first N", first,
              _if(_bound(_hardest()), FIRST, lambda e: e)),
        claim("eq-51", "Eq. 51, Condition 2.2", "with negatives by Eq. 48, where the nearest of "
              "the N + M is among the last M", second, _if(of_mixed, LAST, lambda e: e)),
        claim("eq-51-margin", "Eq. 51, last line", "that bound by the margin τ/(1−λ) log(N+M)",
              "… = log 2 + ((1−λ)/τ) max(−ĥ_i^T ĥ'_i + max_{k≠i} ĥ_i^T ĥ'_k + τ/(1−λ) log(N+M), 0)",
              ReadEquation(opened(of_rest), by_margin, by_rest, opened)),
    ]  # fmt: skip
