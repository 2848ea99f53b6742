"""Lemma 1 of 001 on the unit sphere: how far its bound holds there, and which bound is exact.

Two moves: by λ(rh' − h_j') itself, or by its part in the tangent plane; both are then normalised.
θ_ii' is π/20 to π/2, θ_ij' π/20 to π (Section 3.1 of the paper), and the printed root is real.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from random import Random

from sympy import Expr, Matrix, cos, lambdify, sin, sqrt

from verify.claims.model import Claim, Judgement
from verify.claims.p001.lemma_1_exact import EXACT, TEXT, exact_steps
from verify.claims.p001.lemma_1_proof import (
    ALPHA,
    BOUND,
    LAM,
    NAMES,
    NEGATIVE,
    POSITIVE,
    THETA,
    H,
    R,
    S,
    T,
    on_plane,
    told,
)
from verify.claims.steps import DERIVED, Fact, Step, corrected, decided
from verify.numbers import Number, mp

STEPS = (0.01, 0.1, 0.5, 1.0)  # λ at which violations are measured
_DRAWS = 150
_NEAR = mp.mpf(10) ** -12  # how far from the bound a violation is measured
_ROUNDING = mp.mpf(10) ** -30
_ROOT = sqrt(1 / LAM**2 - T**2 * sin(ALPHA) ** 2 / S**2)
UPPER = 1 / LAM + T * cos(ALPHA) / S + _ROOT
_push = R * POSITIVE - NEGATIVE
_radicand = lambdify(NAMES, 1 / LAM**2 - T**2 * sin(ALPHA) ** 2 / S**2, modules=mp)


@dataclass(frozen=True)
class Move:
    """moved: where the anchor is before it is normalised."""

    name: str
    moved: Matrix

    @cached_property
    def _cosine(self) -> Callable[..., Number]:
        x = self.moved
        function: Callable[..., Number] = lambdify(
            NAMES, x.dot(POSITIVE) / sqrt(x.dot(x)), modules=mp
        )
        return function

    def further(self, x: list[Number]) -> Number:
        """New distance to the positive less the old one, at (θ, φ, α, λ, r)."""
        before, after = (mp.sqrt(2 - 2 * c) for c in (mp.cos(x[0]), self._cosine(*x)))
        return after - before


VECTOR = Move("λ(rh'_i − h'_j)", H + LAM * _push)
TANGENT = Move("its part in the tangent plane", H + LAM * on_plane(_push))


def draws(seed: int, lam: float | None = None) -> list[list[Number]]:
    """Configurations at which the printed bound is real, at that λ or one of 0.01 to 3; r = 0."""
    random = Random(seed)
    found: list[list[Number]] = []
    while len(found) < _DRAWS:
        step = 10 ** random.uniform(-2, 0.5) if lam is None else lam
        angles = (random.uniform(0.158, 1.57), random.uniform(0.158, 3.14), random.uniform(0, 3.14))
        x = [mp.mpf(v) for v in (*angles, step, 0)]
        if _radicand(*x) > 0:
            found.append(x)
    return found


def largest(move: Move, low: Expr, seed: int, *, sufficient: bool) -> str:
    """By λ: how much further the anchor gets just within the condition r > low, or how much closer
    just outside of it, at the worst of the points drawn."""
    bound, sign = lambdify(NAMES, low, modules=mp), 1 if sufficient else -1
    said = []
    for lam in STEPS:
        at = list(_beside(draws(seed, lam), bound, sign * _NEAR))
        worst, x = max((sign * move.further(x), x) for x in at)
        share = sum(sign * move.further(x) > _ROUNDING for x in at) / len(at)
        said.append(f"λ={lam}: {mp.nstr(worst, 3)} at {told(x)}, {share:.0%} of the draws violate"
                    if worst > _ROUNDING else f"λ={lam}: none")  # fmt: skip
    kind = "further, though r > bound" if sufficient else "closer, though r < bound"
    return f"largest change of the distance ({kind}): {'; '.join(said)}"


def violation(
    move: Move, low: Expr, seed: int, *, sufficient: bool, high: Expr | None = None
) -> str | None:
    """One with r > low (and r < high) that gets further, or with r < low that gets closer."""
    bound, sign = lambdify(NAMES, low, modules=mp), 1 if sufficient else -1
    random = Random(seed)
    above = None if high is None else lambdify(NAMES, high, modules=mp)
    for start in draws(seed):
        gap = mp.mpf(10) ** random.uniform(-9, 1.5)
        for x in _beside([start], bound, sign * gap):
            change = move.further(x)
            if sign * change > _ROUNDING and (above is None or x[4] < above(*x)):
                side = (
                    f"bound {'<' if sufficient else '>'} r, by {mp.nstr(abs(x[4] - bound(*x)), 3)}"
                )
                return f"{told(x)}: {side}, and the distance changes by {mp.nstr(change, 4)}"
    return None


def _beside(
    points: list[list[Number]], bound: Callable[..., Number], gap: Number
) -> Iterator[list[Number]]:
    """The points with r that far above (below) the bound; a ratio is not negative, so r ≥ 0."""
    for x in points:
        r = bound(*x) + gap
        if gap > 0 or r > 0:
            yield [*x[:4], max(r, mp.zero)]


def on_the_sphere(
    seed: int, *, move: Move = VECTOR, sufficient: bool, bound: Expr = BOUND
) -> Judgement:
    """r > bound ⟹ closer (sufficient), or closer ⟹ r > bound, after this move."""
    found = decided(
        _steps(move, bound), lambda x: violation(move, bound, x, sufficient=sufficient), seed
    )
    tried = [(f"{DERIVED}{TEXT}", partial(_both, move, EXACT, seed))]
    if sufficient:
        tried.append(("bound < r < the bound with the sign of √ turned",
                      partial(_interval, move, seed)))  # fmt: skip
    found = corrected(found, tried, "the exact bound after the move by λ(rh'_i − h'_j), and the "
                      "interval that is exact on the tangent plane")  # fmt: skip
    said = largest(move, bound, seed, sufficient=sufficient)
    return replace(found, evidence=(*found.evidence, said))


def _both(move: Move, bound: Expr, seed: int) -> Judgement:
    def search(seed: int) -> str | None:
        either = (violation(move, bound, seed, sufficient=x) for x in (True, False))
        return next((x for x in either if x), None)

    return decided(_steps(move, bound), search, seed)


def _steps(move: Move, bound: Expr) -> list[Step | Fact]:
    if move is VECTOR:
        return list(exact_steps(bound))
    return [Fact("no bound is derived for this move", False)]


def _interval(move: Move, seed: int) -> Judgement:
    """Closer on the tangent plane, by the two bounds, is closer on the sphere."""
    # At (z, −k) on the plane: z² + k² < 2 z sin θ is "closer" there; (c + z s)/√(1 + z² + k²) is
    # the new cosine.
    z, k = LAM * (R * S - T * cos(ALPHA)), LAM * T * sin(ALPHA)
    u = z**2 + k**2
    x, p = move.moved, POSITIVE
    steps = [
        Step("‖x‖² = 1 + u for the moved anchor x, u = z² + k²", x.dot(x) - 1 - u),
        Step("⟨x, h'_i⟩ = cos θ_ii' + z sin θ_ii'", x.dot(p) - cos(THETA) - z * S),
        Step("between the bounds u < 2 z sin θ_ii', as u − 2 z sin θ_ii' is the quadratic in r "
             "whose roots they are", u - 2 * z * S - LAM**2 * S**2 * (R - BOUND) * (R - UPPER)),
        Step("cos θ √(1 + u) ≤ cos θ (1 + u/2) < cos θ + z sin θ then, as (1 + u/2)² − (1 + u) is "
             "a square", (1 + u / 2) ** 2 - (1 + u) - (u / 2) ** 2),
    ]  # fmt: skip
    return decided(steps, lambda x: violation(move, BOUND, x, sufficient=True, high=UPPER), seed)


def claims() -> list[Claim]:
    return [
        Claim(
            f"001-lemma-1-sphere-{'sufficiency' if sufficient else 'necessity'}{suffix}",
            "2402.18281",
            "Lemma 1",
            f"On the sphere, after a move by {move.name} and normalising, the anchor comes closer "
            f"{'if' if sufficient else 'only if'} r exceeds the printed bound.",
            "r > bound ⟹ closer" if sufficient else "closer ⟹ r > bound",
            partial(on_the_sphere, move=move, sufficient=sufficient),
        )
        for move, suffix in ((VECTOR, ""), (TANGENT, "-tangent-step"))
        for sufficient in (False, True)
    ]
