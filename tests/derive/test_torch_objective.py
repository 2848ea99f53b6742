"""The fast objectives: equal to the dense evaluation of the same symbols, and clear at the edges.

Against independent oracles they are held in verify; here tiles, dtypes, inputs and autograd.
"""

import pytest
import torch

from derive.errors import HyperparameterError, InputError, UnknownNameError
from derive.nodes import ANCHOR, FEATURE
from derive.objectives import load, names
from derive.paradigm import decompose
from derive.torch import objective
from derive.torch.lowering import evaluate
from tests.catalogue import sampled
from tests.derive.batches import batch_of, default_values, inputs_of, unit_batch


@pytest.mark.parametrize("loss", sampled(names()))
@pytest.mark.parametrize("tile", [1, 5, 13, None])
def test_tiles_do_not_change_the_result(loss: str, tile: int | None) -> None:
    h, h_prime = batch_of(load(loss), 13, 7)
    whole = gradients(loss, h, h_prime, tile=13)
    for got, expected in zip(gradients(loss, h, h_prime, tile=tile), whole, strict=True):
        assert torch.allclose(got, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", sampled(names()))
def test_rows_are_weighted_in_the_block_or_in_the_products(
    loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of the two depends on N and D; the row's weight may be made of the block itself."""
    h, h_prime = batch_of(load(loss), 13, 7)
    expected = gradients(loss, h, h_prime)
    monkeypatch.setattr("derive.torch.tile._WIDE", 0)
    for got, told in zip(gradients(loss, h, h_prime), expected, strict=True):
        assert torch.allclose(got, told, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", sampled(names()))
def test_memory_that_is_used_again_changes_nothing(
    loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    h, h_prime = batch_of(load(loss), 13, 7)
    expected = gradients(loss, h, h_prime, tile=5)
    monkeypatch.setattr("derive.torch.arena._SMALLEST", 1)
    for _ in range(2):  # the second finds what the first has left
        for got, told in zip(gradients(loss, h, h_prime, tile=5), expected, strict=True):
            assert torch.allclose(got, told, rtol=1e-12, atol=1e-14)


def gradients(loss: str, h: torch.Tensor, h_prime: torch.Tensor, **options: object) -> tuple:
    h, h_prime = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
    value = objective(loss, **options)(h, h_prime, **inputs_of(load(loss), len(h)))
    return value.detach(), *torch.autograd.grad(value, (h, h_prime))


@pytest.mark.parametrize("loss", names())
def test_value_is_the_formula(loss: str) -> None:
    kind = load(loss)
    h, h_prime = batch_of(kind, 6, 5)
    inputs = inputs_of(kind, 6)
    axes = (ANCHOR,) if kind.differentiated == "anchor" else ()
    values = default_values(kind, 6, 5)
    dense = evaluate(kind.formula(), h, h_prime, values, axes, inputs=inputs).mean()
    assert torch.allclose(objective(loss)(h, h_prime, **inputs), dense, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", ["infonce", "arccon", "mpt", "met"])
def test_cross_view_gradients_are_the_derived_ones(loss: str) -> None:
    """N·∂(mean)/∂h_i = ∂L_i/∂h_i where the others' terms do not depend on h_i."""
    h, h_prime = unit_batch(6, 5)
    d = decompose(load(loss))
    derived = evaluate(
        d.coefficients.assembled(), h, h_prime, default_values(d.objective, 6, 5), (ANCHOR, FEATURE)
    )
    assert torch.allclose(6 * gradients(loss, h, h_prime)[1], derived, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("loss", [x for x in names() if load(x).embeddings == "unit"])
def test_raw_embeddings_are_normalised_and_their_gradient_is_tangent(loss: str) -> None:
    h, h_prime = unit_batch(6, 5)
    scales = torch.linspace(0.5, 3.0, 6, dtype=torch.float64)[:, None]
    value, by_h, _ = gradients(loss, scales * h, h_prime, embeddings="raw")
    expected, on_sphere, _ = gradients(loss, h, h_prime)
    tangent = on_sphere - (on_sphere * h).sum(1, keepdim=True) * h
    assert torch.allclose(value, expected, rtol=1e-12, atol=1e-14)
    assert torch.allclose(by_h, tangent / scales, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", sampled(names()))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_low_precision_keeps_its_dtype_and_stays_near(loss: str, dtype: torch.dtype) -> None:
    h, h_prime = batch_of(load(loss), 8, 6)
    low = gradients(loss, h.to(dtype), h_prime.to(dtype), embeddings="raw")
    high = gradients(loss, h.to(dtype).double(), h_prime.to(dtype).double(), embeddings="raw")
    for got, expected in zip(low, high, strict=True):
        assert got.dtype == dtype
        scale = 1 / 0.05 + float(expected.abs().max())  # 1/τ: cosines are divided by it
        assert float((got.double() - expected).abs().max()) <= 8 * torch.finfo(dtype).eps * scale


def test_upstream_gradient_scales_and_no_grad_gives_the_value() -> None:
    h, h_prime = unit_batch(6, 5)
    h.requires_grad_()
    (3 * objective("infonce")(h, h_prime)).backward()
    assert h.grad is not None
    assert torch.allclose(h.grad, 3 * gradients("infonce", h.detach(), h_prime)[1])
    with torch.no_grad():
        assert not objective("infonce")(h, h_prime).requires_grad


def test_a_second_derivative_is_a_clear_error() -> None:
    h, h_prime = unit_batch(6, 5)
    h.requires_grad_()
    value = objective("infonce")(h, h_prime)
    (gradient,) = torch.autograd.grad(value, h, create_graph=True)
    with pytest.raises(InputError, match="no second derivative"):
        gradient.sum().backward()


def test_hyperparameters_are_checked_and_shown() -> None:
    assert "tau=1/10" in repr(objective("infonce", tau=0.1))
    with pytest.raises(HyperparameterError, match="outside its domain"):
        objective("infonce", tau=-1)
    with pytest.raises(UnknownNameError, match="tau"):
        objective("infonce", temp=1)
    with pytest.raises(UnknownNameError, match="infonce"):
        objective("info_nce")


@pytest.mark.parametrize(
    ("shape", "shape_prime", "message"),
    [((1, 4), (1, 4), "no negatives"), ((4, 4), (3, 4), r"\(N, D\)"), ((4,), (4,), r"\(N, D\)")],
)
def test_shapes_are_checked(
    shape: tuple[int, ...], shape_prime: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        objective("infonce")(torch.ones(shape), torch.ones(shape_prime))


@pytest.mark.parametrize("bad", [0.0, float("nan"), float("inf")])
def test_rows_without_a_direction_are_named(bad: float) -> None:
    h, h_prime = unit_batch(4, 3)
    h[2] = bad
    with pytest.raises(InputError, match="row 2 of h is zero or not finite"):
        objective("met", embeddings="raw")(h, h_prime)


def test_unit_is_a_promise() -> None:
    h, h_prime = unit_batch(4, 3)
    with pytest.raises(InputError, match="embeddings='raw'"):
        objective("infonce")(2 * h, h_prime)
