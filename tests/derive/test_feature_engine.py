"""The engine for losses in components: exact, with the least number of products, and flat.

Products and blocks are counted by what torch dispatches, not timed.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import normalize
from torch.utils._python_dispatch import TorchDispatchMode

from derive.nodes import H_PRIME, Component, D, H, N
from derive.notation import sum_features, sum_samples
from derive.objective import NONE, Objective
from derive.objectives import load
from derive.torch import tiling
from derive.torch.contraction import Contractions
from derive.torch.dense import DenseEngine
from derive.torch.sharing import SharingEvaluator
from tests.catalogue import sampled
from verify import oracles

LOSSES = [
    "barlow_twins",
    "barlow_twins_original",
    "vicreg",
    "vicreg_original",
    "vicreg_code",
    "tao_barlow",
    "barlow_twins_gd",
    "barlow_twins_gd_w",
]
PAIRED = ["barlow_twins_gd", "barlow_twins_gd_w"]  # take blocks of pairs whatever N and D are


def batch(name: str, n: int, d: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(100 * n + d)
    h = torch.randn(n, d, generator=generator, dtype=dtype)
    h_prime = h + 0.5 * torch.randn(n, d, generator=generator, dtype=dtype)
    if load(name).embeddings == "raw":
        return 3 * h + 1, 3 * h_prime + 1
    return normalize(h, dim=1), normalize(h_prime, dim=1)


def values_of(name: str, n: int, d: int) -> dict[str, float]:
    return {k: float(v.subs({N: n, D: d})) for k, v in load(name).defaults().items()}


def gradients(name: str, h: Tensor, h_prime: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    engine = DenseEngine.of(load(name))
    found = engine.gradients(h, h_prime, values_of(name, *h.shape), {})
    return found.value, found.by_h, found.by_h_prime


def of_oracle(name: str, h: Tensor, h_prime: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x, y = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
    value = oracles.load(name)(x, y, **values_of(name, *h.shape)).mean()
    return value.detach(), *torch.autograd.grad(value, (x, y))


def assert_same(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    """To 1e-12 of the largest entry; of the terms it is made of where they cancel, at least one
    hundredth."""
    for x, y in zip(found, expected, strict=True):
        assert float((x - y).abs().max()) <= 1e-12 * max(float(y.abs().max()), 1e-2)


shapes = st.tuples(st.integers(2, 40), st.integers(1, 40)).filter(lambda x: x[0] > 2 or x[1] > 1)


@pytest.mark.parametrize("name", sampled(LOSSES))
@pytest.mark.parametrize("tile", [3, 256])
@given(shape=shapes)
@settings(max_examples=6, deadline=None, derandomize=True)
def test_every_shape_is_exact(name: str, tile: int, shape: tuple[int, int]) -> None:
    n, d = shape if name != "barlow_twins_original" else (shape[0] + 1, shape[1])
    h, h_prime = batch(name, n, d)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiling, "_ROWS", tile)
        patch.setattr(tiling, "_BLOCK", 1)
        assert_same(gradients(name, h, h_prime), of_oracle(name, h, h_prime))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(("n", "d"), [(3, 1), (2, 5), (30, 4), (4, 30)])
def test_the_edges_are_exact(name: str, n: int, d: int) -> None:
    """N = 2 of standardised features is left out: they are ±1 and their gradient is 0."""
    if name == "barlow_twins_original" and n == 2:
        n = 3
    h, h_prime = batch(name, n, d)
    assert_same(gradients(name, h, h_prime), of_oracle(name, h, h_prime))


def test_nearly_equal_views_keep_the_digits_of_their_distance() -> None:
    h, _ = batch("vicreg_code", 20, 6)
    h_prime = h + 1e-7 * torch.randn(h.shape, generator=torch.Generator().manual_seed(1)).double()
    values = {**values_of("vicreg_code", 20, 6), "nu_cov": 0.0, "nu_var": 0.0, "nu_inv": 1.0}
    value = DenseEngine.of(load("vicreg_code")).value(h, h_prime, values, {})
    assert float(value) == pytest.approx(float((h - h_prime).square().mean()), rel=1e-12)


# ---- what is computed ----


class _Multiplied(TorchDispatchMode):
    """The multiplications of all matrix products."""

    total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name in ("mm", "bmm", "addmm", "addmm_", "baddbmm", "mv", "addmv", "dot"):
            left = args[1] if name.startswith(("add", "badd")) else args[0]
            self.total += out.numel() * left.shape[-1]
        return out


def products(name: str, n: int, d: int) -> float:
    """Matrix products of N·min(N, D)·D multiplications."""
    h, h_prime = batch(name, n, d, torch.float32)
    with _Multiplied() as mode:
        gradients(name, h, h_prime)
    return mode.total / (n * d * min(n, d))


# By view: C = XᵀX and X·C; for two views C = HᵀH', H'·Cᵀ and H·C.
@pytest.mark.parametrize(
    ("name", "floor"),
    [
        ("barlow_twins", 3),
        ("barlow_twins_original", 3),
        ("vicreg", 4),
        ("vicreg_original", 4),
        ("vicreg_code", 4),
        ("tao_barlow", 4),
    ],
)
def test_no_product_is_made_twice(name: str, floor: int) -> None:
    assert products(name, 400, 40) == pytest.approx(floor, rel=1e-3)  # and a sum of D products


@pytest.mark.parametrize(("name", "floor"), [("barlow_twins", 4), ("vicreg", 4)])
def test_few_samples_take_the_route_through_pairs(name: str, floor: int) -> None:
    """HHᵀ, H'H'ᵀ, and what each is multiplied with: N·N·D, never N·D·D."""
    assert products(name, 40, 400) == pytest.approx(floor, rel=1e-2)  # and Σ_a (Σ_k x_ka y_ka)²


def test_a_forgotten_product_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Contractions, "known", lambda *_: None)
    pair = Contractions.pair

    def forgetful(self: Contractions, *arguments: object) -> object:
        self._known.clear()
        return pair(self, *arguments)

    monkeypatch.setattr(Contractions, "pair", forgetful)
    assert products("vicreg", 400, 40) > 4


class _Largest(TorchDispatchMode):
    """The largest result of any operation, in entries."""

    entries = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for x in out if isinstance(out, tuple | list) else (out,):
            if isinstance(x, Tensor):
                self.entries = max(self.entries, x.numel())
        return out


def largest(name: str, n: int, d: int) -> int:
    h, h_prime = batch(name, n, d, torch.float32)
    with _Largest() as mode:
        gradients(name, h, h_prime)
    return mode.entries


@pytest.mark.parametrize("name", [x for x in LOSSES if x not in PAIRED])
def test_many_samples_never_meet(name: str) -> None:
    assert largest(name, 600, 12) == 600 * 12


@pytest.mark.parametrize("name", PAIRED)
def test_blocks_of_pairs_go_by_tiles(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "_ROWS", 50)
    monkeypatch.setattr(tiling, "_BLOCK", 1)
    assert largest(name, 600, 12) == 50 * 600


@pytest.mark.parametrize("name", ["barlow_twins", "vicreg"])
def test_few_samples_make_no_matrix_of_features(name: str) -> None:
    assert largest(name, 12, 600) == 12 * 600


# ---- users' own ----


class Quartic(Objective):
    """Σ_ab (C_ab² + C_ab⁴) of the plain features, and a variance by feature."""

    title = "made up"
    source = "no paper"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = NONE

    def terms(self, i, x):
        def c(a, b):
            return sum_samples(lambda k: Component(H, k, a) * Component(H_PRIME, k, b)) / N

        return {
            "all": sum_features(lambda a: sum_features(lambda b: c(a, b) ** 2 + c(a, b) ** 4)),
            "own": sum_features(
                lambda a: (1 + sum_samples(lambda k: Component(H, k, a) ** 2)) ** -1
            ),
        }


@pytest.mark.parametrize(("n", "d"), [(30, 4), (4, 30)])
def test_a_loss_of_ones_own_gets_the_same(n: int, d: int) -> None:
    h, h_prime = batch("barlow_twins", n, d)
    x, y = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
    c = x.T @ y / n
    value = (c**2 + c**4).sum() + (1 / (1 + (x**2).sum(dim=0))).sum()
    found = DenseEngine.of(Quartic()).gradients(h, h_prime, {}, {})
    expected = value.detach(), *torch.autograd.grad(value, (x, y))
    assert_same((found.value, found.by_h, found.by_h_prime), expected)


def test_a_loss_of_ones_own_has_no_product_twice() -> None:
    h, h_prime = batch("barlow_twins", 400, 40, torch.float32)
    engine = DenseEngine.of(Quartic())
    with _Multiplied() as mode:
        engine.gradients(h, h_prime, {}, {})
    assert mode.total == 3 * 400 * 40 * 40


def test_further_expressions_share_the_products() -> None:
    h, h_prime = batch("vicreg", 400, 40, torch.float32)
    engine = DenseEngine.of(load("vicreg"))
    ev = engine.evaluator(h, h_prime, values_of("vicreg", 400, 40), {})
    assert isinstance(ev, SharingEvaluator)
    engine.gradients_on(ev)
    with _Multiplied() as mode:
        ev(load("vicreg").formula() ** 2)
    assert mode.total == 0
