"""A fixed point of the max player with two layers and a ReLU whose first layer has rank 2.

Two samples x_1 = (1, 0), x_2 = (−1/2, √3/2), each its own positive; α_12 = α_21 = 1. With
h = W_2 max(0, W_1 x) the max player's value is ‖h_1 − h_2‖². At W_1 = (x_1; x_2)/√2 and
W_2 = (1, −1)/√2 each hidden unit sees one sample alone, and no pre-activation is 0.
"""

from collections.abc import Sequence

from sympy import Expr, Matrix, Rational, diff, sqrt

from verify.claims.model import Claim, Judgement
from verify.claims.p004.linear import entries, norm2
from verify.claims.steps import Fact, Step, decided

SOURCE = "2201.12680"
X = (Matrix([1, 0]), Matrix([-Rational(1, 2), sqrt(3) / 2]))
POINT = (
    Matrix([X[0].T, X[1].T]) / sqrt(2),
    Matrix([[1, -1]]) / sqrt(2),
)


def difference(w_1: Matrix, w_2: Matrix, active: Sequence[Sequence[bool]]) -> Matrix:
    """h_1 − h_2 where unit k is active on sample n iff active[n][k]."""
    h = [
        w_2 * Matrix([y if on else 0 for y, on in zip(w_1 * x, gates, strict=True)])
        for x, gates in zip(X, active, strict=True)
    ]
    return h[0] - h[1]


def higher_rank(seed: int, point: tuple[Matrix, Matrix] = POINT) -> Judgement:
    """It is a fixed point: the gradient by each layer is a multiple of the layer."""
    w_1, w_2 = entries("v", 2, 2), entries("w", 1, 2)
    active = [[bool(y > 0) for y in point[0] * x] for x in X]
    gain = norm2(difference(w_1, w_2, active))
    at = dict(zip([*w_1, *w_2], [*point[0], *point[1]], strict=True))
    steps: list[Step | Fact] = [
        Fact("no pre-activation is 0, so the ReLU is linear around the point",
             all(y != 0 for x in X for y in point[0] * x)),
        Step("‖W_1‖ = 1", norm2(point[0]) - 1),
        Step("‖W_2‖ = 1", norm2(point[1]) - 1),
        *_stationary("W_1", gain, w_1, at),
        *_stationary("W_2", gain, w_2, at),
        Fact("W_1 has rank 2", point[0].rank() == 2),
    ]  # fmt: skip
    return decided(steps, None, seed)


def _stationary(name: str, gain: Expr, layer: Matrix, at: dict[Expr, Expr]) -> list[Step]:
    """The gradient less its part along the layer: every entry is 0."""
    slope = Matrix([diff(gain, x) for x in layer]).subs(at)
    own = Matrix(list(layer)).subs(at)
    rest = slope - slope.dot(own) * own
    return [Step(f"entry {k} of the gradient by {name} along its sphere is 0", e)
            for k, e in enumerate(rest)]  # fmt: skip


def claims() -> list[Claim]:
    return [
        Claim("004-relu-higher-rank", SOURCE, "abstract (two-layer ReLU networks)",
              "Fixed points of the max player with a two-layer ReLU network can have higher "
              "ranks: one is shown, and no search could refute it.",
              "∇ along ‖W_l‖_F = 1 is 0 and rank W_1 > 1", higher_rank),
    ]  # fmt: skip
