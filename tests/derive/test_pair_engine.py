"""The parts of the engine by tiles: plans, passes before the last, magnitudes, sums, what is kept.

That results are right is held in tests/verify/test_fast_exactness.py; here, that the parts do what
they say of themselves, so that a fault is found where it is.
"""

from collections.abc import Callable

import pytest
import torch
from sympy import Symbol
from torch import Tensor

from derive.nodes import (
    ANCHOR,
    H_PRIME,
    NEGATIVE,
    Distinct,
    Exp,
    H,
    IndexSum,
    Inner,
    SampleIndex,
    free_indices,
)
from derive.objectives import load, names
from derive.torch import objective, pairs
from derive.torch.engines import engine_of
from derive.torch.known import Known, Mask, fits
from derive.torch.lowering import evaluate
from derive.torch.magnitude import is_safe
from derive.torch.pairs import PairEngine
from derive.torch.reductions import as_reduction, without_guard
from tests.catalogue import sampled
from tests.derive.batches import default_values, inputs_of, unit_batch

ROWS, WIDTH = 13, 5
K = SampleIndex("k")


def engine(name: str, **options: bool) -> PairEngine:
    found = engine_of(load(name), **options)
    assert isinstance(found, PairEngine)
    return found


IN_PAIRS = [x for x in names() if isinstance(engine_of(load(x)), PairEngine)]


def differentiated(name: str, **options: object) -> list[Tensor]:
    inputs = inputs_of(load(name), ROWS)
    rows = [x.requires_grad_() for x in unit_batch(ROWS, WIDTH)]
    value = objective(name, **options)(*rows, **inputs)
    return [value.detach(), *torch.autograd.grad(value, rows, materialize_grads=True)]


# --- Plans -------------------------------------------------------------------------------------


def products(name: str, **options: bool) -> int:
    """Matrix products for the gradients: two for a flow both ways, none for one index a row."""
    flows = engine(name, **options).plan.flows
    return sum(1 + x.back for x in flows if x.matrix.dense != 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("infonce", 2), ("infonce_symmetric", 2), ("mpt", 0), ("met", 0), ("mat", 0), ("ntxent", 4),
     ("tao_vicreg", 1), ("mvicreg", 1), ("alpha_mine", 1), ("mhs", 0), ("align", 0), ("mhe", 1)],
)  # fmt: skip
def test_no_more_products_than_a_loss_has_directions(name: str, expected: int) -> None:
    assert products(name) == expected


def test_terms_of_one_view_are_mirrored_only_where_every_candidate_is_an_anchor() -> None:
    assert products("alpha_mine", further=True) == 2
    assert [x.back for x in engine("alpha_mine", further=True).plan.flows] == [True]


@pytest.mark.parametrize("name", [x for x in IN_PAIRS if engine(x).plan.is_linear])
def test_a_linear_loss_is_the_product_of_rows_and_gradients(name: str) -> None:
    """L = Σ A_ij c_ij with weights that take no gradient: Σ <h, ∂h> + Σ <h', ∂h'> = 2 L."""
    value, by_h, by_h_prime = differentiated(name)
    h, h_prime = unit_batch(ROWS, WIDTH)
    assert torch.allclose((h * by_h).sum() + (h_prime * by_h_prime).sum(), 2 * value, rtol=1e-12)


def test_which_losses_are_linear() -> None:
    assert {x for x in IN_PAIRS if engine(x).plan.is_linear} >= {"mvicreg", "tao_vicreg", "simple"}
    assert not any(engine(x).plan.is_linear for x in ("infonce", "ntxent", "spectral", "dcl_plus"))


@pytest.mark.parametrize("name", sampled(IN_PAIRS))
def test_what_a_pass_needs_was_found_before(name: str) -> None:
    plan = engine(name).plan
    seen: set[object] = set()
    for level in plan.passes((plan.rule.value,), gradients=True):
        for x in level:
            inside = plan_of(x.body, without=x.name)
            assert inside <= seen, f"{x.name} needs {inside - seen}"
        seen |= {x.name for x in level}


def plan_of(body: object, without: object) -> set[object]:
    """The reductions that an expression takes from passes before."""
    from derive.torch.reductions import passes

    return {x.name for level in passes([body]) for x in level} - {without}


# --- Reductions --------------------------------------------------------------------------------


def similarity(i: SampleIndex, j: SampleIndex) -> Inner:
    return Inner(H, i, H_PRIME, j)


