"""Is it the same loss? Value and gradients of each candidate against ours, before any timing."""

import torch
from torch import Tensor

from benchmarks import candidates
from benchmarks.timing import Loss

# Largest difference relative to the largest entry. float32 rounds to 6e-8; a logit of 1/τ = 20
# and sums over the batch lose two to three digits of that.
BOUNDS = {torch.float64: 1e-7, torch.float32: 2e-4}
SIZES = {torch.float64: (96, 32), torch.float32: (256, 768)}


def gradients(loss: Loss, h: Tensor, h_prime: Tensor) -> list[Tensor]:
    """Value, gradient by h, gradient by h_prime."""
    h, h_prime = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
    value = loss(h, h_prime)
    value.backward()
    found = [value.detach(), h.grad, h_prime.grad]
    return [x for x in found if x is not None]


def difference(loss: Loss, other: Loss, h: Tensor, h_prime: Tensor) -> float:
    """The largest of value and gradients, each relative to the largest entry of `other`'s."""
    pairs = zip(gradients(loss, h, h_prime), gradients(other, h, h_prime), strict=True)
    return max(float((x - y).abs().max() / y.abs().max()) for x, y in pairs)


def check(case: str, candidate: str) -> dict[str, object]:
    """{"float64": difference, "float32": difference, "same": verdict}, or {"failed": reason}."""
    result: dict[str, object] = {}
    same = True
    try:
        for dtype, bound in BOUNDS.items():
            if candidate == candidates.COMPILED and dtype == torch.float64:
                continue  # minutes; the timed step is in float32
            n, d = SIZES[dtype]
            h, h_prime = candidates.batch(case, n, d, dtype)
            ours = candidates.build(case, candidates.OURS, n, d)
            other = candidates.build(case, candidate, n, d)
            apart = difference(other, ours, h, h_prime)
            result[str(dtype).removeprefix("torch.")] = apart
            same = same and apart <= bound
    except Exception as error:  # a peer may fail in any way; what it said goes on the page
        return {"failed": said(error)}
    return {**result, "same": same}


def said(error: BaseException) -> str:
    """The kind and the first line of an error."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
