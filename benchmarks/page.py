"""Writes docs/benchmarks.md and its plots from the results (store.py)."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import page_sides, page_targets, plots
from benchmarks.large import FEATURES as LARGE_FEATURES
from benchmarks.large import TARGET
from benchmarks.store import Held, section
from benchmarks.tables import mib, table

FOLDER = Path(__file__).parents[1] / "docs"

_HEAD = """# Benchmarks

Written by `make bench`, which measures what is stated here and nothing else. Times are of one
forward and backward, to the gradients of both inputs: float32, D = {features}, {threads} threads,
one process; all that is compared is timed in turn. A ratio is one median over the other.

- Machine: {cpu}, {cores} cores, {memory}; {system}
- {versions}
- Commit {commit}, {date}
"""


def write(held: Held, folder: Path = FOLDER) -> None:
    """The page and its plots, into that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = plots.draw(held, folder)
    text = "\n".join(part for part in _parts(held, drawn) if part)
    (folder / "benchmarks.md").write_text(text)
    print(f"Written: {folder / 'benchmarks.md'}")


def _parts(held: Held, drawn: list[str]) -> Iterator[str]:
    about = held["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    yield _HEAD.format(**{**about, **about["machine"], "versions": versions})
    yield page_targets.part(held)
    yield page_sides.part(held, drawn)
    yield _large(held)


def _large(held: Held) -> str:
    rows = []
    for (_, n), cell in section(held, "large"):
        said = cell.get("failed")
        rows.append([n, said or mib(cell["bytes"]), "" if said else f"{cell['seconds']:.0f}"])
    if not rows:
        return ""
    head = ("N", "peak memory above inputs and gradients, MiB", "one step, s")
    return (
        f"## Large batches\n\nInfoNCE, D = {LARGE_FEATURES}, ours alone. Asked for at "
        f"N = 32768: at most {TARGET / 2**20:.0f} MiB.\n\n{table(head, rows)}\n"
    )
