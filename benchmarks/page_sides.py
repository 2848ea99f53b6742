"""The part of the page about the losses that others have too."""

import statistics
from typing import Any

from benchmarks.candidates import AUTOGRAD, COMPILED, OURS
from benchmarks.peers import CASES
from benchmarks.store import Held, section
from benchmarks.tables import ABSENT, mib, milliseconds, table

_HEAD = """## Side by side

The same raw embeddings for all; each normalises in its own way where the loss wants it.
`autograd` is plain torch (the oracle of `verify`), `torch.compile` is that compiled (the
compilation not counted). Three runs; a time is the median of the three medians, and in brackets
is that candidate's time over ours in the run where it did best and worst. *Faster* means: our
median is below in three of three runs. A step over 10 s is timed once a run.

Beside a CPU build of torch, the compiled operators of torchvision (which lightly and transformers
import) do not load; they are declared and never called (benchmarks/packages.py).
"""
_SAME = """### The same loss?

Value and gradients against ours, before any timing: the largest difference, relative to the
largest entry. What is not the same within rounding is not timed.
"""


def part(held: Held, drawn: list[str]) -> str:
    """Empty if nothing was measured."""
    agreed = {(case, who): x for (case, who), x in section(held, "agreement")}
    if not agreed:
        return ""
    parts = [_HEAD, _summary(held), *(f"![{name}]({name})\n" for name in drawn)]
    parts += [_SAME, _same(agreed), "\n### Time and memory, by loss\n"]
    parts += [_case(held, case) for case in CASES if any(c == case for c, _ in agreed)]
    return "\n".join(parts)


def medians(held: Held) -> dict[tuple[str, int], dict[str, list[float]]]:
    """(case, N) → candidate → the median of each run."""
    found: dict[tuple[str, int], dict[str, list[float]]] = {}
    for (_, case, n), cell in section(held, "time"):
        for who, times in cell.items():
            if isinstance(times, list):
                at = found.setdefault((case, int(n)), {})
                at.setdefault(who, []).append(statistics.median(times))
    return found


def memory(held: Held) -> dict[tuple[str, int], dict[str, Any]]:
    """(case, N) → candidate → {"bytes": …} or {"failed": …}."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for (case, who, n), cell in section(held, "memory"):
        found.setdefault((case, int(n)), {})[who] = cell
    return found


def ratios(at: dict[str, list[float]], who: str) -> list[float]:
    """Their time over ours, run by run."""
    return [theirs / ours for theirs, ours in zip(at[who], at[OURS], strict=True)]


def _summary(held: Held) -> str:
    """Where ours is not the fastest in every run, or not the smallest."""
    slower, larger = [], []
    for (case, n), at in medians(held).items():
        slower += [
            f"{case}, N = {n}: {who} (its time over ours: {_range(ratios(at, who))})"
            for who in at
            if who != OURS and min(ratios(at, who)) <= 1
        ]
    for (case, n), at in memory(held).items():
        sizes = {who: x["bytes"] for who, x in at.items() if "bytes" in x}
        larger += [
            f"{case}, N = {n}: {who} ({mib(size)} MiB, ours {mib(sizes[OURS])})"
            for who, size in sizes.items()
            if who != OURS and size < sizes.get(OURS, 0)
        ]
    return (
        f"Not faster in three of three runs:\n\n{_list(slower)}\n\n"
        f"More memory:\n\n{_list(larger)}\n"
    )


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "- nowhere"


def _range(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def _same(agreed: dict[tuple[str, str], Any]) -> str:
    lines = []
    for (case, who), found in agreed.items():
        settings = {peer.name: peer.settings for peer in CASES[case].peers}
        verdict = found.get("failed") or ("yes" if found["same"] else "no: not timed")
        numbers = [f"{found[x]:.0e}" if x in found else ABSENT for x in ("float64", "float32")]
        lines.append([f"`{case}`", who, settings.get(who, ""), *numbers, verdict])
    head = ("ours", "theirs", "their settings", "float64", "float32", "the same")
    remarks = [f"- `{name}`: {case.remark}" for name, case in CASES.items() if case.remark]
    return "\n".join([table(head, lines), "", *remarks])


def _case(held: Held, case: str) -> str:
    at = {n: x for (name, n), x in medians(held).items() if name == case}
    sizes = {n: x for (name, n), x in memory(held).items() if name == case}
    who = [OURS, *(peer.name for peer in CASES[case].peers), AUTOGRAD, COMPILED]
    parts = [f"#### `{case}`\n"]
    if at:
        rows = [[str(n), *(_time(at[n], x) for x in who)] for n in sorted(at)]
        parts.append(table(("time, ms; N", *who), rows) + "\n")
    if sizes:
        rows = [[str(n), *(_size(sizes[n].get(x)) for x in who)] for n in sorted(sizes)]
        parts.append(table(("peak memory, MiB; N", *who), rows) + "\n")
    return "\n".join(parts)


def _time(at: dict[str, list[float]], who: str) -> str:
    if who not in at:
        return ABSENT
    middle = milliseconds(statistics.median(at[who]))
    return middle if who == OURS else f"{middle} ({_range(ratios(at, who))})"


def _size(cell: dict[str, Any] | None) -> str:
    if cell is None:
        return ABSENT
    return cell["failed"] if "failed" in cell else mib(cell["bytes"])
