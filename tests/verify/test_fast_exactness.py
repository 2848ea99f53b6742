"""The fast objectives against the oracles: every loss, shape, tile and way of computing.

The bound is that of `verify.checks.fast`: LIMIT units of eps·scale, under the 1e-12 that is
promised. Batches are those of `verify.strategies` (independent, paired, near collapse, hard and
nearly tied negatives); exact ties, one dimension and the extremes of τ are taken by themselves.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from derive.errors import InputError
from derive.objectives import load, names
from derive.torch import objective
from tests.catalogue import sampled
from tests.derive.batches import batch_of, default_values, inputs_of, unit_batch
from verify import oracles
from verify.checks.fast import LIMIT
from verify.comparison import Comparison
from verify.draws import Example, examples
from verify.scales import EPS
from verify.strategies import Batch
from verify.subject import Subject
from verify.trained import is_away_from_gates

TILES = (1, 3, 7, None)
SEVERAL = ("infonce", "ntxent", "met", "arccon", "mixup_infonce", "mvicreg", "barlow_twins")
WAYS = ("infonce", "ntxent", "mvicreg", "alpha_direct")
Views = tuple[Tensor, Tensor]
WITH_TAU = [x for x in names() if "tau" in {y.name for y in load(x).hyper}]


def test_the_bound_is_under_what_is_promised() -> None:
    assert LIMIT * EPS < 1e-12


def compared(subject: Subject, example: Example, tile: int | None) -> dict[str, float]:
    """The error of value and gradients in units; skips a batch at the edge of a top share."""
    assume(not (example.is_tied or example.is_at_a_share or example.is_singular))
    return Comparison(subject, tile).measure(example)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sampled(names(), SEVERAL))
def test_equal_to_the_oracle_over_shapes_and_settings(name: str) -> None:
    subject = Subject.of(name)

    @settings(max_examples=3)
    @given(examples(subject, max_n=9, max_d=12), st.sampled_from(TILES))
    def agree(example: Example, tile: int | None) -> None:
        found = compared(subject, example, tile)
        assert max(found.values()) <= LIMIT, found

    agree()


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_equal_to_the_oracle_over_many_shapes(name: str) -> None:
    subject = Subject.of(name)

    @settings(max_examples=60)
    @given(examples(subject, max_n=23, max_d=30), st.sampled_from(TILES))
    def agree(example: Example, tile: int | None) -> None:
        found = compared(subject, example, tile)
        assert max(found.values()) <= LIMIT, found

    agree()


def by(way: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the engine compute exponentials as they are (True) or by their logarithms."""
    monkeypatch.setattr("derive.torch.pairs.is_safe", lambda *_: way)


EXAMPLE = Batch("paired", 11, 6, 5)


