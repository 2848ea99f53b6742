"""Time of a training step on a GPU against the bare matrix products, and its peak memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

import torch
from torch import Tensor

from benchmarks import batches
from benchmarks.floors import FLOORS, bare
from benchmarks.gpu.sections import Section
from benchmarks.gpu.subjects import defaults, on
from benchmarks.timing import Step, training_step
from derive.objectives import load
from derive.torch import objective
from verify import oracles

SIZES, FEATURES, REPEATS = (512, 1024, 2048, 4096, 8192, 16384), 768, 15
SLOWEST_FROM = 4096  # from here the objective must be faster than autograd of the oracle
MEMORY_AT, LIMIT = (32768, 256), 2**30
OUT_OF_MEMORY, SLOW = float("nan"), 5000.0  # milliseconds
ABOUT_TIME = """\
Forward and backward in float32 (TF32 off), D = {d}, CUDA events, interleaved, {repeats} repeats
after two that do not count. A cell is the median in ms, then its ratio to the median of the bare
matrix products that the loss cannot do without (benchmarks/floors.py) with the least and the
largest ratio of a repeat to it, then the ratio to autograd of the oracle (— where that is out of
memory). It passes if every objective is faster than autograd of its oracle from N = {least} on;
the ratios to the products are measured and not demanded."""
ABOUT_MEMORY = """\
The most that is allocated during forward and backward in float32 at N = {n}, D = {d}, above the
inputs and their gradients. At most {limit:.0f} GiB is demanded; one (N, N) block is {block:.0f}."""


def milliseconds(step: Step) -> float:
    """By CUDA events; not a number where memory does not suffice."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in "12")
    try:
        start.record()
        step()
        end.record()
    except torch.cuda.OutOfMemoryError:
        return OUT_OF_MEMORY
    torch.cuda.synchronize()
    return float(start.elapsed_time(end))


def interleaved(
    steps: Mapping[str, Step], repeats: int, clock: Callable[[Step], float]
) -> dict[str, list[float]]:
    """Times of each step, in turn, after two rounds that do not count. A step that is out of memory
    or slower than `SLOW` there is run no more, and they do count."""

    def rounds(names: Iterable[str], number: int) -> dict[str, list[float]]:
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(number):
            for name, taken in times.items():
                taken.append(clock(steps[name]))
        return times

    warm = rounds(steps, 2)
    quick = [name for name, times in warm.items() if all(t < SLOW for t in times)]
    return {**warm, **rounds(quick, repeats)}


def steps_of(loss: str, n: int, d: int, device: torch.device) -> dict[str, Step]:
    """The products, the objective and autograd of the oracle, on one batch."""
    kind = load(loss)
    h, h_prime = (x.to(device) for x in batches.batch_of(kind, n, d))
    inputs = on(device, batches.inputs(kind.inputs, n))
    function, module, values = oracles.load(loss), objective(loss), defaults(loss, n, d)

    def plain(x: Tensor, y: Tensor) -> Tensor:
        value: Tensor = function(x, y, **values, **inputs)
        return value

    def fast(x: Tensor, y: Tensor) -> Tensor:
        return module(x, y, **inputs)

    return {
        "products": bare(FLOORS[loss], h, h_prime),
        "objective": training_step(fast, h, h_prime),
        "autograd": training_step(plain, h, h_prime),
    }


def cell(times: Mapping[str, Sequence[float]]) -> str:
    """The objective's median, and its ratios to the others."""
    own, base = times["objective"], median(times["products"])
    spread = f"{median(own) / base:.2f} ({min(own) / base:.2f} to {max(own) / base:.2f})"
    plain = median(times["autograd"])
    beside = "—" if plain != plain else f"{median(own) / plain:.2f}"
    return f"{median(own):.2f}; {spread}; {beside}"


def timing(
    losses: Sequence[str],
    device: torch.device,
    sizes: Sequence[int] = SIZES,
    clock: Callable[[Step], float] = milliseconds,
) -> Section:
    """Needs CUDA, unless the clock does not."""
    rows, failures = [], []
    for loss in losses:
        cells = []
        for n in sizes:
            times = interleaved(steps_of(loss, n, FEATURES, device), REPEATS, clock)
            torch.cuda.empty_cache()
            cells.append(cell(times))
            own, plain = median(times["objective"]), median(times["autograd"])
            if own != own:
                failures.append(f"{loss} at N = {n} is out of memory")
            elif n >= SLOWEST_FROM and own > plain:  # never where the oracle has no time
                failures.append(f"{loss} at N = {n} takes {own / plain:.2f} times autograd's time")
        rows.append([loss, *cells])
    about = ABOUT_TIME.format(d=FEATURES, repeats=REPEATS, least=SLOWEST_FROM)
    return Section("Time", about, ["loss", *[f"N = {n}" for n in sizes]], rows, failures)


def memory(losses: Sequence[str], device: torch.device) -> Section:
    """Needs CUDA."""
    (n, d), rows, failures = MEMORY_AT, [], []
    for loss in losses:
        try:
            above = float(peak(loss, n, d, device))
        except torch.cuda.OutOfMemoryError:
            above = float("inf")
        torch.cuda.empty_cache()
        rows.append([loss, f"{above / 2**30:.2f}"])
        if not above <= LIMIT:
            failures.append(f"{loss} takes {above / 2**30:.2f} GiB")
    about = ABOUT_MEMORY.format(n=n, d=d, limit=LIMIT / 2**30, block=4 * n**2 / 2**30)
    return Section("Peak memory", about, ["loss", "GiB"], rows, failures)


def peak(loss: str, n: int, d: int, device: torch.device) -> int:
    """Bytes above the inputs and their gradients."""
    kind = load(loss)
    h, h_prime = (x.to(device).requires_grad_() for x in batches.batch_of(kind, n, d))
    inputs, module = on(device, batches.inputs(kind.inputs, n)), objective(loss)
    h.detach()[:64] @ h_prime.detach()[:64].T  # cuBLAS takes its workspace once
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    module(h, h_prime, **inputs).backward()
    return torch.cuda.max_memory_allocated(device) - before - 2 * h.nbytes
