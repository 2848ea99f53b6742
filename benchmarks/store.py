"""Results as JSON: written after every cell, so that an interrupted run goes on where it was."""

import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

import derive
from derive.errors import InputError

ROOT = Path(__file__).parents[1]
DEFAULT = ROOT / "build" / "bench" / "results.json"
PACKAGES = (
    *("torch", "sentence-transformers", "pytorch-metric-learning", "info-nce-pytorch"),
    *("lightly", "torchvision", "contragrad"),
)


Held = dict[str, Any]  # {"about": …, "cells": {"section/…/N": …}}


class Results:
    """The cells measured so far, under "section/…/N" keys, and what they were measured with.

    Raises `InputError` if the file holds results of other sources, features or another machine.
    """

    def __init__(self, file: Path, features: int, fresh: bool = False, keep: bool = False):
        self.file, self.about = file, {**about(), "features": features}
        self.cells: dict[str, Any] = {}
        if fresh or not file.exists():
            return
        held = read(file)
        changed = [
            x for x in ("sources", "machine", "features") if held["about"][x] != self.about[x]
        ]
        if changed and not keep:
            raise InputError(
                f"{file} holds results of other {' and '.join(changed)}. Measure anew with "
                "--fresh, take the old cells as they are with --keep, or name another --json."
            )
        self.cells = held["cells"]  # "about" is of the last to measure

    def fill(
        self,
        key: str,
        label: str,
        measure: Callable[[], Any],
        show: Callable[[Any], str] = lambda cell: "",
    ) -> None:
        """Measures a cell that is not there yet, says so, and shows what came out."""
        if key in self.cells:
            return
        print(label, end=" … ", flush=True)
        start = time.perf_counter()
        self.cells[key] = measure()
        self.save()
        print(f"{show(self.cells[key])} [{time.perf_counter() - start:.1f} s]", flush=True)

    def save(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(self.held(), indent=1))
        part.replace(self.file)

    def held(self) -> Held:
        """All of it, as it is written."""
        return {"about": self.about, "cells": self.cells}


def read(file: Path) -> Held:
    """What a file holds. Raises `InputError` if there is none."""
    if not file.exists():
        raise InputError(f"there are no results in {file}. Measure first: make bench.")
    held: Held = json.loads(file.read_text())
    return held


def section(held: Held, name: str) -> Iterator[tuple[list[str], Any]]:
    """The cells of a section: the rest of the key in parts, and the value."""
    for key, value in held["cells"].items():
        head, *rest = key.split("/")
        if head == name:
            yield rest, value


def about() -> dict[str, Any]:
    """What the results depend on: machine, versions, sources, commit, date."""
    return {
        "machine": {"cpu": _cpu(), "cores": os.cpu_count(), "threads": torch.get_num_threads()},
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: _version(name) for name in PACKAGES},
        "sources": _sources(),
        "commit": _commit(),
        "date": date.today().isoformat(),
    }


def _sources() -> str:
    """A digest of the modules of `derive` that are measured."""
    folder = Path(derive.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cpu() -> str:
    """The model as Linux names it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"


def _commit() -> str:
    """The commit, with a + if what is measured differs from it."""
    changed = _git("status", "--porcelain", "--", "derive", "verify")
    return (_git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()
