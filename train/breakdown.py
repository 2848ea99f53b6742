"""When training breaks down: which component went wrong, found on the batch at hand.

In the order of cause: the encoder's weights, its embeddings, the loss, and the loss's gradient.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from train.errors import DivergedError

ADVICE = "Lower --lr, or look at the hyper-parameters given with --set."
SHOWN = 5  # rows that a message names
NAMES = ("anchors", "positives", "negatives")
Diagnose = Callable[[Sequence[Tensor]], str]


class Gradients:
    """Where the loss's gradient by the embeddings of a batch is not finite.

    Watched in the backward pass, which waits for no device: `well` and `fault` ask later.
    """

    def __init__(self, views: Sequence[Tensor], diagnose: Diagnose):
        """views: with a graph; diagnose: what of the loss broke down on detached views."""
        self.views = [view.detach() for view in views]
        self.diagnose = diagnose
        self.bad: dict[str, Tensor] = {}  # (N,) or (N, K), booleans
        for name, view in zip(NAMES, views, strict=False):
            if view.requires_grad:
                view.register_hook(partial(self.see, name))

    def see(self, name: str, gradient: Tensor) -> None:
        """The hook of a view, with the gradient by it."""
        self.bad[name] = ~gradient.isfinite().all(-1)

    def well(self) -> list[Tensor]:
        """True, on the device, for every view whose gradient is finite."""
        return [~bad.any() for bad in self.bad.values()]

    def fault(self) -> str:
        """What was not finite, in words; empty if all was."""
        for name, bad in self.bad.items():
            if bad.any():
                return (
                    f"the loss is finite, and its gradient by the {name} is not ({rows(bad)}). "
                    f"{self.diagnose(self.views)} {ADVICE}"
                )
        return ""


def check_batch(model: nn.Module, before: Gradients, batch: Gradients, loss: Tensor) -> None:
    """Raises `DivergedError` for gradients of the batch before, or for embeddings or a loss of
    this one, that are no numbers. One question to the device for all that is well."""
    if torch.stack([*before.well(), *whole(batch.views), loss.detach().isfinite()]).all():
        return
    if fault := before.fault():
        raise DivergedError(fault)
    check_embeddings(model, batch.views)
    raise DivergedError(
        f"the loss became {loss.item()} on embeddings that are all finite: the objective "
        f"itself breaks down here. {batch.diagnose(batch.views)} {ADVICE}"
    )


def whole(views: Iterable[Tensor]) -> list[Tensor]:
    """True, on the device, for every view, (N, D) or (N, K, D), of finite rows that have a
    direction."""
    return [x.isfinite().all() & x.ne(0).any(-1).all() for x in views]


def check_embeddings(model: nn.Module, views: Sequence[Tensor]) -> None:
    """Raises `DivergedError` where a view has a row that is not finite, or zero."""
    if torch.stack(whole(views)).all():
        return
    for name, view in zip(NAMES, views, strict=False):
        bad = ~view.isfinite().all(-1)
        if bad.any():
            raise DivergedError(
                f"the embeddings of the {name} stopped being finite ({rows(bad)}); "
                f"{weights(model)}. {ADVICE}"
            )
        zero = view.eq(0).all(-1)
        if zero.any():
            raise DivergedError(
                f"the embeddings of the {name} became zero ({rows(zero)}), which have no "
                f"direction; {weights(model)}. {ADVICE}"
            )


def check_gradient(norm: float) -> None:
    """Raises `DivergedError` for a gradient norm of the encoder that is not finite: the loss's
    gradient by the embeddings was, so it broke on the way back through the encoder."""
    if not norm < float("inf"):
        raise DivergedError(
            f"the norm of the encoder's gradient became {norm} on the way back through the "
            f"encoder; the loss's own gradient was finite. The weights were left as they were. "
            f"{ADVICE}"
        )


def weights(model: nn.Module) -> str:
    """Whether the weights are to blame, in words."""
    bad = [name for name, value in model.named_parameters() if not value.isfinite().all()]
    if not bad:
        return "the encoder's weights are finite"
    more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
    return (
        f"the encoder's weights are not finite any more, {bad[0]}{more}: a step before was too long"
    )


def rows(bad: Tensor) -> str:
    """ "rows 3, 7 of 64"; bad: (N,) or (N, K), booleans."""
    flat = bad.flatten()
    found = [str(int(row)) for row in torch.nonzero(flat).flatten()]
    more = ", ..." if len(found) > SHOWN else ""
    return f"rows {', '.join(found[:SHOWN])}{more} of {len(flat)}"
