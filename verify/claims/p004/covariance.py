"""Is the max player's matrix C_α that of PCA?

C_α = ½ Σ_{i≠j} α_ij ((x_i − x_j)(x_i − x_j)ᵀ − (x_i − x'_i)(x_i − x'_i)ᵀ).
"""

from collections.abc import Sequence

from sympy import Expr, Matrix, Rational, Symbol, symbols, zeros

from verify.claims.model import Claim, Judgement
from verify.claims.steps import Step, decided, under

SOURCE = "2201.12680"
COINCIDE = "the two views coincide (x'_i = x_i)"
UNIFORM = "α is the same for all pairs"
CONDITIONS = (COINCIDE, UNIFORM)
_N, _D = 3, 2


def contrastive_covariance(
    x: Sequence[Matrix], x_prime: Sequence[Matrix], alpha: dict[tuple[int, int], Expr]
) -> Matrix:
    """C_α of rows given as columns; α_ij for i ≠ j."""
    total = zeros(len(x[0]))
    for (i, j), weight in alpha.items():
        apart, closer = x[i] - x[j], x[i] - x_prime[i]
        total += weight * (apart * apart.T - closer * closer.T) / 2
    return total


def scatter(x: Sequence[Matrix]) -> Matrix:
    """N times the covariance."""
    mean = sum(x[1:], x[0]) / len(x)
    return sum(((v - mean) * (v - mean).T for v in x), zeros(len(x[0])))


def is_covariance(seed: int, times: int = 1) -> Judgement:
    """C_α is α N times the scatter of the x, under both conditions. times: another factor."""

    def test(conditions: frozenset[str]) -> Judgement:
        x, x_prime = (
            [Matrix(symbols(f"{v}{i}_:{_D}", real=True)) for i in range(_N)] for v in "xy"
        )
        common = Symbol("alpha", positive=True)
        pairs = [(i, j) for i in range(_N) for j in range(_N) if i != j]
        weights = {p: Symbol(f"alpha_{p[0]}{p[1]}", positive=True) for p in pairs}
        if UNIFORM in conditions:
            weights = dict.fromkeys(pairs, common)
        found = contrastive_covariance(x, x if COINCIDE in conditions else x_prime, weights)
        # Otherwise α of the multiple is the mean of all α_ij.
        mean = sum(weights.values()) / len(pairs)
        rest = (found - times * mean * _N * scatter(x)).expand()
        steps = [Step(f"entry {k} of C_α − αN·scatter is 0", e) for k, e in enumerate(rest)]
        return decided(steps, lambda seed: _at_integers(rest), seed)

    return under(CONDITIONS, test)


def _at_integers(rest: Matrix) -> str | None:
    names = sorted(rest.free_symbols, key=str)
    values = {x: Rational(k * k % 11 + 1) for k, x in enumerate(names)}
    numbers = rest.subs(values)
    if numbers.is_zero_matrix:
        return None
    said = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"C_α − αN·scatter = {numbers.tolist()} at {said}"


def claims() -> list[Claim]:
    return [
        Claim("004-pca-covariance", SOURCE, "abstract (the max player)",
              "The matrix whose top eigenvector the max player finds is, up to a factor, the "
              "covariance of PCA (three pairs in two dimensions).",
              "C_α = αN Σ_i (x_i − mean)(x_i − mean)ᵀ", is_covariance),
    ]  # fmt: skip
