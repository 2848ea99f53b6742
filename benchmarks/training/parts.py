"""The measurements, each a cell of the records."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.training.scores import score
from benchmarks.training.subjects import OURS, THEIRS, Subject
from benchmarks.training.workers import Step, interleaved

Cell = dict[str, Any]
Keep = Callable[[str, str, Callable[[], Cell]], None]  # key, what is said, how it is measured

BASE = {"batch_size": 64, "max_length": 32, "one_pass": False, "trim": False}
LEVERS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "one_pass": {"one_pass": True},
    "trim": {"trim": True},
    "one_pass, trim": {"one_pass": True, "trim": True},
    "bucket": {"bucket": True},
    "freeze": {"freeze": "embeddings"},
    "bf16": {"precision": "bf16"},
    "compile": {"compile": True},
}
MINI_BATCHES = (32, 64, 128)
LENGTHS = (32, 128)
WARM = 5


@dataclass(frozen=True)
class Setting:
    """What all measurements share."""

    model: str
    texts: Sequence[str]
    threads: int
    steps: int

    def subject(self, name: str, maker: str, **settings: Any) -> Subject:
        return Subject(name, maker, self.model, settings, threads=self.threads)


def ratios(taken: Mapping[str, Sequence[Step]], name: str, base: str) -> Cell:
    """How many times as fast as `base` it is, step by step; the same by processor time."""
    wall, processor = (
        sorted(b[kind] / x[kind] for x, b in zip(taken[name], taken[base], strict=True))
        for kind in (0, 1)
    )
    return {
        "ratio": {"min": wall[0], "median": statistics.median(wall), "max": wall[-1]},
        "processor": statistics.median(processor),
        "seconds": {x: statistics.median(step[0] for step in taken[x]) for x in (name, base)},
        "steps": len(wall),
    }


def trainers(setting: Setting, keep: Keep) -> None:
    """Our `train` path and sentence-transformers' trainer with its own loss."""

    def measure() -> Cell:
        shape = {**BASE, "one_pass": True, "trim": True}
        both = [setting.subject(x, x, **shape) for x in (OURS, THEIRS)]
        found = interleaved(both, setting.texts, setting.steps, WARM, same=True)
        return ratios(found, OURS, THEIRS)

    keep("trainer", "our trainer and sentence-transformers'", measure)


def caching(setting: Setting, keep: Keep, batch: int, steps: int) -> None:
    """Gradient caching, ours and theirs."""

    def measure(length: int, mini: int) -> Cell:
        shape = {"batch_size": batch, "max_length": length, "mini_batch": mini}
        both = [setting.subject(x, x, **shape) for x in (OURS, THEIRS)]
        return ratios(interleaved(both, setting.texts, steps, 1, same=True), OURS, THEIRS)

    for length in LENGTHS:
        for mini in MINI_BATCHES:
            keep(
                f"caching/{batch}/{length}/{mini}",
                f"caching, batch {batch}, {length} tokens, mini-batch {mini}",
                lambda length=length, mini=mini: measure(length, mini),
            )


def speeds(setting: Setting, keep: Keep, levers: Sequence[str]) -> None:
    """Each lever against none, alone with it."""

    def measure(lever: str) -> Cell:
        pair = [setting.subject(x, OURS, **{**BASE, **LEVERS[x]}) for x in (lever, "none")]
        return ratios(
            interleaved(pair, setting.texts, setting.steps, WARM, same=False), lever, "none"
        )

    for lever in levers:
        if lever != "none":
            keep(f"speed/{lever}", f"speed of {lever}", lambda x=lever: measure(x))


def scores(
    setting: Setting, keep: Keep, levers: Sequence[str], seeds: int, steps: int, data: Path
) -> None:
    """STS-B dev after training with each lever, from the same encoder."""
    for seed in range(seeds):
        for lever in levers:
            shape = {**BASE, **LEVERS[lever], "steps": steps}
            subject = replace(setting.subject(lever, OURS, **shape), seed=seed)
            keep(
                f"score/{lever}/{seed}",
                f"score of {lever}, seed {seed}",
                lambda subject=subject, first=(lever == "none" and not seed): {
                    **score(subject, setting.texts, data, first),
                    "settings": asdict(subject)["settings"],
                },
            )
