"""When training breaks down: which component went wrong, found on the batch at hand.

In the order of cause: the encoder's weights, its embeddings, the loss, and the loss's gradient.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from train.errors import DivergedError

ADVICE = "Lower --lr, or look at the hyper-parameters given with --set."
SHOWN = 5  # rows that a message names


def check_embeddings(model: nn.Module, views: Iterable[Tensor]) -> None:
    """Raises `DivergedError` where a view, (N, D) or (N, K, D), has a row that is not finite, or
    zero: it has no direction. One question to the device for all that is well."""
    views = [view.detach() for view in views]
    well = [x.isfinite().all() & x.ne(0).any(-1).all() for x in views]
    if torch.stack(well).all():
        return
    for name, view in zip(("anchors", "positives", "negatives"), views, strict=False):
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


def check_loss(loss: Tensor, diagnose: Callable[[], str]) -> None:
    """Raises `DivergedError` for a loss that is no number, of embeddings that are finite.

    diagnose: which component of the loss it was; called if it comes to that.
    """
    if not loss.isfinite():
        raise DivergedError(
            f"the loss became {loss.item()} on embeddings that are all finite: the objective "
            f"itself breaks down here. {diagnose()} {ADVICE}"
        )


def watch(view: Tensor, name: str, diagnose: Callable[[], str]) -> None:
    """Raise `DivergedError` in the backward pass if the loss's gradient by a view is not finite."""
    if view.requires_grad:
        view.register_hook(gradient_check(name, diagnose))


def gradient_check(name: str, diagnose: Callable[[], str]) -> Callable[[Tensor], None]:
    """A hook for the gradient by the embeddings of `name`, of their shape."""

    def check(gradient: Tensor) -> None:
        bad = ~gradient.isfinite().all(-1)
        if bad.any():
            raise DivergedError(
                f"the loss is finite, and its gradient by the {name} is not ({rows(bad)}). "
                f"{diagnose()} {ADVICE}"
            )

    return check


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
