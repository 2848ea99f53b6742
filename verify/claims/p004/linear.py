"""The max player with a deep linear network: max of tr(W C Wᵀ), W = W_L ⋯ W_1, ‖W_l‖_F = 1.

In the basis of C's eigenvectors C is diagonal and the norms stay, so Λ = diag(λ_1 ≥ λ_2 ≥ …) does.
The identities are polynomial, of full matrices of symbols (three inputs).
"""

from itertools import combinations

from sympy import Expr, Matrix, diag, eye, sqrt, symbols

from verify.claims.model import Claim, Judgement
from verify.claims.steps import Fact, Search, Step, decided, under

SOURCE = "2201.12680"
POSITIVE = "λ_max(C_α) > 0"
NOT_NEGATIVE = "λ_max(C_α) ≥ 0"
SIMPLE = "λ_max(C_α) is simple"
EIGENVALUES = symbols("lambda1:4", real=True)
_LAMBDA = diag(*EIGENVALUES)


def entries(name: str, rows: int, columns: int) -> Matrix:
    return Matrix(rows, columns, symbols(f"{name}:{rows * columns}", real=True))


def norm2(m: Matrix) -> Expr:
    """‖m‖_F²."""
    return sum(x**2 for x in m)


def value(w: Matrix, c: Matrix) -> Expr:
    """tr(w c wᵀ)."""
    return (w * c * w.T).trace()


def of_one_layer(times: int = 1) -> Expr:
    """λ_1 ‖W‖² − tr(W Λ Wᵀ) − Σ_k (λ_1 − λ_k) ‖W e_k‖². times: another factor of λ_1 ‖W‖²."""
    w = entries("w", 2, 3)
    top = EIGENVALUES[0]
    losses = sum((top - x) * norm2(w[:, k]) for k, x in enumerate(EIGENVALUES))
    return (times * top * norm2(w) - value(w, _LAMBDA) - losses).expand()


def of_products() -> Expr:
    """‖A‖²‖B‖² − ‖AB‖² as the squares of Lagrange's identity, entry by entry: 0."""
    a, b = entries("a", 2, 3), entries("b", 3, 2)
    squares = sum(
        (a[i, k] * b[m, j] - a[i, m] * b[k, j]) ** 2
        for i in range(2)
        for j in range(2)
        for k, m in combinations(range(3), 2)
    )
    return (norm2(a) * norm2(b) - norm2(a * b) - squares).expand()


def at_the_top() -> Expr:
    """tr(W Λ Wᵀ) − λ_1 at W_2 W_1 = (v u)(uᵀ e_1ᵀ) with unit vectors u, v: all layers of norm 1."""
    u, v = (
        Matrix([(1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)]) for t in symbols("s t", real=True)
    )
    w = (v * u.T) * (u * Matrix([[1, 0, 0]]))
    return value(w, _LAMBDA) - EIGENVALUES[0]


def maximum(seed: int, times: int = 1) -> Judgement:
    """The maximum is λ_max(C_α), for every number of layers."""

    def test(conditions: frozenset[str]) -> Judgement:
        given = bool(conditions & {POSITIVE, NOT_NEGATIVE})
        steps = [
            Step("λ_1‖W‖² − tr(WΛWᵀ) = Σ_k (λ_1 − λ_k)‖W e_k‖² ≥ 0", of_one_layer(times)),
            Step("‖A‖²‖B‖² − ‖AB‖² is a sum of squares, so ‖W‖ ≤ Π‖W_l‖ = 1", of_products()),
            Fact("λ_1‖W‖² ≤ λ_1, as λ_1 ≥ 0", given),
            Step("λ_1 is attained at W_l = v_l v_{l−1}ᵀ, v_0 the top eigenvector", at_the_top()),
        ]
        return decided(steps, lambda seed: _above(conditions), seed)

    return under((NOT_NEGATIVE, POSITIVE), test)


def _above(conditions: frozenset[str]) -> str | None:
    """Two layers of norm 1 whose product is 0: more than a negative λ_1, and not more than 0."""
    w_1, w_2 = Matrix([[1, 0], [0, 0]]), Matrix([[0, 1], [0, 0]])
    for top in (1, 0, -1):
        if (NOT_NEGATIVE in conditions and top < 0) or (POSITIVE in conditions and top <= 0):
            continue
        found = value(w_2 * w_1, diag(top, -2))
        if norm2(w_1) == norm2(w_2) == 1 and found > top:
            return f"C_α = diag({_signed(top)}, −2), W_2 W_1 = 0: tr(W C_α Wᵀ) = {found} > " \
                f"λ_max = {_signed(top)}"  # fmt: skip
    return None


