"""InfoNCE of very large batches: peak memory and time of one step."""

from benchmarks import candidates, memory
from benchmarks.store import Results

FEATURES = 256
SIZES = (32768, 65536)
TARGET = 2**30  # bytes at the first size: issue 4


def measure(results: Results, sizes: tuple[int, ...] = SIZES) -> None:
    for n in sizes:
        results.fill(
            f"large/infonce/{n}",
            f"large: infonce, N = {n}, D = {FEATURES}",
            lambda m=n: memory.peak("infonce", candidates.OURS, m, FEATURES),
        )
