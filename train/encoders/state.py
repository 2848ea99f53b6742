"""Checkpoints of a pretraining run: weights and optimiser in one safetensors file, no pickle.

A checkpoint counts only with its marker, written last: see train/checkpoints.py.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor
from transformers import BertForMaskedLM

from train import checkpoints
from train.errors import RunFolderError, StorageError
from train.folder import RunFolder

STATE = "state.safetensors"


def named_state(model: BertForMaskedLM, optimizer: torch.optim.AdamW) -> dict[str, Tensor]:
    """Every parameter, and what AdamW keeps for it, by name."""
    state: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        state[f"model/{name}"] = parameter.detach()
        for key, value in optimizer.state[parameter].items():
            state[f"{key}/{name}"] = value
    return {name: value.contiguous().cpu() for name, value in state.items()}


def write(run: RunFolder, step: int, model: BertForMaskedLM, optimizer: torch.optim.AdamW) -> None:
    """The checkpoint of a step; older ones are pruned. Raises `StorageError` on a full disk."""
    checkpoint = run.checkpoints / f"checkpoint-{step}"
    try:
        checkpoint.mkdir(parents=True, exist_ok=True)
        (checkpoint / checkpoints.MARKER).unlink(missing_ok=True)
        (checkpoint / STATE).write_bytes(save(named_state(model, optimizer)))
        (checkpoint / checkpoints.MARKER).touch()
        checkpoints.prune(run.checkpoints)
    except OSError as error:
        raise StorageError(
            f"{str(checkpoint)!r} cannot be written: {error.strerror}. The checkpoint before it "
            f"is whole. Make room, then go on with: train pretrain --resume {run.path}"
        ) from error


def read(checkpoint: Path, model: BertForMaskedLM, optimizer: torch.optim.AdamW) -> None:
    """Put model and optimiser back. Raises `RunFolderError` when the file does not fit them."""
    path = checkpoint / STATE
    try:
        state = load_file(path)
        for name, parameter in model.named_parameters():
            with torch.no_grad():
                parameter.copy_(exactly(state[f"model/{name}"], parameter))
            optimizer.state[parameter] = {
                "step": state[f"step/{name}"],
                "exp_avg": exactly(state[f"exp_avg/{name}"], parameter),
                "exp_avg_sq": exactly(state[f"exp_avg_sq/{name}"], parameter),
            }
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RunFolderError(
            f"{path} does not hold this run's state: {error}. Delete {checkpoint} to go on from "
            "the checkpoint before it, or start a new run."
        ) from error


def exactly(value: Tensor, parameter: Tensor) -> Tensor:
    """`value` where the parameter lies. Raises `ValueError` for another shape."""
    if value.shape != parameter.shape:
        raise ValueError(f"shape {tuple(value.shape)} instead of {tuple(parameter.shape)}")
    return value.to(parameter.device)