def _signed(x: int) -> str:
    return str(x).replace("-", "−")


_OPTIMA = (  # name, C, the layers from the first on: maxima with a rank other than 1
    ("one layer, C_α = diag(1, 1)", eye(2), [eye(2) / sqrt(2)]),
    ("two layers, C_α = diag(−1, −2)", diag(-1, -2),
     [Matrix([[1, 0], [0, 0]]), Matrix([[0, 1], [0, 0]])]),
)  # fmt: skip


def rank_one(seed: int) -> Judgement:
    """Every maximum has rank 1."""

    def test(conditions: frozenset[str]) -> Judgement:
        steps = [
            Step("λ_1‖W‖² − tr(WΛWᵀ) = Σ_k (λ_1 − λ_k)‖W e_k‖²", of_one_layer()),
            Fact("the value λ_1 > 0 needs ‖W‖ = 1 and no such loss", POSITIVE in conditions),
            Fact("then W e_k = 0 for every k > 1, as λ_k < λ_1: W has one column",
                 SIMPLE in conditions),
        ]  # fmt: skip
        return decided(steps, _examples(conditions), seed)

    return under((POSITIVE, SIMPLE), test)


def _examples(conditions: frozenset[str]) -> Search | None:
    """The maxima of another rank under the conditions; None where none of ours satisfies them."""
    found = _of_other_rank(conditions)
    return (lambda seed: found) if found else None


def _of_other_rank(conditions: frozenset[str]) -> str | None:
    for name, c, layers in _OPTIMA:
        eigenvalues = c.eigenvals()
        top = max(eigenvalues)
        if (POSITIVE in conditions and top <= 0) or (SIMPLE in conditions and eigenvalues[top] > 1):
            continue
        w = eye(2)
        for layer in layers:
            w = layer * w
        best = top if len(layers) == 1 else max(top, 0)
        if all(norm2(x) == 1 for x in layers) and value(w, c) == best and w.rank() != 1:
            return f"{name}: W = {w.tolist()} attains the maximum {best}, and has rank {w.rank()}"
    return None


def deep_rank_one(seed: int) -> Judgement:
    """With two layers or more every maximum has rank 1."""
    # Lagrange's squares are 0 where ‖AB‖ = ‖A‖‖B‖: all rows of A and columns of B lie along one v.
    v = entries("v", 3, 1)
    x, y = entries("x", 2, 1), entries("y", 2, 1)
    minor = ((x * v.T) * (v * y.T)).det().expand()

    def test(conditions: frozenset[str]) -> Judgement:
        steps = [
            Step("‖A‖²‖B‖² − ‖AB‖² is a sum of the squares of a_ik b_mj − a_im b_kj",
                 of_products()),
            Fact("the value λ_1 > 0 needs ‖W_2 W_1‖ = ‖W_2‖‖W_1‖: all these vanish",
                 POSITIVE in conditions),
            Step("rows of A and columns of B along one v: the minors of AB are 0", minor),
        ]  # fmt: skip
        only_deep = conditions | {SIMPLE}  # leaves the example of one layer out
        return decided(steps, _examples(only_deep), seed)

    return under((POSITIVE,), test)


def claims() -> list[Claim]:
    at = "abstract (deep linear networks)"
    return [
        Claim("004-pca-maximum", SOURCE, at,
              "With α fixed, the max player of a deep linear network finds the top eigenvalue of "
              "the contrastive covariance, as PCA does.",
              "max tr(W C_α Wᵀ) = λ_max(C_α), ‖W_l‖_F = 1", maximum),
        Claim("004-rank-1", SOURCE, at, "The optima are rank-1, with any number of layers.",
              "rank W = 1 at every maximum", rank_one),
        Claim("004-rank-1-deep", SOURCE, at, "The optima are rank-1, with two layers or more.",
              "rank W = 1 at every maximum, L ≥ 2", deep_rank_one),
    ]  # fmt: skip
