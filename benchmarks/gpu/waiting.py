"""No hidden syncs: forward and backward of every loss without the host waiting for the device."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch

from benchmarks.gpu.sections import Section
from benchmarks.gpu.subjects import Loss, batch, on
from benchmarks.gpu.syncs import no_syncs, values_unseen
from derive.objectives import load
from derive.torch import objective

ABOUT = """\
Forward and backward of each loss in float32 at N = {n}, D = {d}, in tiles of {tile} anchors, after
one call that does not count, with unit rows and (where the loss takes them) raw ones. {how}"""
CUDA = '`torch.cuda.set_sync_debug_mode("error")` raises at the first operation that waits.'
ELSEWHERE = (
    "There is no CUDA here: a mode of torch records every operation that reads a value, makes a "
    "shape of values, or copies between host and device (benchmarks/gpu/syncs.py), with the input "
    "checks off that are off on a GPU."
)

Guard = Callable[[torch.device], AbstractContextManager[None]]


def waiting(
    losses: Sequence[str],
    device: torch.device,
    n: int,
    d: int,
    make: Callable[..., Loss] = objective,
    guard: Guard = no_syncs,
) -> Section:
    """make: what is checked, by name of the loss; guard: what raises at a sync."""
    failures, free, tile = [], Counter(unit=0, raw=0), n // 3
    for loss in losses:
        kinds = ["raw"] if load(loss).embeddings == "raw" else ["unit", "raw"]
        found = {kind: sync_of(loss, kind, device, (n, d, tile), make, guard) for kind in kinds}
        free.update(kind for kind, x in found.items() if not x)
        failures += [f"{loss}, {kind} rows: {x}" for kind, x in found.items() if x]
    about = ABOUT.format(n=n, d=d, tile=tile, how=CUDA if device.type == "cuda" else ELSEWHERE)
    rows = [[f"{kind} rows", number] for kind, number in free.items()]
    return Section("No hidden syncs", about, ["", "losses without a sync"], rows, failures)


def sync_of(
    loss: str,
    embeddings: str,
    device: torch.device,
    sizes: tuple[int, int, int],
    make: Callable[..., Loss],
    guard: Guard,
) -> str:
    """What waited in one step, or nothing."""
    n, d, tile = sizes
    h, h_prime, inputs = batch(loss, n, d)
    h, h_prime = (x.float().to(device).requires_grad_() for x in (h, h_prime))
    inputs, module = on(device, inputs), make(loss, embeddings=embeddings, tile=tile)
    # A GPU has to show by itself that the checks are off.
    checks = nullcontext() if device.type == "cuda" else values_unseen()
    try:
        with checks:
            module(h, h_prime, **inputs).backward()
            with guard(device):
                module(h, h_prime, **inputs).backward()
    except RuntimeError as error:
        return str(error).partition("\n")[0]
    return ""
