"""What `make bench` measured of a loss, read from its results."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from reports.errors import ReportError


@dataclass(frozen=True)
class Timing:
    """Of one batch of n pairs: the median milliseconds of a forward and backward pass, and how
    many times that of the matrix products that the loss cannot do without."""

    n: int
    milliseconds: float
    ratio: float


@dataclass(frozen=True)
class Benchmarks:
    """timings: by loss, smaller batches first. about: where they were measured, in words."""

    timings: Mapping[str, tuple[Timing, ...]] = field(default_factory=dict)
    about: str = ""


def read_benchmarks(file: Path) -> Benchmarks:
    """The results in a file; none where there is no file. Raises `ReportError` for other content.

    The cells "targets/LOSS/N" hold seconds of the loss and of its products, measured in turn.
    """
    if not file.is_file():
        return Benchmarks()
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        found: dict[str, list[Timing]] = {}
        for key, cell in held["cells"].items():
            section, name, *rest = key.split("/")
            if section == "targets" and "loss" in cell:
                found.setdefault(name, []).append(_timing(int(rest[0]), cell))
        about = _about(held["about"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError) as error:
        raise ReportError(
            f"{file} holds no results of `make bench` ({error!r}). Measure anew, or name another "
            "file with --bench."
        ) from error
    ordered = {k: tuple(sorted(x, key=lambda t: t.n)) for k, x in found.items()}
    return Benchmarks(ordered, about)


def _timing(n: int, cell: Mapping[str, Any]) -> Timing:
    loss, products = median(cell["loss"]), median(cell["products"])
    return Timing(n, 1000 * loss, loss / products)


def _about(x: Mapping[str, Any]) -> str:
    machine = x["machine"]
    return (
        f"{machine['cpu']}, {machine['threads']} threads; torch {x['versions']['torch']}, float32, "
        f"D = {x['features']}; commit {x['commit']}, {x['date']}"
    )
