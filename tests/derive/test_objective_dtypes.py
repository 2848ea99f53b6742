"""The fast objectives as modules of torch: dtypes, autograd, autocast, compile, copies.

One loss of each engine and kind (`KINDS`); the values themselves are held elsewhere.
"""

import copy
import io
import pickle
import shutil
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from derive.errors import InputError
from derive.objectives import load
from derive.torch import objective
from tests.derive.batches import batch_of, inputs_of, unit_batch

ROWS, WIDTH = 6, 5
KINDS = ("infonce", "mvicreg", "mpt", "ntxent", "vicreg", "mixup_infonce")
LOW = [torch.bfloat16, torch.float16]
Loss = Callable[..., Tensor]


def module_of(name: str, **options: object) -> Loss:
    """The loss with its labels or sample numbers put in."""
    loss, inputs = objective(name, **options), inputs_of(load(name), ROWS)
    return lambda h, h_prime: loss(h, h_prime, **inputs)


def rows_of(name: str) -> tuple[Tensor, Tensor]:
    return batch_of(load(name), ROWS, WIDTH)


def differentiated(loss: Loss, *tensors: Tensor) -> list[Tensor]:
    given = [x.clone().requires_grad_() for x in tensors]
    value = loss(*given)
    return [value.detach(), *torch.autograd.grad(value, given, materialize_grads=True)]


def assert_near(found: list[Tensor], right: list[Tensor]) -> None:
    for x, y in zip(found, right, strict=True):
        assert torch.allclose(x, y, rtol=1e-12, atol=1e-13)


each_kind = pytest.mark.parametrize("name", KINDS)


@each_kind
@pytest.mark.parametrize("dtype", LOW)
def test_low_precision_is_float32_rounded_once(name: str, dtype: torch.dtype) -> None:
    """Sums and exponentials are float32's: only the results are rounded."""
    loss = module_of(name, embeddings="raw")
    rows = [x.to(dtype) for x in rows_of(name)]
    found = differentiated(loss, *rows)
    for got, right in zip(found, differentiated(loss, *[x.float() for x in rows]), strict=True):
        assert got.dtype == dtype
        assert torch.equal(got, right.to(dtype))


@each_kind
@pytest.mark.parametrize("dtype", [torch.float32, *LOW])
def test_rows_normalised_in_their_own_precision_are_unit(name: str, dtype: torch.dtype) -> None:
    rows = [nn.functional.normalize(x.to(dtype), dim=1) for x in rows_of(name)]
    assert module_of(name)(*rows).dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, *LOW])
def test_a_norm_far_from_one_is_refused_in_every_precision(dtype: torch.dtype) -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    with pytest.raises(InputError, match="unit embeddings were promised"):
        objective("infonce")((1.05 * h).to(dtype), h_prime.to(dtype))


@each_kind
def test_autocast_does_not_reach_inside(name: str) -> None:
    torch.manual_seed(0)
    encoder, loss = nn.Linear(4, WIDTH), module_of(name, embeddings="raw")
    x, y = torch.randn(2, ROWS, 4)
    with torch.autocast("cpu", torch.bfloat16):
        h, h_prime = encoder(x), encoder(y)
        value = loss(h, h_prime)
        in_float32 = loss(h.float(), h_prime.float())
    value.backward(retain_graph=True)
    assert h.dtype == value.dtype == torch.bfloat16
    assert in_float32.dtype == torch.float32
    assert torch.equal(value, loss(h, h_prime))
    assert torch.equal(in_float32, loss(h.float(), h_prime.float()))
    assert encoder.weight.grad is not None
    assert encoder.weight.grad.dtype == torch.float32
    assert encoder.weight.grad.isfinite().all()


@each_kind
def test_without_gradients_the_value_is_the_same(name: str) -> None:
    loss, (h, h_prime) = module_of(name), rows_of(name)
    right = loss(h.clone().requires_grad_(), h_prime).detach()
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            found = loss(h, h_prime)
            assert not found.requires_grad
            assert torch.allclose(found, right, rtol=1e-13, atol=1e-15)


@each_kind
def test_one_view_alone_may_need_a_gradient(name: str) -> None:
    loss, (h, h_prime) = module_of(name), rows_of(name)
    _, by_h, by_h_prime = differentiated(loss, h, h_prime)
    assert_near(differentiated(lambda x: loss(x, h_prime), h)[1:], [by_h])
    assert_near(differentiated(lambda x: loss(h, x), h_prime)[1:], [by_h_prime])


@each_kind
def test_one_tensor_as_both_views_gets_both_gradients(name: str) -> None:
    loss, (h, _) = module_of(name), rows_of(name)
    value, first, second = differentiated(loss, h, h.clone())
    assert_near(differentiated(lambda x: loss(x, x), h), [value, first + second])