@pytest.mark.parametrize("name", sampled(names(), WAYS))
@pytest.mark.parametrize("direct", [True, False], ids=["as they are", "by logarithms"])
def test_equal_to_the_oracle_in_both_ways_of_computing(
    name: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject.of(name)
    by(direct, monkeypatch)
    for tile, batch in ((3, EXAMPLE), (7, replace(EXAMPLE, n=2)), (1, replace(EXAMPLE, d=17))):
        example = Example(subject, batch, (0.5,) * len(subject.free))
        if not example.is_tied:
            found = Comparison(subject, tile).measure(example)
            assert max(found.values()) <= LIMIT, found


@pytest.mark.parametrize("name", sampled(WITH_TAU))
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_no_temperature_is_too_low(name: str, dtype: torch.dtype) -> None:
    """Logits are multiples of 1/τ, and so are gradients: 8 eps of that."""
    rows = tuple(x.to(dtype) for x in unit_batch(7, 4))
    near = rows[0].double(), rows[1].double()
    inputs, values = inputs_of(load(name), 7), default_values(load(name), 7, 4)
    for tau in (0.02, 0.004, 0.0005):
        loss, reference = objective(name, tau=tau, tile=3), oracles.load(name)
        given = {**values, "tau": tau, **inputs}
        found = differentiated(lambda x, y, f=loss: f(x, y, **inputs), *rows)
        right = differentiated(lambda x, y, f=reference, k=given: f(x, y, **k), *near)
        assert all(x.isfinite().all() for x in found), tau
        size = max(1.0, *(float(x.abs().max()) for x in right)) / tau
        for error in along_the_sphere(found, right, near):
            assert float(error.abs().max()) <= 8 * torch.finfo(dtype).eps * size, tau


def along_the_sphere(found: list[Tensor], right: list[Tensor], rows: Views) -> list[Tensor]:
    """Differences, those of gradients without their part along the rows."""
    value, *slopes = (x.double() - y for x, y in zip(found, right, strict=True))
    return [value, *(d - (d * x).sum(1, keepdim=True) * x
                     for d, x in zip(slopes, rows, strict=True))]  # fmt: skip


@pytest.mark.parametrize("name", sampled(names(), ("infonce", "mvicreg", "alpha_triplet")))
def test_float32_is_as_exact_as_its_eps(name: str) -> None:
    subject = Subject.of(name)
    comparison = Comparison(subject, 7, torch.float32)
    share = (0.4,) * len(subject.free)
    drawn = (Example(subject, replace(EXAMPLE, seed=seed), share) for seed in range(100))
    clear = list(islice(filter(is_away_from_gates, drawn), 3))
    assert clear
    for example in clear:
        found = comparison(example)
        assert max(found.values()) <= LIMIT, found


def differentiated(loss: Callable[..., Tensor], *rows: Tensor) -> list[Tensor]:
    given = [x.clone().requires_grad_() for x in rows]
    value = loss(*given)
    return [value.detach(), *torch.autograd.grad(value, given, materialize_grads=True)]


def duplicates(n: int = 7, d: int = 4) -> dict[str, Callable[[Tensor, Tensor], Any]]:
    """Which rows agree: of one view, of the other, of both, of the two views."""

    def alter(view: Tensor, to: int, of: int) -> None:
        view[to] = view[of]

    return {
        "of h": lambda h, p: alter(h, 3, 1),
        "of h'": lambda h, p: alter(p, 5, 2),
        "pairs": lambda h, p: (alter(h, 3, 1), alter(p, 3, 1)),
        "views": lambda h, p: p.copy_(h),
        "an anchor and another's positive": lambda h, p: h[4].copy_(p[6]),
        "all": lambda h, p: (h.copy_(h[:1].expand_as(h)), p.copy_(h)),
    }


@pytest.mark.parametrize("name", sampled(names(), (*SEVERAL, "mhs", "mmhs")))
def test_the_value_at_ties_is_the_oracles(name: str) -> None:
    """The gradient goes to one of those that tie, in either, and only has to be finite."""
    for what, alter in duplicates().items():
        h, h_prime = batch_of(load(name), 7, 4, seed=5)
        alter(h, h_prime)
        inputs, values = inputs_of(load(name), 7), default_values(load(name), 7, 4)
        right = oracles.load(name)(h, h_prime, **values, **inputs)
        for tile in (3, None):
            loss = objective(name, tile=tile)
            module = partial(loss, **inputs)
            value, *slopes = differentiated(module, h, h_prime)
            assert float((value - right).abs()) <= 1e-12 * (1 + float(right.abs())), what
            assert all(x.isfinite().all() for x in slopes), what


@pytest.mark.parametrize("name", sampled(names(), (*SEVERAL, "alpha_direct")))
@pytest.mark.parametrize("n", [2, 5])
def test_in_one_dimension(name: str, n: int) -> None:
    """Unit rows are ±1: every cosine is, and nothing can move along the sphere."""
    kind = load(name)
    signs = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0], dtype=torch.float64)[:n, None]
    h, h_prime = signs, signs.roll(1, 0) if n == 2 else signs.flip(0)
    if kind.embeddings == "raw":
        h, h_prime = h * torch.linspace(0.5, 2, n, dtype=h.dtype)[:, None], 0.7 * h_prime
    inputs, values = inputs_of(kind, n), default_values(kind, n, 1)
    right = oracles.load(name)(h, h_prime, **values, **inputs)
    for tile in TILES:
        loss = objective(name, tile=tile)
        value, *slopes = differentiated(lambda x, y, f=loss: f(x, y, **inputs), h, h_prime)
        assert float((value - right).abs()) <= 1e-12 * (1 + float(right.abs()))
        assert all(x.isfinite().all() for x in slopes)
        if kind.embeddings == "unit":
            loss = objective(name, tile=tile, embeddings="raw")
            value, *slopes = differentiated(lambda x, y, f=loss: f(x, y, **inputs), 2 * h, h_prime)
            assert float((value - right).abs()) <= 1e-12 * (1 + float(right.abs()))
            assert all(float(x.abs().max()) <= 1e-12 for x in slopes)


def test_one_pair_has_no_negatives() -> None:
    for name in ("infonce", "vicreg", "mvicreg"):
        with pytest.raises(InputError, match="no negatives"):
            objective(name)(*batch_of(load(name), 1, 4))


# --- What the checks above have to catch: faults planted in the engine, one a test ------------


def _negated(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, flow, block: right(self, flow, -block)


def _nothing(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *_: None


def _without_own(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, e, own: right(self, e, None)


def _one_way(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, flow, block: right(self, replace(flow, back=False), block)


def _one_more(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda ev, e: right(ev, e) + 0.13


def _unguarded(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda body: (right(body)[0], False)


FAULTS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "the sign of the coefficients": ("ntxent", "tile.Tile._products", _negated),
    "no own positive beside the dense part": ("mpt", "tile.Tile._own", _nothing),
    "no own positive in the block": ("infonce", "tile.Tile._block", _without_own),
    "no push on the candidates": ("arccon", "tile.Tile._products", _one_way),
    "no one-hot part": ("mpt", "tile.Tile._add_one_hot", _nothing),
    "nothing after the last tile": ("alpha_direct", "pending.Pending.add_to", _nothing),
    "one more in a top share": ("hard_infonce", "selection._on_the_host", _one_more),
    "the own pair in a column's sum": ("infonce_symmetric", "collected.without_guard", _unguarded),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, place, plant = FAULTS[fault]
    subject = Subject.of(name)
    example = Example(subject, EXAMPLE, (0.5,) * len(subject.free))
    assert max(Comparison(subject, 3).measure(example).values()) <= LIMIT
    *path, attribute = place.split(".")
    owner = import_module(f"derive.torch.{path[0]}")
    owner = getattr(owner, path[1]) if path[1:] else owner
    monkeypatch.setattr(owner, attribute, plant(getattr(owner, attribute)))
    assert max(Comparison(subject, 3).measure(example).values()) > 1000 * LIMIT