def test_kinds_of_sums() -> None:
    row = IndexSum(Exp(similarity(ANCHOR, K)), K)
    column = IndexSum(Exp(similarity(K, ANCHOR)), K)
    total = IndexSum(IndexSum(Exp(similarity(K, NEGATIVE)), K), NEGATIVE)
    assert [as_reduction(x).kind for x in (row, column, total)] == ["row", "column", "total"]
    assert all(as_reduction(x).exponential for x in (row, column, total))
    assert not as_reduction(IndexSum(similarity(ANCHOR, K), K)).exponential
    assert free_indices(as_reduction(column).body) == {ANCHOR, NEGATIVE}
    assert free_indices(as_reduction(total).body) == {ANCHOR}


def test_a_guard_is_taken_off_and_told() -> None:
    e = Exp(similarity(ANCHOR, NEGATIVE))
    assert without_guard(e * Distinct(ANCHOR, NEGATIVE)) == (e, True)
    assert without_guard(e) == (e, False)
    assert without_guard(e * Distinct(ANCHOR, K)) == (e * Distinct(ANCHOR, K), False)


# --- Magnitudes --------------------------------------------------------------------------------

TAU = Symbol("tau", positive=True)
LOGIT = Exp(similarity(ANCHOR, K) / TAU)


@pytest.mark.parametrize(
    ("tau", "dtype", "safe"),
    [(0.05, torch.float32, True), (0.01, torch.float32, False), (0.01, torch.float64, True),
     (0.001, torch.float64, False), (1e6, torch.float32, True)],
)  # fmt: skip
def test_an_exponential_is_safe_inside_the_range_of_the_dtype(
    tau: float, dtype: torch.dtype, safe: bool
) -> None:
    assert is_safe((LOGIT,), {"tau": tau}, 100, dtype) is safe
    assert is_safe((1 / IndexSum(LOGIT, K),), {"tau": tau}, 100, dtype) is safe


def test_products_add_up_and_sums_count_their_terms() -> None:
    values, dtype = {"tau": 1 / 70}, torch.float32
    assert is_safe((LOGIT,), values, 100, dtype)
    assert not is_safe((LOGIT**2,), values, 100, dtype)
    assert not is_safe((LOGIT * Exp(similarity(ANCHOR, NEGATIVE) / TAU),), values, 100, dtype)
    assert not is_safe((IndexSum(LOGIT, K),), values, 10**6, dtype)
    assert is_safe((similarity(ANCHOR, K) / TAU,), values, 100, dtype)


def test_what_has_no_bound_is_not_safe() -> None:
    from derive.nodes import Z_PRIME, Z

    raw = Exp(Inner(Z, ANCHOR, Z_PRIME, K))
    assert not is_safe((raw,), {}, 100, torch.float64)
    assert not is_safe((LOGIT,), {}, 100, torch.float64)  # no value of τ
    assert not is_safe((LOGIT,), {"tau": 0.0}, 100, torch.float64)


SCALES = {
    x: next(y for y in ("tau", "t", "c") if y in {z.name for z in load(x).hyper})
    for x in IN_PAIRS
    if {"tau", "t", "c"} & {z.name for z in load(x).hyper}
}