LAYOUTS: dict[str, Callable[[Tensor], tuple[Tensor, Callable[[Tensor], Tensor]]]] = {
    "transposed": lambda x: (x.T.contiguous(), lambda y: y.T),
    "every other row": lambda x: (x.repeat_interleave(2, 0), lambda y: y[::2]),
    "every other column": lambda x: (x.repeat_interleave(2, 1), lambda y: y[:, ::2]),
    "rows upwards": lambda x: (x.flip(0), lambda y: y.flip(0)),
    "a view of a longer row": lambda x: (torch.cat([x, x], 1), lambda y: y[:, :WIDTH]),
}


@each_kind
@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_in_memory(name: str, layout: str) -> None:
    loss, rows = module_of(name), rows_of(name)
    (x, view), (y, _) = (LAYOUTS[layout](z) for z in rows)
    found = differentiated(lambda a, b: loss(view(a), view(b)), x, y)
    value, by_h, by_h_prime = differentiated(loss, *rows)
    assert_near([found[0]], [value])
    assert_near([view(g) for g in found[1:]], [by_h, by_h_prime])


@each_kind
def test_both_views_out_of_one_tensor(name: str) -> None:
    loss, rows = module_of(name), rows_of(name)
    value, *gradients = differentiated(loss, *rows)
    found = differentiated(lambda z: loss(*z.chunk(2)), torch.cat(rows))
    assert_near(found, [value, torch.cat(gradients)])
    found = differentiated(lambda z: loss(*z.unbind(1)), torch.stack(rows, 1))
    assert_near(found, [value, torch.stack(gradients, 1)])


@pytest.mark.parametrize("name", ["infonce", "ntxent", "siglip"])
def test_one_row_expanded(name: str) -> None:
    loss, (h, h_prime) = objective(name), unit_batch(ROWS, WIDTH)
    found = differentiated(lambda x: loss(x.expand(ROWS, WIDTH), h_prime), h[:1])
    assert_near(found, differentiated(lambda x: loss(x.repeat(ROWS, 1), h_prime), h[:1]))


@each_kind
def test_what_is_given_stays_as_it_was(name: str) -> None:
    for embeddings in ("unit", "raw") if load(name).embeddings == "unit" else ("raw",):
        loss, rows = module_of(name, embeddings=embeddings), rows_of(name)
        given = [x.clone().requires_grad_() for x in rows]
        loss(*given).backward()
        with torch.no_grad():
            loss(*given)
        assert all(torch.equal(x, y) for x, y in zip(given, rows, strict=True))


@each_kind
def test_gradients_are_tensors_of_their_own(name: str) -> None:
    """Neither kept ones nor those of the next call change with what is done to them."""
    loss, rows = module_of(name), [x.requires_grad_() for x in rows_of(name)]
    value = loss(*rows)
    first = torch.autograd.grad(value, rows, retain_graph=True)
    right = [x.clone() for x in first]
    for x in first:
        x.fill_(7)
    assert_near(list(torch.autograd.grad(value, rows)), right)
    assert_near(list(torch.autograd.grad(loss(*rows), rows)), right)
    assert_near(list(torch.autograd.grad(loss(*rows), rows)), right)


@each_kind
def test_a_second_backward_adds_up(name: str) -> None:
    loss, (h, h_prime) = module_of(name), rows_of(name)
    right = differentiated(loss, h, h_prime)[1]
    h.requires_grad_()
    value = loss(h, h_prime)
    value.backward(retain_graph=True)
    (2 * value).backward()
    assert h.grad is not None
    assert_near([h.grad], [3 * right])
    with pytest.raises(RuntimeError, match="second time"):
        value.backward()


def test_upstream_gradients_of_every_shape() -> None:
    loss, (h, h_prime) = objective("infonce"), unit_batch(ROWS, WIDTH)
    right = differentiated(loss, h, h_prime)[1]
    weights = torch.tensor([1.0, -2.0, 5.0], dtype=h.dtype)
    found = differentiated(lambda x: (loss(x, h_prime) * weights).sum(), h)[1]
    assert_near([found], [4 * right])
    x = h.clone().requires_grad_()
    loss(x, h_prime).expand(2, 3).backward(torch.ones(2, 3, dtype=h.dtype))
    assert x.grad is not None
    assert_near([x.grad], [6 * right])
    zero = differentiated(lambda x: 0 * loss(x, h_prime), h)[1]
    assert torch.equal(zero, torch.zeros_like(h))


@each_kind
def test_gradients_accumulate_over_micro_batches(name: str) -> None:
    torch.manual_seed(0)
    encoder, loss = nn.Linear(4, WIDTH).double(), module_of(name, embeddings="raw")
    x, y = torch.randn(2, 2, ROWS, 4, dtype=torch.float64)
    total = sum(loss(encoder(a), encoder(b)) for a, b in zip(x, y, strict=True))
    right = torch.autograd.grad(total, encoder.weight)
    encoder.zero_grad()
    for a, b in zip(x, y, strict=True):
        loss(encoder(a), encoder(b)).backward()
    assert encoder.weight.grad is not None
    assert_near([encoder.weight.grad], list(right))


