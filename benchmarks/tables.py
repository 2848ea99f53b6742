"""Markdown tables and how numbers are written in them."""

from collections.abc import Iterable, Sequence

ABSENT = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def milliseconds(seconds: float) -> str:
    """Three digits."""
    ms = 1000 * seconds
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.3g}"


def mib(size: float) -> str:
    mebibytes = size / 2**20
    return f"{mebibytes:.0f}" if mebibytes >= 10 else f"{mebibytes:.1f}"
