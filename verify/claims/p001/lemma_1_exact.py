"""The bound of Lemma 1 that is exact on the sphere, where the anchor moves by λ(rh' − h_j').

Before it is normalised, the moved anchor is y·h' + w: y = cos θ_ii' + λ(r − c), c = ⟨h', h_j'⟩, and
w, across h', does not hold r. Its cosine to the positive, y/√(y² + |w|²), grows with y, and is
cos θ_ii' at y = |w| cot θ_ii'. So there is one bound, for every λ > 0 and all angles:

    r > c − cos θ_ii'/λ + cot θ_ii' |w|/λ.
"""

from sympy import Expr, cos, diff, sin, sqrt, symbols

from verify.claims.p001.lemma_1_proof import LAM, NEGATIVE, POSITIVE, THETA, H, R
from verify.claims.steps import Step

TEXT = (
    "r > c − cos θ_ii'/λ + (cot θ_ii'/λ)·‖(h_i − cos θ_ii' h'_i) − λ(h'_j − c h'_i)‖, "
    "c = ⟨h'_i, h'_j⟩"
)
_C = POSITIVE.dot(NEGATIVE)
_W = (H - cos(THETA) * POSITIVE) - LAM * (NEGATIVE - _C * POSITIVE)
_COT = cos(THETA) / sin(THETA)
EXACT = _C - cos(THETA) / LAM + _COT * sqrt(_W.dot(_W)) / LAM


def exact_steps(low: Expr) -> list[Step]:
    """That the moved anchor is closer ⟺ r > low."""
    moved = H + LAM * (R * POSITIVE - NEGATIVE)
    along, across = moved.dot(POSITIVE), _W.dot(_W)
    y, w = symbols("y w", positive=True)
    cosine = y / sqrt(y**2 + w**2)
    there = (w * _COT) ** 2
    return [
        Step("‖x‖² = y² + |w|² for the moved anchor x", moved.dot(moved) - along**2 - across),
        Step("w does not hold r", diff(across, R)),
        Step("y grows with r: its slope is λ > 0", diff(along, R) - LAM),
        Step("the cosine y/√(y² + |w|²) grows with y: its slope is |w|²/(y² + |w|²)^{3/2}",
             diff(cosine, y) - w**2 / sqrt(y**2 + w**2) ** 3),
        Step("its square is cos²θ_ii' at y = |w| cot θ_ii', and y has the sign of cos θ_ii' there",
             there / (there + w**2) - cos(THETA) ** 2),
        Step("y = |w| cot θ_ii' where r is the bound", along.subs(R, low) - _COT * sqrt(across)),
    ]  # fmt: skip
