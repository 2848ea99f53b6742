"""No operation of a fast objective makes a GPU's host wait. Tested where there is no GPU.

On the CPU a mode records what would wait; on the device "meta", which has shapes and no values,
everything that needs a value or another device fails by itself.
"""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor

from benchmarks.gpu.syncs import SyncError, no_syncs, values_unseen
from derive.errors import LoweringError
from derive.nodes import ANCHOR
from derive.objectives import load, names
from derive.torch import objective
from derive.torch.lowering import evaluate
from tests.catalogue import sampled
from tests.derive.batches import batch_of, inputs_of

CPU = torch.device("cpu")
RAW = [x for x in names() if load(x).embeddings == "unit"]


def step(loss: str, device: str = "cpu", **options: object) -> Tensor:
    """Forward and backward of a small batch in tiles; the gradient of h."""
    h, h_prime = (x.to(device).requires_grad_() for x in batch_of(load(loss), 13, 7))
    inputs = {name: x.to(device) for name, x in inputs_of(load(loss), 13).items()}
    module = objective(loss, **options)
    with no_syncs(CPU), values_unseen():
        module(h, h_prime, **inputs).backward()
    assert h.grad is not None
    return h.grad


@pytest.mark.parametrize("loss", sampled(names()))
def test_no_loss_waits_for_the_device(loss: str) -> None:
    step(loss)
    step(loss, tile=5)


@pytest.mark.parametrize("loss", sampled(RAW))
def test_raw_embeddings_do_not_wait_either(loss: str) -> None:
    step(loss, embeddings="raw")


@pytest.mark.parametrize("loss", sampled(names()))
def test_no_loss_needs_a_value_or_another_device(
    loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *a, **k: nullcontext())  # has no device "meta"
    gradient = step(loss, "meta", tile=5)
    assert gradient.shape == (13, 7)
    assert gradient.is_meta


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_optional_inputs_do_not_wait(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *a, **k: nullcontext())
    h, h_prime, negatives = (torch.rand(13, 7, device=device).requires_grad_() for _ in range(3))
    mask = torch.zeros(13, 26, dtype=torch.bool, device=device)
    labels = torch.arange(13, device=device) // 2
    tau = torch.nn.Parameter(torch.tensor(0.1).to(device))
    with values_unseen():
        module = objective("infonce", embeddings="raw", tau=tau, tile=5)
        with no_syncs(CPU):
            module(h, h_prime, labels=labels, negatives=negatives, mask=mask).backward()
    for x in (h, h_prime, negatives, tau):
        assert x.grad is not None
        assert x.grad.device.type == device


def test_a_share_that_cannot_be_read_is_refused() -> None:
    share = torch.empty((), device="meta")
    h = torch.rand(13, 7)
    formula, values = load("hard_infonce").formula(), {"share": share, "tau": 0.3}
    with pytest.raises(LoweringError, match="share is a tensor on meta"):
        evaluate(formula, h, h, values, (ANCHOR,))


@pytest.mark.parametrize(
    "waits",
    [
        lambda x: x.sum().item(),
        lambda x: bool(x.sum() > 0),
        lambda x: float(x.sum()),
        lambda x: x.tolist(),
        lambda x: x.cpu(),
        lambda x: x.to("cpu"),
        lambda x: x.nonzero(),
        lambda x: torch.where(x > 0),
        lambda x: x[x > 0],
        lambda x: x.masked_select(x > 0),
        lambda x: x.index_put((x > 0,), x.sum()),
        lambda x: x.unique(),
        lambda x: torch.equal(x, x),
        lambda x: torch.allclose(x, x),
        lambda x: torch.repeat_interleave(torch.tensor([1, 2])),
        lambda x: torch.tensor(3.14, device=x.device),
        lambda x: x.new_tensor([1.0, 2.0]),
    ],
)
def test_what_waits_is_found(waits: Callable[[Tensor], object]) -> None:
    x = torch.linspace(-1, 1, 6)
    with pytest.raises(SyncError, match=r"test_no_syncs\.py:\d+: "), no_syncs(CPU):
        waits(x)


def test_a_wait_in_the_backward_pass_is_found() -> None:
    class Waits(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: object, upstream: Tensor) -> Tensor:
            return upstream * upstream.sum().item()

    x = torch.ones(3, requires_grad=True)
    with pytest.raises(SyncError, match="_local_scalar_dense"), no_syncs(CPU):
        Waits.apply(x).sum().backward()


@pytest.mark.parametrize(
    "free",
    [
        lambda x: torch.full((), 3.14, device=x.device) * x,
        lambda x: torch.where(x > 0, 0, x),
        lambda x: x[torch.arange(3)] ** 2.5,
        lambda x: x.to(torch.float64).masked_fill(x > 0, 1.0),
        lambda x: x.scatter_add(0, torch.arange(3), x).topk(2).values.logsumexp(0),
        lambda x: torch.repeat_interleave(x, torch.arange(6), output_size=15),
    ],
)
def test_what_does_not_wait_is_let_through(free: Callable[[Tensor], object]) -> None:
    with no_syncs(CPU):
        free(torch.linspace(-1, 1, 6))
