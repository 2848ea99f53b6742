"""The beginning of a run in every process: device, console, and the folder that one makes."""

import os
import shutil
import sys
from pathlib import Path

import torch
from rich.console import Console

from train import ranks, trainer
from train.errors import ConfigError, RunFolderError
from train.folder import Record, RunFolder
from train.protocols import Protocol
from train.versions import other_versions

DEFAULT_OUT = Path("runs")


def begun(wanted: str, console: Console) -> tuple[Console, str]:
    """The console, silent in all processes but the first, and the device of this process."""
    trainer.quiet()
    device = trainer.pick_device(wanted)
    ranks.join(device)
    if not ranks.is_first():
        console = Console(quiet=True)
    return console, device


def as_recorded(record: Record, device: str, console: Console) -> None:
    """As many threads as the run began with: sums in another order round otherwise. Tells of
    versions that are not those on record.

    Raises `RunFolderError` for another number of processes: each has its own random states.
    """
    processes, threads = record["processes"], record["threads"]
    if processes != ranks.world():
        how = f"torchrun --nproc-per-node {processes} -m train.cli" if processes > 1 else "train"
        raise RunFolderError(
            f"this run began in {processes} process(es), and here are {ranks.world()}. "
            f"Go on with: {how} run --resume ..."
        )
    if warning := other_versions(record["versions"]):
        console.print(warning, soft_wrap=True)
    if device == "cpu" and threads != torch.get_num_threads():
        console.print(f"Threads: {threads}, as on record, not {torch.get_num_threads()}")
        torch.set_num_threads(threads)


def refuse_impossible(protocol: Protocol, device: str) -> None:
    """Raises `ConfigError`, before anything is made, for what cannot be trained here: a batch that
    the processes cannot share evenly, or a precision or a compiler that is not there."""
    trainer.refuse_precision(protocol.precision, device)
    if protocol.compile and device == "cpu":
        refuse_without_compiler()
    if protocol.batch_size % ranks.world():
        raise ConfigError(
            f"--batch-size {protocol.batch_size} over {ranks.world()} processes: it must be a "
            "multiple of their number."
        )


def refuse_without_compiler() -> None:
    """Raises `ConfigError` where torch.compile finds no C++ compiler for the CPU."""
    wanted = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
    if shutil.which(wanted) is None:
        raise ConfigError(
            f"--compile needs a C++ compiler, and none is found: no {wanted} in PATH. Install one, "
            "name another in CXX, or leave --compile out."
        )


def new_folder(out: Path | None, name: str, seed: int) -> RunFolder:
    """The run's folder, made by the first process, which alone writes in it."""

    def make() -> Path:
        made = RunFolder.create(out) if out else RunFolder.create_free(DEFAULT_OUT, name, seed)
        return made.path

    return RunFolder(ranks.once(make), writes=ranks.is_first())
