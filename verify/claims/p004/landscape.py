"""Are the local optima of the max player with a deep linear network global?

At a local maximum of tr(W C Wᵀ), W = W_L ⋯ W_1 and ‖W_l‖_F = 1, each layer is one of its own
quadratic form, M = W_L ⋯ W_{l+1} and S = (W_{l−1} ⋯ W_1) C (⋯)ᵀ fixed: the form of S ⊗ MᵀM. On
a sphere such a form has no local maximum but the global one: layer by layer the value climbs to
λ_max, unless the upper layers multiply to 0.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from sympy import Expr, Matrix, cos, diag, diff, sin, symbols

from verify.claims.model import Claim, Judgement
from verify.claims.p004.linear import POSITIVE, SIMPLE, entries, norm2, value
from verify.claims.steps import Fact, Step, decided, under

SOURCE = "2201.12680"
NOWHERE_NEGATIVE = "C_α has no negative eigenvalue"
FEW = "there are at most two layers"
_STARTS, _STEPS, _RATE = 100, 1500, 0.2


@dataclass(frozen=True)
class Network:
    """sizes: of the input and of every layer; eigenvalues: of C_α."""

    sizes: tuple[int, ...]
    eigenvalues: tuple[float, ...]

    def __str__(self) -> str:
        return f"sizes {'→'.join(map(str, self.sizes))}, eigenvalues {self.eigenvalues}"


NETWORKS = (
    Network((3, 2), (2.0, 1.0, 0.5)),
    Network((3, 3, 2), (2.0, 1.0, -1.0)),
    Network((3, 2, 2, 2), (2.0, 1.0, 0.5)),
    Network((2, 1, 2, 1), (1.0, -1.0)),
)


def second_slope() -> tuple[Expr, Expr]:
    """d²/dt² at t = 0 of a quadratic form from an eigenvector x towards v ⟂ x, and 2(λ_v − λ_x)."""
    t, top, own = symbols("t lambda_v lambda_x", real=True)
    form = own * cos(t) ** 2 + top * sin(t) ** 2
    return diff(form, t, 2).subs(t, 0), 2 * (top - own)


def block(a: Matrix, w: Matrix, s: Matrix) -> Expr:
    """tr(a w s wᵀ aᵀ) less the form of vec(w) with the matrix s ⊗ aᵀa: 0."""
    vec = Matrix([w[i, j] for j in range(w.cols) for i in range(w.rows)])
    size = w.rows
    inner = a.T * a
    kron = Matrix(
        size * w.cols, size * w.cols,
        lambda p, q: s[p // size, q // size] * inner[p % size, q % size],
    )  # fmt: skip
    return (value(a * w, s) - (vec.T * kron * vec)[0]).expand()


def carried() -> Expr:
    """W_1 Λ W_1ᵀ − λ_1 u uᵀ at W_1 = u e_1ᵀ, its entries' squares: 0."""
    u, spectrum = entries("u", 2, 1), symbols("lambda1:4", real=True)
    w = u * Matrix([[1, 0, 0]])
    return norm2((w * diag(*spectrum) * w.T - spectrum[0] * u * u.T).expand())


def spurious() -> tuple[Expr, Expr]:
    """tr(W C Wᵀ) of 2→1→2→1 with C = diag(1, −1), and what shows it is ≤ 0 where b² > a²."""
    a, b, p, q, r, s = symbols("a b p q r s", real=True)
    w = Matrix([[r, s]]) * Matrix([p, q]) * Matrix([[a, b]])
    return value(w, diag(1, -1)).expand(), ((r * p + s * q) ** 2 * (a**2 - b**2)).expand()


