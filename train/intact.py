"""Whether a checkpoint that is marked whole still is: read before anything of it is used.

Its optimiser, schedule and random states are pickles. They are read with PyTorch's weights_only,
which builds tensors and plain values and runs nothing; weights are safetensors. A file of another
kind of pickle is never read: nothing here writes one.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from transformers.trainer_pt_utils import safe_globals

from train import checkpoints, ranks
from train.errors import RunFolderError

PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")


def newest_intact(folder: Path) -> Path | None:
    """The newest whole checkpoint, if there is one. Raises `RunFolderError` if it is damaged."""
    checkpoint = checkpoints.last(folder)
    if checkpoint is not None:
        check_intact(checkpoint)
    return checkpoint


def check_intact(checkpoint: Path) -> None:
    """Raises `RunFolderError`, which names the file, for a checkpoint that cannot be gone on from.

    A state that is missing counts: the trainer would go on without it, from an empty one.
    """
    expected = {"trainer_state.json": read_state, "model.safetensors": read_weights,
                "modules.json": read_json, "optimizer.pt": read_tensors,
                "scheduler.pt": read_tensors}  # fmt: skip
    expected |= dict.fromkeys(random_states(), read_tensors)
    expected |= {
        str(path.relative_to(checkpoint)): read_weights
        for path in checkpoint.rglob("*.safetensors")
    }
    if (checkpoint / "scaler.pt").exists():  # of fp16 alone
        expected["scaler.pt"] = read_tensors
    for name, read in expected.items():
        if not (checkpoint / name).is_file():
            raise damaged(checkpoint, f"{name} is missing")
        attempt(read, checkpoint, name)
    for path in sorted(checkpoint.rglob("*")):
        name = str(path.relative_to(checkpoint))
        if path.suffix in PICKLES and name not in expected:
            raise damaged(checkpoint, f"{name} is a pickle that no run writes; it was not read")


def random_states() -> list[str]:
    """The files of random states: one a process."""
    if ranks.world() == 1:
        return ["rng_state.pth"]
    return [f"rng_state_{rank}.pth" for rank in range(ranks.world())]


def attempt(read: Callable[[Path], Any], checkpoint: Path, name: str) -> None:
    """Read a file. Whatever a damaged one raises, the message is ours: PyTorch's own advises to
    load it without the guard."""
    try:
        read(checkpoint / name)
    except Exception as error:
        raise damaged(checkpoint, f"{name} cannot be read ({type(error).__name__})") from error


def read_tensors(path: Path) -> None:
    """A state of the trainer: tensors and plain values; mapped, so that large ones cost nothing."""
    with safe_globals():
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)


def read_weights(path: Path) -> None:
    """The header of a safetensors file, which says how long the file is."""
    with safe_open(path, framework="pt") as file:
        if not file.keys():
            raise SafetensorError("no tensors")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def read_state(path: Path) -> None:
    """The trainer's own record, of the step in the folder's name."""
    step, named = read_json(path)["global_step"], checkpoints.step_of(path.parent)
    if step != named:
        raise ValueError(f"step {step!r}, not {named}")


def damaged(checkpoint: Path, reason: str) -> RunFolderError:
    """The error of a checkpoint that is not whole any more, and how to go on without it."""
    others = [x for x in checkpoints.complete(checkpoint.parent) if x != checkpoint]
    then = f"from {others[-1].name}" if others else "from the beginning"
    return RunFolderError(
        f"the checkpoint {str(checkpoint)!r} is damaged: {reason}. "
        f"Delete that folder; --resume then goes on {then}."
    )
