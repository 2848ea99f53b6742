"""The proof of Lemma 1 in Appendix C of 001, line by line.

In the coordinates h = (1, 0, 0), h' = (cos θ, sin θ, 0), h_j' = (cos φ, sin φ cos α, sin φ sin α);
the tangent plane at h is spanned by the last two. Angles lie between 0 and π.
"""

from collections.abc import Callable
from functools import partial
from random import Random

from sympy import Expr, Matrix, cos, expand, lambdify, sin, sqrt, symbols

from verify.claims.model import Claim, Judgement
from verify.claims.steps import DERIVED, Step, corrected, decided
from verify.numbers import Number, mp

THETA, PHI, ALPHA, LAM, R = NAMES = symbols("theta phi alpha lambda r", positive=True)
H = Matrix([1, 0, 0])
POSITIVE = Matrix([cos(THETA), sin(THETA), 0])
NEGATIVE = Matrix([cos(PHI), sin(PHI) * cos(ALPHA), sin(PHI) * sin(ALPHA)])
S, T = sin(THETA), sin(PHI)
INNER = sqrt(S**2 - LAM**2 * T**2 * sin(ALPHA) ** 2)  # the root of x₁ and x₂
X_1 = -LAM * T * cos(ALPHA) + INNER
X_2 = LAM * T * cos(ALPHA) - INNER
BOUND = 1 / LAM + T * cos(ALPHA) / S - sqrt(1 / LAM**2 - T**2 * sin(ALPHA) ** 2 / S**2)
TOLERANCE = mp.mpf(10) ** -40


def on_plane(v: Matrix) -> Matrix:
    """The orthogonal projection onto the tangent plane at h."""
    return v - v.dot(H) * H


def at_random(zero: Expr, seed: int) -> str | None:
    """A point with 50 digits at which an expression does not vanish (λ² sin²φ sin²α < sin²θ)."""
    value = lambdify(NAMES, zero, modules=mp)
    random = Random(seed)
    for _ in range(40):
        x = point(random)
        if x[3] * mp.sin(x[1]) * mp.sin(x[2]) < mp.sin(x[0]) and abs(value(*x)) > TOLERANCE:
            return f"{told(x)}: off by {mp.nstr(value(*x), 6)}"
    return None


def point(random: Random) -> list[Number]:
    """θ, φ, α, λ, r."""
    angles = [random.uniform(0.16, 1.57), random.uniform(0.16, 3.1), random.uniform(0.01, 3.1)]
    return [mp.mpf(x) for x in (*angles, random.uniform(0.05, 2), random.uniform(-1, 4))]


def told(x: list[Number]) -> str:
    return ", ".join(f"{name}={mp.nstr(v, 6)}" for name, v in zip("θφαλr", x, strict=True))


def identity(text: str, zeros: dict[str, Expr]) -> Callable[[int], Judgement]:
    """That all of them vanish."""

    def test(seed: int) -> Judgement:
        steps = [Step(name, zero) for name, zero in zeros.items()]
        found = (at_random(zero, seed) for zero in zeros.values())
        return decided(steps, lambda seed: next((x for x in found if x), None), seed)

    return test


def boundary(x: Expr, *, situation: int) -> Expr:
    """|b|² − sin²θ, for b on the line from c = −λ h_j' by a length x along −h' (1) or h' (2)."""
    along = on_plane(POSITIVE) / S
    b = -LAM * on_plane(NEGATIVE) + (x if situation == 2 else -x) * along
    return expand(b.dot(b) - S**2)


def rhombus(x: Expr, *, situation: int) -> Expr:
    """The same of h^n_i itself at the r that goes with x: |h^n_i − h'_i|² − sin²θ."""
    r = (S - x) / (LAM * S) if situation == 1 else (S + x) / (LAM * S)
    end = LAM * (r * on_plane(POSITIVE) - on_plane(NEGATIVE)) - on_plane(POSITIVE)
    return expand(end.dot(end) - S**2)


