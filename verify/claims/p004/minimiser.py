"""The min player of InfoNCE: α minimises E_α less τ times its entropy, on the simplex.

F(α) = Σ_j α_j g_j + τ Σ_j α_j log α_j with g_j = d_ij² − d_i². An α inside the simplex is a softmax
of scores that may be anything: here κ c_ij', which are independent of every d_ij².
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sympy import Expr, S, Symbol, log

from derive.nodes import ANCHOR, NEGATIVE, Exp, Log
from derive.notation import cosine, sum_samples
from derive.objectives import load
from derive.objectives._alpha import AlphaCL
from verify.claims.model import Claim, Judgement, Outcome
from verify.claims.p004.gradient import alpha
from verify.claims.p004.table import apart, closer
from verify.claims.points import Space
from verify.claims.steps import DERIVED, Step, decided, under, unequal

SOURCE = "2201.12680"
NO_OFFSET = "ε = 0: the positive is not among the candidates"
_loss = load("alpha_infonce")
assert isinstance(_loss, AlphaCL)
LOSS = _loss
TAU, EPS = (x.symbol for x in LOSS.hyper)
KAPPA = Symbol("kappa", real=True)
SLOT = Symbol("slot", positive=True)  # any weight of the slot, over ε


Weight = Callable[[Expr], Expr]


def gap(k: Expr) -> Expr:
    """g_k = d_ik² − d_i²."""
    return apart(k) - closer()


def _over(body: Weight) -> Expr:
    return sum_samples(body, other_than=ANCHOR)


@dataclass(frozen=True)
class Weights:
    """score: of a negative; offset: e^score of a slot beside the negatives (0: there is none)."""

    score: Weight
    offset: Expr

    @property
    def total(self) -> Expr:
        return self.offset + _over(lambda k: Exp(self.score(k)))

    def of(self, k: Expr) -> Expr:
        return Exp(self.score(k)) / self.total

    def logarithm(self, k: Expr) -> Expr:
        return self.score(k) - Log(self.total)


def best(offset: Expr) -> Weights:
    """α*: e^{−g_k/τ} over its sum, and over the offset."""
    return Weights(lambda k: -gap(k) / TAU, offset)


def value(x: Weights, spare: Expr) -> Expr:
    """F(α), and τ α_0 log(α_0/ε) where there is a slot; spare: log(offset/ε), the slot's score."""
    inside = _over(lambda k: x.of(k) * (gap(k) + TAU * x.logarithm(k)))
    return inside + TAU * x.offset / x.total * (spare - Log(x.total))


def excess(times: Expr | int = 1, *, slot: bool = False) -> Expr:
    """F(α) − F(α*) − τ KL(α‖α*), for every α inside the simplex. times: of the entropy in F that
    α* is taken for (1: of F's own). slot: with one for the positive, of prior weight ε."""
    a = Weights(lambda k: KAPPA * cosine(ANCHOR, k), EPS * SLOT if slot else S.Zero)
    b = best(EPS if slot else S.Zero)
    if times != 1:
        b = Weights(lambda k: -gap(k) / (times * TAU), b.offset)
    log_slot = Log(SLOT) if slot else S.Zero
    divergence = _over(lambda k: a.of(k) * (a.logarithm(k) - b.logarithm(k)))
    divergence += a.offset / a.total * (log_slot - Log(a.total) + Log(b.total))
    return value(a, log_slot) - value(b, S.Zero) - TAU * divergence


def _gibbs() -> list[Step]:
    """KL ≥ 0, and 0 only where both are equal."""
    t = Symbol("t", positive=True)
    convex = t * log(t) - t + 1  # KL = Σ α*_k convex(α_k/α*_k), as both add up to 1
    return [
        Step("t log t − t + 1 is 0 at t = 1", convex.subs(t, 1)),
        Step("its slope is 0 there", convex.diff(t).subs(t, 1)),
        Step("it is strictly convex: its second derivative is 1/t", convex.diff(t, 2) - 1 / t),
    ]


def minimises(seed: int, times: int = 1) -> Judgement:
    """α of InfoNCE is the minimiser. times: see `excess`."""

    def test(conditions: frozenset[str]) -> Judgement:
        none = NO_OFFSET in conditions
        own = alpha(LOSS, NEGATIVE)
        own = own.xreplace({EPS: S.Zero}) if none else own
        softmax = Weights(lambda k: -gap(k) / (times * TAU), S.Zero).of(NEGATIVE)
        steps = [
            Step("F(α) − F(α*) = τ KL(α‖α*) for every α of the simplex, α* = e^{−g/τ}/Σ e^{−g/τ}",
                 excess(times)),
            *_gibbs(),
            Step("φ'(ξ) ψ'(d_i² − d_ij²) is α*", own - softmax),
        ]  # fmt: skip
        return decided(steps, unequal(own, softmax, Space(LOSS.hyper)), seed)

    found = under((NO_OFFSET,), test)
    if found.outcome is not Outcome.CONDITIONAL:
        return found
    with_slot = decided(
        [
            Step("F(α) + τ α_0 log(α_0/ε) exceeds its value at α* by τ KL", excess(slot=True)),
            Step("φ'(ξ) ψ'(d_i² − d_ij²) is α*", alpha(LOSS, NEGATIVE) - best(EPS).of(NEGATIVE)),
        ],
        unequal(alpha(LOSS, NEGATIVE), best(EPS).of(NEGATIVE), Space(LOSS.hyper)),
        seed,
    )
    if with_slot.outcome is not Outcome.EXACT:
        return found
    return replace(
        found,
        correction=f"{DERIVED}for ε > 0: the minimiser of E_α + τ Σ_j α_j log α_j + "
        "τ α_0 log(α_0/ε), α_0 = 1 − Σ_j α_j ≥ 0",
        evidence=(*found.evidence, *with_slot.evidence[:1]),
    )


def claims() -> list[Claim]:
    return [
        Claim("004-minimiser-infonce", SOURCE, "abstract (the min player)",
              "The α of InfoNCE is the entropy-regularised minimiser of E_α on the simplex.",
              "α = argmin Σ_j α_ij (d_ij² − d_i²) − τ H(α_i), Σ_j α_ij = 1", minimises),
    ]  # fmt: skip
