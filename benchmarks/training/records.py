"""What was measured, as JSON: written after every cell, so that a stopped run goes on."""

import json
import platform
import time
from collections.abc import Callable
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

DEFAULT = Path(__file__).parents[2] / "build" / "bench" / "training.json"
PACKAGES = ("torch", "transformers", "sentence-transformers", "accelerate")
CELLS = {
    "trainer": ("trainer",),
    "caching": ("caching",),
    "levers": ("speed",),
    "scores": ("score",),
}


class Records:
    """{"about": {part: …}, "cells": {key: …}}."""

    def __init__(self, path: Path):
        self.path = path
        self.held: dict[str, Any] = {"about": {}, "cells": {}}
        if path.is_file():
            self.held = json.loads(path.read_text(encoding="utf-8"))

    def about(self, part: str, fresh: bool, **more: Any) -> None:
        """Say how a part is measured; what was measured otherwise, or is not wanted, goes."""
        versions = {name: metadata.version(name) for name in PACKAGES}
        machine = {"cpu": cpu(), "python": platform.python_version(), **versions, **more}
        for one in CELLS if part == "all" else (part,):
            before = self.held["about"].get(one, {})
            if fresh or {**before, "date": None} != {**machine, "date": None}:
                held = self.held["cells"]
                self.held["cells"] = {
                    k: x for k, x in held.items() if k.partition("/")[0] not in CELLS[one]
                }
            self.held["about"][one] = {**machine, "date": str(date.today())}

    def keep(self, key: str, said: str, measure: Callable[[], dict[str, Any]]) -> None:
        """Measure a cell unless it is held, and write it."""
        if key in self.held["cells"]:
            print(f"{said}: on record")
            return
        print(f"{said} ...", end=" ", flush=True)
        began = time.monotonic()
        cell = measure()
        self.held["cells"][key] = cell
        print(f"{summary(cell)} ({time.monotonic() - began:.0f} s)", flush=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.held, indent=1), encoding="utf-8")
        new.replace(self.path)


def summary(cell: dict[str, Any]) -> str:
    """A cell in a few words."""
    if "ratio" in cell:
        found = " / ".join(f"{cell['ratio'][x]:.2f}" for x in ("min", "median", "max"))
        return f"ratio {found}, by processor time {cell['processor']:.2f}"
    before = f", before {cell['before']:.4f}" if "before" in cell else ""
    return f"{cell['name']} {cell['after']:.4f}{before}"


def cpu() -> str:
    """What the processor can do, and how many threads there are."""
    return f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"