class Pair(nn.Module):
    """An encoder and a loss in one module."""

    def __init__(self, name: str):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, WIDTH))
        self.loss = objective(name, embeddings="raw")

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        value: Tensor = self.loss(self.encoder(x), self.encoder(y))
        return value


def stepped(pair: nn.Module, steps: int = 5) -> list[float]:
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(2, ROWS, 4, dtype=torch.float64, generator=generator)
    optimizer = torch.optim.Adam(pair.parameters(), lr=0.02)
    values = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = pair(x, y)
        value.backward()
        optimizer.step()
        values.append(value.item())
    return values


@pytest.mark.parametrize("name", ["infonce", "vicreg", "mvicreg"])
def test_inside_another_module_it_trains_and_copies(name: str) -> None:
    torch.manual_seed(0)
    pair = Pair(name).double()
    others = [copy.deepcopy(pair), pickle.loads(pickle.dumps(pair)), Pair(name).double()]
    others[2].load_state_dict(pair.state_dict())
    values = stepped(pair)
    assert values[-1] < values[0]
    for other in others:
        assert stepped(other) == values


@each_kind
def test_saved_whole_and_loaded(name: str) -> None:
    loss, rows = objective(name), rows_of(name)
    inputs = inputs_of(load(name), ROWS)
    file = io.BytesIO()
    torch.save(loss, file)
    file.seek(0)
    other = torch.load(file, weights_only=False)
    assert torch.equal(loss(*rows, **inputs), other(*rows, **inputs))
    assert repr(other) == repr(loss)


SECOND = {
    "backward": lambda g, h: g.sum().backward(),
    "a penalty": lambda g, h: torch.autograd.grad(g.square().sum(), h),
    "a penalty, unused allowed": lambda g, h: torch.autograd.grad(
        g.square().sum(), h, allow_unused=True
    ),
}


@each_kind
@pytest.mark.parametrize("way", SECOND)
def test_a_second_derivative_is_refused_in_every_way(name: str, way: str) -> None:
    h, h_prime = rows_of(name)
    h.requires_grad_()
    (gradient,) = torch.autograd.grad(module_of(name)(h, h_prime), h, create_graph=True)
    with pytest.raises(InputError, match="no second derivative"):
        SECOND[way](gradient, h)


def test_a_hessian_is_refused_rather_than_zero() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    tau = torch.tensor(0.1, dtype=h.dtype)
    with pytest.raises(InputError, match="no second derivative"):
        torch.autograd.functional.hessian(lambda x: objective("infonce")(x, h_prime), h)
    with pytest.raises(InputError, match="no second derivative"):
        torch.autograd.functional.hessian(lambda t: objective("infonce")(h, h_prime, tau=t), tau)


def test_create_graph_alone_changes_no_gradient() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    right = differentiated(objective("infonce"), h, h_prime)[1]
    h.requires_grad_()
    (found,) = torch.autograd.grad(objective("infonce")(h, h_prime), h, create_graph=True)
    assert_near([found.detach()], [right])


def compiled_against_plain(name: str, backend: str) -> None:
    torch.manual_seed(0)
    pair = Pair(name).double()
    x, y = torch.randn(2, ROWS, 4, dtype=torch.float64)
    value = pair(x, y)
    right = [value.detach(), *torch.autograd.grad(value, list(pair.parameters()))]
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, while it compiles
        value = torch.compile(pair, backend=backend)(x, y)
    found = [value.detach(), *torch.autograd.grad(value, list(pair.parameters()))]
    for a, b in zip(found, right, strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["infonce", "mvicreg", "vicreg"])
def test_compiled_with_an_encoder(name: str) -> None:
    compiled_against_plain(name, "eager")


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(shutil.which, ("g++", "clang++"))), reason="torch.compile needs a C++ compiler"
)
@pytest.mark.parametrize("name", ["infonce", "vicreg"])
def test_compiled_to_machine_code_with_an_encoder(name: str) -> None:
    compiled_against_plain(name, "inductor")


def test_a_backward_that_forgets_the_upstream_gradient_would_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from derive.torch.fused import Fused

    right = Fused.backward
    wrong = staticmethod(lambda ctx, upstream: right(ctx, torch.ones_like(upstream)))
    monkeypatch.setattr(Fused, "backward", wrong)
    with pytest.raises(AssertionError):
        test_upstream_gradients_of_every_shape()
    with pytest.raises(AssertionError):
        test_a_second_backward_adds_up("infonce")