def moved_then_projected(seed: int) -> Judgement:
    """Does h + λv, normalised, equal h + λv_T, normalised, for v = rh' − h_j'?"""
    v = R * POSITIVE - NEGATIVE
    whole, tangent = H + LAM * v, on_plane(v)
    false = _same_direction(whole, H + LAM * tangent, seed)
    shorter = LAM / (1 + LAM * v.dot(H))
    tried = [
        (f"{DERIVED}h_i + λ/(1 + λ⟨v, h_i⟩) v_T, where v = rh'_i − h'_j and 1 + λ⟨v, h_i⟩ > 0",
         partial(_same_direction, whole, H + shorter * tangent, seed)),
    ]  # fmt: skip
    return corrected(false, tried, "steps of another length")


def _same_direction(a: Matrix, b: Matrix, seed: int) -> Judgement:
    """Two vectors are parallel: their cross product vanishes."""
    zeros = list(a.cross(b))
    steps = [Step(f"component {k} of the cross product is 0", x) for k, x in enumerate(zeros, 1)]
    found = (at_random(x, seed) for x in zeros)
    return decided(steps, lambda seed: next((x for x in found if x), None), seed)


def claims() -> list[Claim]:
    plane_p, plane_n = on_plane(POSITIVE), on_plane(NEGATIVE)
    lengths = {
        "|h_i h'_i| = sin θ_ii'": plane_p.dot(plane_p) - S**2,
        "|h_i h'_j| = sin θ_ij'": plane_n.dot(plane_n) - T**2,
        "the angle between them is α": plane_p.dot(plane_n) - S * T * cos(ALPHA),
    }
    step = on_plane(LAM * (R * POSITIVE - NEGATIVE)) - (LAM * R * plane_p - LAM * plane_n)
    moves = {f"component {k} of the difference is 0": x for k, x in enumerate(step, 1)}
    thrice = {
        "(sin θ − x₁)/(λ sin θ) = (sin θ + x₂)/(λ sin θ)": X_1 + X_2,
        "(sin θ − x₁)/(λ sin θ) = the bound": (S - X_1) / (LAM * S) - _over_s(BOUND),
    }
    return [
        _claim("projection", "the anchor's tangent plane",
               "Projected, the two lines have the lengths sin θ_ii', sin θ_ij' and the angle α.",
               "h_ih'_i = sin θ_ii', h_ih'_j = sin θ_ij', ∠ = α", identity("lengths", lengths)),
        _claim("move", "the optimisation direction",
               "Projected, the move is λr along h'_i after −λ along h'_j.",
               "P(λ(rh'_i − h'_j)) = λr P h'_i − λ P h'_j", identity("move", moves)),
        _claim("on-the-sphere", "the simplification",
               "A move on the sphere is one on the tangent plane, projected back.",
               "(h_i + λv)/‖·‖ = (h_i + λv_T)/‖·‖", moved_then_projected),
        _claim("x-1", "Situation 1", "The length bc, where the distance stays the same.",
               "x₁ = −λ sin θ_ij' cos α + √(sin²θ_ii' − λ² sin²θ_ij' sin²α)",
               identity("x₁", {"b is at the distance sin θ_ii'": boundary(X_1, situation=1),
                               "so is h^n_i from h'_i": rhombus(X_1, situation=1)})),
        _claim("x-2", "Situation 2", "The length bc, where the distance stays the same.",
               "x₂ = λ sin θ_ij' cos α − √(sin²θ_ii' − λ² sin²θ_ij' sin²α)",
               identity("x₂", {"b is at the distance sin θ_ii'": boundary(X_2, situation=2),
                               "so is h^n_i from h'_i": rhombus(X_2, situation=2)})),
        _claim("r", "the last equation", "The two situations give one r, the bound.",
               "r = (sin θ_ii' − x₁)/(λ sin θ_ii') = (sin θ_ii' + x₂)/(λ sin θ_ii') = bound",
               identity("r", thrice)),
    ]  # fmt: skip


def _over_s(bound: Expr) -> Expr:
    """The root of the bound over λ sin θ, which is positive."""
    root = sqrt(1 / LAM**2 - T**2 * sin(ALPHA) ** 2 / S**2)
    return bound.subs(root, INNER / (LAM * S))


def _claim(
    name: str, where: str, statement: str, formula: str, test: Callable[[int], Judgement]
) -> Claim:
    return Claim(
        f"001-lemma-1-app-c-{name}", "2402.18281", f"App. C, {where}", statement, formula, test
    )