def extremes(n: int = 6) -> dict[str, tuple[Tensor, Tensor]]:
    """Rows at which cosines are ±1."""
    one = torch.zeros(n, 3)
    one[:, 0] = 1
    signs = torch.tensor([1.0, -1.0]).repeat(n // 2)[:, None]
    return {
        "all alike": (one, one.clone()),
        "views opposite": (one, -one),
        "every other": (signs * one, one.clone()),
        "pairs opposite": (signs * one, -signs * one),
    }


@pytest.mark.parametrize("name", sampled(SCALES))
def test_what_is_called_safe_is_finite_at_the_edge(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least temperature, to 1%, at which exponentials are computed as they are."""
    said: list[bool] = []

    def recorded(*args: object) -> bool:
        said.append(is_safe(*args))  # type: ignore[arg-type]
        return said[-1]

    monkeypatch.setattr(pairs, "is_safe", recorded)
    key, inputs = SCALES[name], inputs_of(load(name), 6)

    def run(temperature: float, rows: tuple[Tensor, Tensor]) -> list[Tensor]:
        given = [x.clone().requires_grad_() for x in rows]
        scale = temperature if key == "tau" else 1 / temperature
        value = objective(name, **{key: scale})(*given, **inputs)
        return [value, *torch.autograd.grad(value, given, materialize_grads=True)]

    low, high = 1e-4, 10.0
    run(high, extremes()["every other"])
    assert said[-1]
    while high > 1.01 * low:
        middle = (low * high) ** 0.5
        run(middle, extremes()["every other"])
        low, high = (low, middle) if said[-1] else (middle, high)
    for rows in extremes().values():
        found = run(high, rows)
        assert said[-1]
        assert all(x.isfinite().all() for x in found)


# --- Guarded sums ------------------------------------------------------------------------------

SUMMANDS: dict[str, tuple[Callable[[SampleIndex], object], Callable[[Tensor], Tensor]]] = {
    "similarities": (lambda k: similarity(ANCHOR, k), lambda s: s),
    "squares": (lambda k: similarity(ANCHOR, k) ** 2, lambda s: s.square()),
    "exponentials": (lambda k: Exp(3 * similarity(ANCHOR, k)), lambda s: (3 * s).exp()),
    "down a column": (lambda k: Exp(3 * similarity(k, ANCHOR)), lambda s: (3 * s).exp().T),
    "times one of the anchor": (
        lambda k: similarity(ANCHOR, ANCHOR) * similarity(ANCHOR, k) ** 2,
        lambda s: s.diagonal()[:, None] * s.square(),
    ),
    "times one of the other": (
        lambda k: similarity(k, k) * similarity(ANCHOR, k) ** 2,
        lambda s: s.diagonal() * s.square(),
    ),
}


@pytest.mark.parametrize("what", SUMMANDS)
@pytest.mark.parametrize("guarded", [True, False])
def test_sums_over_the_others(what: str, guarded: bool) -> None:
    summand, plain = SUMMANDS[what]
    h, h_prime = unit_batch(ROWS, WIDTH)
    body = summand(K) * Distinct(K, ANCHOR) if guarded else summand(K)
    found = evaluate(IndexSum(body, K), h, h_prime, {}, (ANCHOR,))
    right = plain(h @ h_prime.T)
    if guarded:
        right = right.clone().fill_diagonal_(0)
    assert torch.allclose(found, right.sum(1), rtol=1e-13, atol=1e-14)


def test_the_block_is_whole_after_a_guarded_sum() -> None:
    """Its own entries are only away while the sum is taken."""
    h, h_prime = unit_batch(ROWS, WIDTH)
    square = similarity(ANCHOR, K) ** 2
    both = IndexSum(square * Distinct(K, ANCHOR), K) + IndexSum(square, K)
    found = evaluate(both, h, h_prime, {}, (ANCHOR,))
    s = (h @ h_prime.T).square()
    assert torch.allclose(found, 2 * s.sum(1) - s.diagonal(), rtol=1e-13)


# --- What is known across tiles ----------------------------------------------------------------


def test_rows_of_a_mask() -> None:
    ignored = torch.zeros(3, 8, dtype=torch.bool)  # anchors 2 to 4 of 6 samples, 8 candidates
    ignored[0, 1] = ignored[1, 7] = ignored[2, 4] = True
    labels = torch.tensor([0, 1, 0, 2, 1, 2])
    both = Mask(ignored, labels, 2, 8)
    kept = both.rows(slice(3, 5))
    assert kept.shape == (2, 8)
    gone = {(3 + i, j) for i, j in (~kept).nonzero().tolist()}
    assert gone == {(3, 5), (3, 7), (4, 1)}  # (4, 4) is an own positive
    only = Mask(None, labels, 0, 8).rows(slice(0, 6))
    assert torch.equal(~only[:, :6], (labels[:, None] == labels).fill_diagonal_(False))
    assert only[:, 6:].all()


def test_columns_are_there_only_when_every_tile_is() -> None:
    name = (H, True, H_PRIME, False)
    whole = torch.arange(20.0).reshape(5, 4)
    known = Known(5, keep_blocks=True)
    known.blocks_of(0)[name] = whole[:3]
    assert known.columns(name, slice(1, 3)) is None
    known.blocks_of(3)[name] = whole[3:]
    assert torch.equal(known.columns(name, slice(1, 3)), whole[:, 1:3])
    assert known.columns((H, True, H, False), slice(0, 1)) is None


def test_nothing_is_kept_that_was_not_to_be() -> None:
    known = Known(5)
    known.blocks_of(0)[H, True, H, False] = torch.zeros(1)
    assert not known.blocks
    assert fits(1000, 1000, 4, 1)
    assert not fits(10**6, 10**6, 4, 1)


@pytest.mark.parametrize("name", sampled(IN_PAIRS))
def test_keeping_blocks_from_pass_to_pass_changes_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for direct in (True, False):
        monkeypatch.setattr(pairs, "is_safe", lambda *_, direct=direct: direct)
        found = []
        for keeps in (True, False):
            monkeypatch.setattr(pairs, "fits", lambda *_, keeps=keeps: keeps)
            found.append(differentiated(name, tile=4))
        for kept, anew in zip(*found, strict=True):
            assert torch.allclose(kept, anew, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", sampled(IN_PAIRS))
def test_the_engine_is_built_once_for_a_loss(name: str) -> None:
    assert engine_of(load(name)) is engine_of(load(name))
    assert engine_of(load(name), 3) is not engine_of(load(name))
    assert default_values(load(name), 4, 3).keys() == {x.name for x in load(name).hyper}
