"""The page that a check writes: what ran where, and every section."""

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.gpu.sections import Section

ROOT = Path(__file__).parents[2]
NEVER = """\
**Never run on a GPU.** Nobody has run `make gpu-check` on a machine with CUDA yet. What follows is
the part of it that needs no GPU, on the CPU and in a small size: that the numbers are right, that
no operation would make the host wait, and what TF32 would cost, emulated. It says nothing about
speed or memory on a GPU, nor about the kernels there.
"""
ON_THE_CPU = "python -m benchmarks.gpu_check --device cpu --out FILE"
TF32 = """\
## TF32

An objective leaves torch's setting of float32 products alone, whatever it is, and does not read
it. By default it is off (`torch.get_float32_matmul_precision()` is `"highest"`);
`torch.set_float32_matmul_precision("high")` turns it on, and products become faster on GPUs that
have it. What it costs: a factor keeps ten bits, so that a cosine is off by at most 2⁻¹⁰ if factors
are rounded and 2⁻⁹ if they are cut off, and a logit by that over τ: .02 or .04 at τ = .05. That is
also the order of a softmax weight's relative error at worst; what it comes to is measured in the
column TF32 under Exactness. Where a loss picks the hardest negative or opens a gate, another one
may win if two are nearer than that. bfloat16 embeddings and autocast change nothing about it: the
objective computes in float32, with that setting.

Use that function or `torch.backends.cuda.matmul.allow_tf32`, or only
`torch.backends.cuda.matmul.fp32_precision`: torch 2.13 raises when the older ones are read after
the newer has been set.
"""


def page(sections: Sequence[Section], device: torch.device) -> str:
    """Markdown."""
    facts = [f"| {name} | {value} |" for name, value in hardware(device).items()]
    is_gpu = device.type == "cuda"
    command = (
        "make gpu-check" if is_gpu else "python -m benchmarks.gpu_check --device cpu --out FILE"
    )
    lines = ["# On a GPU", "", f"Written by `{command}`; do not edit.", ""]
    lines += [] if is_gpu else [NEVER]
    lines += ["| | |", "|---|---|", *facts, "", *[x.markdown() for x in sections], TF32]
    return "\n".join(lines)


def hardware(device: torch.device) -> dict[str, str]:
    """What ran where and when."""
    found = {"Device": "CPU"}
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        found = {
            "Device": about.name,
            "Memory": f"{about.total_memory / 2**30:.0f} GiB",
            "Compute capability": f"{about.major}.{about.minor}",
            "Driver": _output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"),
            "CUDA": str(torch.version.cuda),
        }
    return {
        **found,
        "torch": torch.__version__,
        "Python": platform.python_version(),
        "Date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "Commit": commit(),
    }


def commit() -> str:
    """The commit checked out, and whether files differ from it."""
    name = _output("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD")
    changed = _output("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no")
    return f"{name}, with changes that are not committed" if changed else name


def _output(*command: str) -> str:
    """What a command prints, its first line, or "unknown" where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip().partition("\n")[0]