def global_optima(seed: int) -> Judgement:
    """Every local maximum is global."""

    def test(conditions: frozenset[str]) -> Judgement:
        climbs, expected = second_slope()
        m, w = entries("m", 2, 2), entries("w", 2, 2)
        s = Matrix(2, 2, [*symbols("s0 s1"), *symbols("s1 s2")])
        reach = FEW in conditions or NOWHERE_NEGATIVE in conditions
        steps = [
            Step("of one layer the value is the form of s ⊗ mᵀm", block(m, w, s)),
            Step("off its top eigenvalue such a form on a sphere climbs: 2(λ_v − λ_x) > 0",
                 climbs - expected),
            Fact("W_1 is then u v_1ᵀ, where the upper layers do not multiply to 0",
                 {POSITIVE, SIMPLE} <= conditions),
            Step("and the next layer sees λ_1 u uᵀ; its own u is the next, up to W_L: value λ_1",
                 carried()),
            Fact("they do not: W_2 has norm 1, or the value 0 would be the least there is and the "
                 "polynomial constant", reach),
        ]  # fmt: skip
        example = stuck(conditions)
        return decided(steps, (lambda seed: example) if example else None, seed)

    found = under((POSITIVE, SIMPLE, FEW, NOWHERE_NEGATIVE), test)
    said = tuple(measured(x, seed) for x in NETWORKS)
    return Judgement(found.outcome, found.conditions, found.correction, (*found.evidence, *said))


def stuck(conditions: frozenset[str]) -> str | None:
    """The network whose every point with W_3 W_2 = 0 and b² > a² is a local maximum of value 0."""
    if FEW in conditions or NOWHERE_NEGATIVE in conditions:
        return None
    found, signed = spurious()
    if (found - signed).expand() != 0:
        return None
    return (
        "three layers 2→1→2→1, C_α = diag(1, −1), W_1 = (a, b): the value is (W_3 W_2)²(a² − b²), "
        "so 0 is a local maximum wherever W_3 W_2 = 0 and b² > a²; the global one is 1"
    )


@cache
def measured(network: Network, seed: int) -> str:
    """How many gradient ascents from random layers end at the global maximum."""
    c, top = np.diag(network.eigenvalues), max(network.eigenvalues)
    layers = ascended(network, seed)
    w = _product(layers, c.shape[0])
    ends = np.einsum("nij,jk,nik->n", w, c, w)
    reached = int((abs(ends - top) < 1e-6).sum())
    return f"{network}: {reached} of {_STARTS} gradient ascents end at λ_max, the lowest at " \
        f"{round(float(ends.min()), 6) + 0.0:g} (seed {seed})"  # fmt: skip


def ascended(network: Network, seed: int) -> list[np.ndarray]:
    """The layers, (starts, rows, columns), where gradient ascents from random ones end."""
    random = np.random.default_rng(seed)
    c, pairs = np.diag(network.eigenvalues), list(pairwise(network.sizes))
    layers = [_unit(random.standard_normal((_STARTS, rows, columns))) for columns, rows in pairs]
    for _ in range(_STEPS):
        slopes = _slopes(layers, c)
        layers = [_unit(w + _RATE * g) for w, g in zip(layers, slopes, strict=True)]
    return layers


def _slopes(layers: list[np.ndarray], c: np.ndarray) -> list[np.ndarray]:
    """The gradient by every layer, (starts, rows, columns): 2 Mᵀ W C (lower layers)ᵀ."""
    size = c.shape[0]
    w = _product(layers, size)
    return [
        2 * _turned(_product(layers[k + 1 :], layers[k].shape[1]))
        @ w @ c @ _turned(_product(layers[:k], size))
        for k in range(len(layers))
    ]  # fmt: skip


def _product(layers: list[np.ndarray], size: int) -> np.ndarray:
    """(starts, rows, size) of the layers, the first one applied first."""
    result = np.eye(size)[None]
    for layer in layers:
        result = layer @ result
    return result


def _turned(w: np.ndarray) -> np.ndarray:
    return w.transpose(0, 2, 1)


def _unit(w: np.ndarray) -> np.ndarray:
    return w / np.sqrt((w**2).sum(axis=(1, 2), keepdims=True))


def claims() -> list[Claim]:
    return [
        Claim("004-local-optima-global", SOURCE, "abstract (deep linear networks)",
              "Local optima of the max player with a deep linear network are global (the abstract: "
              "almost all).", "∇ = 0, no ascent ⟹ tr(W C_α Wᵀ) = λ_max(C_α)", global_optima),
    ]  # fmt: skip
