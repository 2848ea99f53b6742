"""A stretch of the program that leaves a training run as it found it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import numpy as np
import torch
from torch import nn


@contextmanager
def undisturbed(model: nn.Module, seed: int) -> Iterator[None]:
    """Within: random numbers from `seed`, the model as it trains, no gradients.

    After it, and after an error, the random states of torch (CPU, CUDA, MPS), numpy and python,
    every module's mode and every buffer (running statistics) are what they were.
    """
    modes = {module: module.training for module in model.modules()}
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    with _random_states():
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        model.train()
        try:
            with torch.no_grad():
                yield
        finally:
            for module, mode in modes.items():
                module.training = mode
            with torch.no_grad():
                for buffer, kept in buffers:
                    buffer.copy_(kept)


@contextmanager
def _random_states() -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()
    cpu = torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        if mps is not None:
            torch.mps.set_rng_state(mps)


def seed_at(seed: int, step: int) -> int:
    """A seed of 32 bits for one step of a run: another at each, the same after a resume."""
    return int.from_bytes(sha256(f"{seed} {step}".encode()).digest()[:4], "big")
