"""What a batch has to be before a loss is computed on it."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from derive.errors import InputError


def accumulating(x: Tensor) -> Tensor:
    """float16 and bfloat16 as float32."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def check_batch(h: Tensor, h_prime: Tensor, *, directions: bool) -> None:
    """Raises `InputError` unless h and h_prime are two finite (N, D) batches of one floating
    dtype, N ≥ 2; directions: with no zero row."""
    if h.ndim != 2 or h.shape != h_prime.shape:
        raise InputError(
            f"h has shape {tuple(h.shape)} and h_prime {tuple(h_prime.shape)}. "
            "Both must be (N, D), row i of the one the positive of row i of the other."
        )
    if h.shape[0] < 2:
        raise InputError(f"a batch of {h.shape[0]} has no negatives. Give at least two pairs.")
    if not h.is_floating_point() or h.dtype != h_prime.dtype:
        raise InputError(f"h is {h.dtype} and h_prime {h_prime.dtype}. Give one floating dtype.")
    for name, x in (("h", h), ("h_prime", h_prime)):
        norms = (
            x.detach().float().norm(dim=1) if x.dtype != torch.float64 else x.detach().norm(dim=1)
        )
        good = norms.isfinite() & ((norms > 0) if directions else norms.isfinite())
        if not bool(good.all()):
            bad = int((~good).nonzero()[0])
            what = "zero or not finite: it has no direction" if directions else "not finite"
            raise InputError(
                f"row {bad} of {name} is {what}. Check the encoder's output (an empty input, an "
                "overflow) before the loss."
            )


def check_unit(h: Tensor, h_prime: Tensor, dtype: torch.dtype) -> None:
    """Raises `InputError` if a row's norm is not 1 to the precision of the dtype."""
    tolerance = 64 * torch.finfo(dtype).eps
    for name, x in (("h", h), ("h_prime", h_prime)):
        worst = float((x.detach().norm(dim=1) - 1).abs().max())
        if worst > tolerance:
            raise InputError(
                f"a row of {name} has a norm {worst:.2g} away from 1, and unit embeddings were "
                "promised. Normalise them, or use objective(..., embeddings='raw')."
            )


def check_inputs(names: Sequence[str], inputs: Mapping[str, Tensor], h: Tensor) -> None:
    """Raises `InputError` unless the inputs are those named: labels, integers (N,); arrays of
    sample numbers, integers (N, M) from 0 to N − 1, no row holding its own number."""
    missing, strange = set(names) - set(inputs), set(inputs) - set(names)
    if missing or strange:
        wanted = ", ".join(names) or "none"
        given = ", ".join(sorted(inputs)) or "none"
        raise InputError(f"the loss takes the inputs {wanted}; given are {given}.")
    n = h.shape[0]
    for name, x in inputs.items():
        shape = "(N,)" if name == "labels" else "(N, M)"
        fits = x.ndim == (1 if name == "labels" else 2) and x.shape[0] == n and x.numel() > 0
        if not fits or x.is_floating_point() or x.is_complex() or x.device != h.device:
            raise InputError(
                f"{name} is {x.dtype} of shape {tuple(x.shape)} on {x.device}. Give integers of "
                f"shape {shape}, N = {n}, on {h.device}."
            )
        if name != "labels":
            _check_numbers(name, x, n)


def _check_numbers(name: str, x: Tensor, n: int) -> None:
    own = torch.arange(n, device=x.device)[:, None]
    if bool(((x < 0) | (x >= n) | (x == own)).any()):
        raise InputError(
            f"{name} holds a number that is no other sample: row i takes numbers from 0 to "
            f"{n - 1} except i."
        )
