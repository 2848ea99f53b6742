"""InfoNCE at the ends of the temperature: the hardest negative's triplet, and the simple loss."""

from collections.abc import Callable

from sympy import Expr, Symbol, simplify

from derive.asymptotics.limit import limit
from derive.nodes import ANCHOR, Hinge, IndexSum, Log, N
from derive.notation import cosine, sum_samples
from verify.claims.model import Claim, Judgement
from verify.claims.p002.notation import HARDEST, LOSS, SPACE, TAU
from verify.claims.steps import Fact, Search, Step, decided
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, mp

SOURCE = "2012.09740"
C_II = cosine(ANCHOR, ANCHOR)
PUSHES = sum_samples(lambda k: cosine(ANCHOR, k), other_than=ANCHOR)
TRIPLET = Hinge(HARDEST - C_II)
_COLD, _WARM = mp.mpf(10) ** -4, mp.mpf(10) ** 12


def cold(seed: int, printed: Expr = TRIPLET) -> Judgement:
    """τ L_i → the printed loss as τ → 0, with no margin."""
    found = limit(LOSS, "tau", 0).leading
    assert found is not None
    power, coefficient = found.terms[0]
    steps = [
        Fact(f"L_i = coefficient·τ^{power} + r, r between {found.rest.low} and {found.rest.high} "
             "for every batch (N candidates)", power == -1 and found.rest.order == 0),
        Step("the coefficient is the printed loss", coefficient - printed),
    ]  # fmt: skip
    # The largest candidate is at most the log-sum-exp, which is at most log N above it.
    return decided(steps, _away(TAU * LOSS.formula(), printed, _COLD, lambda n: _COLD * mp.log(n)),
                   seed)  # fmt: skip


def warm(seed: int, share: Expr | None = None) -> Judgement:
    """L_i → −c_ii' + λ Σ c_ij', up to a constant and a positive factor, as τ → ∞. share: λ."""
    found = limit(LOSS, "tau", "oo").leading
    assert found is not None
    (_, constant), (power, linear) = found.terms
    (sum_,) = linear.atoms(IndexSum)  # the Step below checks that it is Σ_j c_ij'
    pull, push = (_coefficient(linear, x) for x in (C_II, sum_))
    lam = simplify(-push / pull) if share is None else share
    printed = -C_II + lam * PUSHES
    steps = [
        Fact("the constant holds no cosine, and the rest is O(1/τ²)",
             not constant.has(type(C_II)) and (power, found.rest.order) == (-1, -2)),
        Step(f"the term of 1/τ is (N − 1)/N·(−c_ii' + λ Σ_j c_ij') with λ = {lam}",
             linear - (N - 1) / N * printed),
    ]  # fmt: skip
    scaled = TAU * N / (N - 1) * (LOSS.formula() - Log(N))
    return decided(steps, _away(scaled, printed, _WARM, lambda n: 4 * n / _WARM), seed)


def _coefficient(e: Expr, x: Expr) -> Expr:
    """What x is multiplied by in e, which is linear in it."""
    mark = Symbol("_mark")
    return e.xreplace({x: mark}).expand().coeff(mark)


def _away(loss: Expr, printed: Expr, tau: Number, allowed: Callable[[int], Number]) -> Search:
    """A batch at which both differ, near the end, by more than the limit allows."""

    def search(seed: int) -> str | None:
        for drawn in SPACE.draws(seed):
            p = drawn.point
            exact = Evaluator(Point(p.h, p.h_prime, {"tau": tau}))
            left, right = (exact(e, {ANCHOR: 0}) for e in (loss, printed))
            if abs(left - right) > allowed(p.n):
                sides = f"{mp.nstr(left, 8)} against {mp.nstr(right, 8)}"
                return f"{sides} at τ={mp.nstr(tau, 3)}, N={p.n}, {drawn.text}, i=0"
        return None

    return search


def claims() -> list[Claim]:
    return [
        Claim("002-limit-hardest-triplet", SOURCE, "notes, contribution 2 (τ → 0)",
              "As τ → 0 the loss is a triplet loss on the hardest negative, over τ, no margin.",
              "lim τ L_i = max(0, max_{k≠i} c_ik − c_ii)", cold),
        Claim("002-limit-simple", SOURCE, "notes, contribution 4 (τ → ∞)",
              "As τ → ∞ the loss is the simple loss, up to a constant and a factor.",
              "L_i ≈ log N + (N − 1)/(Nτ)·(−c_ii + λ Σ_{k≠i} c_ik) for some λ", warm),
    ]  # fmt: skip
