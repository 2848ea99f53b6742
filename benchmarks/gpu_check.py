"""Checks the fast objectives on a GPU and writes docs/gpu.md: `make gpu-check`.

    python -m benchmarks.gpu_check [--device cuda|cpu] [--out FILE] [--loss NAME ...]

Exactness of the whole catalogue in every number format, no hidden syncs, time against the bare
matrix products, peak memory, a training run and its resumption. --device cpu runs what needs no
GPU, in a small size, and writes to --out. Ends with 0 if all passed, 1 if not, 2 if it could not
run.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from benchmarks.gpu.exactness import exactness
from benchmarks.gpu.formats import matmul_precision
from benchmarks.gpu.page import ROOT, page
from benchmarks.gpu.sections import Section
from benchmarks.gpu.speed import memory, timing
from benchmarks.gpu.subjects import Loss
from benchmarks.gpu.training import training
from benchmarks.gpu.waiting import waiting
from derive.objectives import names
from derive.torch import objective

PAGE = ROOT / "docs" / "gpu.md"
# N no multiple of a tile, and a tenth of N − 1 a whole number, where shares may be miscounted.
LARGE, SMALL = (261, 96), (21, 12)
NEEDS_CUDA = "it needs CUDA."


def check(
    device: torch.device, losses: Sequence[str], steps: int, make: Callable[..., Loss] = objective
) -> Iterator[Section]:
    """Every section; those that need CUDA say so where there is none. make: as `objective`."""
    is_gpu = device.type == "cuda"
    size = LARGE if is_gpu else SMALL
    yield exactness(losses, device, *size, make=make)
    yield waiting(losses, device, *size, make=make)
    if is_gpu:
        with matmul_precision("highest"):
            yield timing(losses, device)
            yield memory(losses, device)
    else:
        yield from (Section(x, "", not_run=NEEDS_CUDA) for x in ("Time", "Peak memory"))
    yield training(device, steps)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--out", type=Path, help=f"default with CUDA: {PAGE.relative_to(ROOT)}")
    parser.add_argument("--loss", action="append", choices=names(), metavar="NAME")
    parser.add_argument("--steps", type=int, default=200, help="of the training run")
    return parser.parse_args(given)


def refusal(a: argparse.Namespace) -> str:
    """Why it cannot run, or nothing."""
    if a.device == "cuda" and not torch.cuda.is_available():
        return (
            "no CUDA: torch.cuda.is_available() is False. Run it on a machine with a GPU and a "
            "torch built for it, or what needs none with --device cpu --out FILE."
        )
    if a.device == "cpu" and a.out is None:
        return "--device cpu checks a part. Say where it goes with --out FILE; the page is a GPU's."
    if a.steps < 10:
        return f"--steps {a.steps}: give 10 or more."
    return ""


def main(given: Sequence[str] | None = None, make: Callable[..., Loss] = objective) -> int:
    a = arguments(given)
    reason = refusal(a)
    if reason:
        print(f"gpu-check: {reason}", file=sys.stderr)
        return 2
    # Before CUDA starts: products are then the same in every run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device, sections = torch.device(a.device), []
    for section in check(device, a.loss or names(), a.steps, make):
        print(f"{section.title}: {section.verdict}", *section.failures, sep="\n  ", flush=True)
        sections.append(section)
    out = a.out or PAGE
    out.write_text(page(sections, device), encoding="utf-8")
    print(f"Written: {out}")
    return 1 if any(x.failures for x in sections) else 0


if __name__ == "__main__":
    sys.exit(main())
