"""What a batch has to be before a loss is computed on it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from derive.errors import InputError
from derive.torch.known import Mask

_ROWS = 256  # of a mask, looked at together


def checks_values(x: Tensor) -> bool:
    """Whether values may be looked at: on an accelerator the host would have to wait for them."""
    return x.device.type == "cpu"


def no_autocast(device: str) -> AbstractContextManager[object]:
    """Without autocast on a kind of device; some kinds have none."""
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def check_tensor(name: str, x: object) -> None:
    """Raises `InputError` unless x is a tensor."""
    if not isinstance(x, Tensor):
        raise InputError(f"{name} is a {type(x).__name__}. Give a tensor.")


def accumulating(x: Tensor) -> Tensor:
    """float16 and bfloat16 as float32."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def check_shapes(h: Tensor, h_prime: Tensor) -> None:
    """Raises `InputError` unless h and h_prime are two (N, D) batches of one floating dtype."""
    check_tensor("h", h)
    check_tensor("h_prime", h_prime)
    if h.ndim != 2 or h.shape != h_prime.shape or h.shape[1] == 0:
        raise InputError(
            f"h has shape {tuple(h.shape)} and h_prime {tuple(h_prime.shape)}. "
            "Both must be (N, D), row i of the one the positive of row i of the other."
        )
    if not h.is_floating_point() or h.dtype != h_prime.dtype:
        raise InputError(f"h is {h.dtype} and h_prime {h_prime.dtype}. Give one floating dtype.")
    if h.device != h_prime.device:
        raise InputError(f"h is on {h.device} and h_prime on {h_prime.device}. Move one of them.")


def check_samples(n: int) -> None:
    """Raises `InputError` for a batch, over all processes, without negatives."""
    if n < 2:
        raise InputError(f"a batch of {n} has no negatives. Give at least two pairs.")


def check_rows(name: str, x: Tensor, *, unit: torch.dtype | None, directions: bool) -> None:
    """Raises `InputError` if a row of x, (N, D), is not finite; directions: or zero; unit: or of a
    norm that is not 1 to the precision of that dtype. On an accelerator nothing is looked at."""
    if not checks_values(x):
        return
    norms = torch.linalg.vector_norm(x.detach(), dim=1)
    good = norms.isfinite() & (norms > 0) if directions else norms.isfinite()
    if not bool(good.all()):
        bad = int((~good).nonzero()[0])
        what = "zero or not finite: it has no direction" if directions else "not finite"
        raise InputError(
            f"row {bad} of {name} is {what}. Check the encoder's output (an empty input, an "
            "overflow) before the loss."
        )
    if unit is None:
        return
    worst = float((norms - 1).abs().max())
    low = unit in (torch.float16, torch.bfloat16)  # rounded once; others after long sums
    if worst > (4 if low else 64) * torch.finfo(unit).eps:
        raise InputError(
            f"a row of {name} has a norm {worst:.2g} away from 1, and unit embeddings were "
            "promised. Normalise them, or use objective(..., embeddings='raw')."
        )


def check_inputs(names: Sequence[str], inputs: Mapping[str, Tensor], h: Tensor) -> None:
    """Raises `InputError` unless the inputs are those named: labels, integers (N,); arrays of
    sample numbers, integers (N, M)."""
    missing, strange = set(names) - set(inputs), set(inputs) - set(names)
    if missing or strange:
        wanted = ", ".join(names) or "none"
        given = ", ".join(sorted(inputs)) or "none"
        raise InputError(f"the loss takes the inputs {wanted}; given are {given}.")
    for name, x in inputs.items():
        check_integers(name, x, h, 1 if name == "labels" else 2)


def check_integers(name: str, x: Tensor, h: Tensor, dimensions: int) -> None:
    """Raises `InputError` unless x holds integers, a row a sample, where h is."""
    check_tensor(name, x)
    n = h.shape[0]
    fits = x.ndim == dimensions and x.shape[0] == n and x.numel() > 0
    if not fits or x.is_floating_point() or x.is_complex() or x.device != h.device:
        shape = "(N,)" if dimensions == 1 else "(N, M)"
        raise InputError(
            f"{name} is {x.dtype} of shape {tuple(x.shape)} on {x.device}. Give integers of "
            f"shape {shape}, N = {n}, on {h.device}."
        )


def check_numbers(name: str, x: Tensor, start: int, total: int) -> None:
    """Raises `InputError` if an array of sample numbers, whose row 0 is sample `start`, holds one
    that is no other sample of the `total`."""
    if not checks_values(x):
        return
    own = torch.arange(start, start + x.shape[0], device=x.device)[:, None]
    if bool(((x < 0) | (x >= total) | (x == own)).any()):
        raise InputError(
            f"{name} holds a number that is no other sample: row i takes numbers from 0 to "
            f"{total - 1} except i."
        )


def check_negatives(negatives: Tensor, h: Tensor) -> Tensor:
    """(N, K, D) of explicit negatives, (N, D) or (N, K, D). Raises `InputError` otherwise."""
    check_tensor("negatives", negatives)
    n, d = h.shape
    fits = negatives.ndim in (2, 3) and negatives.shape[0] == n and negatives.shape[-1] == d
    fits = fits and negatives.numel() > 0
    if not fits or negatives.dtype != h.dtype or negatives.device != h.device:
        raise InputError(
            f"negatives are {negatives.dtype} of shape {tuple(negatives.shape)} on "
            f"{negatives.device}. Give {h.dtype} of shape (N, D) or (N, K, D), N = {n}, D = {d}, "
            f"K ≥ 1, on {h.device}."
        )
    return negatives.reshape(n, -1, d)


def check_mask(mask: Tensor, h: Tensor, candidates: int, start: int, *, symmetric: bool) -> None:
    """Raises `InputError` unless mask is bool, a row for each anchor here and a column for each
    candidate; symmetric: and its own transpose."""
    check_tensor("mask", mask)
    shape = (h.shape[0], candidates)
    if mask.dtype != torch.bool or tuple(mask.shape) != shape or mask.device != h.device:
        raise InputError(
            f"mask is {mask.dtype} of shape {tuple(mask.shape)} on {mask.device}. Give bool of "
            f"shape {shape}, True for a pair to leave out, on {h.device}."
        )
    if not checks_values(mask):
        return
    square = shape[0] == candidates
    if symmetric and square and not torch.equal(mask, mask.T):
        raise InputError(
            "mask is not symmetric, and in this loss either sample of a pair is an anchor. Give "
            "mask | mask.T."
        )


def check_left(mask: Mask, own: slice, h: Tensor) -> None:
    """Raises `InputError` unless every anchor of the process keeps a candidate beside its own."""
    if not checks_values(h):
        return
    for start in range(own.start, own.stop, _ROWS):
        tile = slice(start, min(start + _ROWS, own.stop))
        alone = mask.rows(tile).sum(dim=1) < 2
        if bool(alone.any()):
            raise InputError(
                f"mask or labels leave anchor {start + int(alone.nonzero()[0])} without a negative."
                " Leave at least one pair in."
            )
