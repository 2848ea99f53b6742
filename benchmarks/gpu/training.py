"""A short training run: the loss falls, and a resumed run ends with the very same weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.gpu.sections import Section
from derive.torch import objective

LOSS, STEPS, BATCH, WIDTH, FEATURES = "infonce", 200, 256, 64, 32
ABOUT = """\
{steps} steps of AdamW on {loss} ({batch} pairs a step, raw embeddings, float32) with an encoder of
two layers and dropout; views are a random point twice with noise. Once straight through, once
stopped after {half} steps, saved, loaded into new objects and continued.
`torch.use_deterministic_algorithms(True)`. It passes if the mean loss of the last tenth is under
half that of the first, every loss is finite, and the final weights of both runs are equal, bit by
bit."""


@dataclass
class Run:
    """Everything that a checkpoint has to hold."""

    encoder: nn.Module
    optimizer: torch.optim.Optimizer
    data: torch.Generator  # on the CPU; dropout draws from the device's own

    @classmethod
    def new(cls, device: torch.device) -> "Run":
        torch.manual_seed(0)
        encoder = nn.Sequential(
            nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * WIDTH, FEATURES)
        ).to(device)
        optimizer = torch.optim.AdamW(encoder.parameters(), lr=2e-3)
        return cls(encoder, optimizer, torch.Generator().manual_seed(1))

    @property
    def device(self) -> torch.device:
        return next(self.encoder.parameters()).device

    def views(self) -> tuple[Tensor, Tensor]:
        """Two noisy copies of a batch of points, (batch, width) each."""
        x = torch.randn(BATCH, WIDTH, generator=self.data)
        first, second = (x + torch.randn(x.shape, generator=self.data) / 2 for _ in "12")
        return first.to(self.device), second.to(self.device)

    def steps(self, number: int) -> list[Tensor]:
        """Trains; the loss of each step, left on the device."""
        loss_of, losses = objective(LOSS, embeddings="raw"), []
        for _ in range(number):
            first, second = self.views()
            loss = loss_of(self.encoder(first), self.encoder(second))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
        return losses

    def save(self, file: Path) -> None:
        states: dict[str, Any] = {
            "encoder": self.encoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "data": self.data.get_state(),
            "dropout": _dropout_state(self.device),
        }
        torch.save(states, file)

    @classmethod
    def resumed(cls, file: Path, device: torch.device) -> "Run":
        states, run = torch.load(file, map_location="cpu"), cls.new(device)
        run.encoder.load_state_dict(states["encoder"])
        run.optimizer.load_state_dict(states["optimizer"])
        run.data.set_state(states["data"])
        _set_dropout_state(device, states["dropout"])
        return run


def _dropout_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_dropout_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


@contextmanager
def deterministic() -> Iterator[None]:
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def training(device: torch.device, steps: int = STEPS) -> Section:
    """The run and the resumed run."""
    half = steps // 2
    with deterministic(), TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint.pt"
        through = Run.new(device)
        losses = through.steps(half)
        through.save(file)
        losses += through.steps(steps - half)
        again = Run.resumed(file, device)
        again.steps(steps - half)
    values = torch.stack(losses).cpu()
    first, last = (float(x.mean()) for x in (values[: steps // 10], values[-(steps // 10) :]))
    apart = distance(through.encoder, again.encoder)
    rows = [
        ["mean loss of the first tenth", f"{first:.4f}"],
        ["mean loss of the last tenth", f"{last:.4f}"],
        ["largest difference of a weight after resuming", f"{apart:.1e}"],
    ]
    about = ABOUT.format(steps=steps, loss=LOSS, batch=BATCH, half=half)
    failures = verdicts(values, first, last, apart)
    return Section("Training and resuming", about, ["", LOSS], rows, failures)


def verdicts(values: Tensor, first: float, last: float, apart: float) -> list[str]:
    failures = []
    if not bool(values.isfinite().all()):
        failures.append("a loss is not finite")
    if not last < first / 2:
        failures.append(f"the loss went from {first:.4f} to {last:.4f}")
    if apart != 0:
        failures.append(f"the weights of the resumed run are up to {apart:.1e} off")
    return failures


def distance(first: nn.Module, second: nn.Module) -> float:
    """The largest difference of a weight."""
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)
