"""The options of a pretraining run: one frozen record, checked when it is made."""

import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from train.config import check_least
from train.errors import ConfigError, RunFolderError

EPOCHS = 10  # times through the text, where neither --steps nor --minutes is given
WARMUP_SHARE = 0.1  # of the steps
WARMUP_STEPS = 300  # where the number of steps is not known yet
LEAST = {
    "layers": 1, "width": 4, "heads": 1, "vocabulary": 100, "steps": 2, "batch_size": 1,
    "max_length": 4, "warmup": 1, "save_every": 1, "seed": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Pretraining:
    """The options of `train pretrain`; `None` is "by default"."""

    corpus: str
    layers: int = 4
    width: int = 256
    heads: int = 4
    vocabulary: int = 16_000  # word pieces, at most
    steps: int | None = None
    minutes: float | None = None
    batch_size: int = 64  # sentences
    max_length: int = 64  # tokens, [CLS] and [SEP] included
    lr: float = 5e-4  # peak learning rate of AdamW
    warmup: int | None = None  # steps
    seed: int = 0
    save_every: int | None = None  # steps
    device: str = "auto"

    def __post_init__(self) -> None:
        check_least(self, LEAST)
        if not 0 < self.lr < math.inf:
            raise ConfigError(f"--lr {self.lr} must be positive and finite. Try 5e-4.")
        self._check_length()
        if self.width % self.heads:
            raise ConfigError(
                f"--width {self.width} is no multiple of --heads {self.heads}: each head reads "
                f"an equal share. Try --width {self.heads * max(1, self.width // self.heads)}."
            )

    def _check_length(self) -> None:
        """Raises `ConfigError` for a length of the run that contradicts itself."""
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ConfigError(f"--minutes {self.minutes} must be positive and finite. Try 45.")
        if self.minutes is not None and self.steps is not None:
            raise ConfigError(
                f"--minutes {self.minutes:g} and --steps {self.steps} both say when to stop. "
                "Give one of them."
            )
        if self.steps is not None and self.warmup is not None and self.warmup >= self.steps:
            raise ConfigError(
                f"--warmup {self.warmup} leaves none of --steps {self.steps} for the decay. "
                "Give fewer steps of warm-up."
            )

    def first_steps(self, sentences: int) -> int | None:
        """The number of steps for a text of so many sentences; None if the time decides."""
        if self.minutes is not None:
            return None
        return self.steps or max(2, EPOCHS * sentences // self.batch_size)

    def warmup_steps(self, steps: int | None) -> int:
        """In which the learning rate rises; `steps`: of the run, None if not known yet."""
        if self.warmup is not None:
            return self.warmup if steps is None else min(self.warmup, steps - 1)
        return WARMUP_STEPS if steps is None else max(1, round(WARMUP_SHARE * steps))

    def command(self, out: str) -> str:
        """The command line that makes this run again, every option spelled out."""
        words = ["train", "pretrain"]
        for name, value in asdict(self).items():
            if value is not None:
                words += ["--" + name.replace("_", "-"), str(value)]
        return shlex.join([*words, "--out", out])


def recorded(options: Any) -> Pretraining:
    """The options on record. Raises `RunFolderError` if they are damaged."""
    try:
        if not isinstance(options, Mapping):
            raise TypeError("the options are no object")
        if wrong := set(options) ^ {field.name for field in fields(Pretraining)}:
            raise TypeError(f"missing or unknown: {', '.join(sorted(wrong))}")
        return Pretraining(**options)
    except (TypeError, ConfigError) as error:
        raise RunFolderError(
            f"pretraining.json is damaged, or was not written by this version: {error}. "
            "Start a new run."
        ) from error
