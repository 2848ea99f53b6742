"""The part of the page about every loss against its own matrix products."""

from benchmarks.floors import TARGETS
from benchmarks.store import Held, section
from benchmarks.tables import ABSENT, milliseconds, table
from benchmarks.targets import Cell, ratio, rows
from benchmarks.timing import spread

Cells = dict[tuple[str, int], Cell]
_HEAD = """## Every loss against its own matrix products

The products that a loss cannot do without (benchmarks/floors.py, with the reason of each) are
computed as plain matmuls, in turn with the loss. A cell is the median time of the loss over that
of its products, then the range (fastest loss to slowest loss, over the median of the products).
**Bold** misses what was asked for: {asked}.
"""


def part(held: Held) -> str:
    """Empty if nothing was measured."""
    cells = {(row, int(n)): cell for (row, n), cell in section(held, "targets")}
    if not cells:
        return ""
    sizes = sorted({n for _, n in cells})
    asked = "; ".join(
        f"{kind} {' and '.join(f'≤ {x} from N = {n}' for n, x in at.items())}"
        for kind, at in TARGETS.items()
        if at
    )
    parts = [_HEAD.format(asked=asked), _verdict(cells)]
    for kind in TARGETS:
        held_rows = [row for row, (_, floor) in rows().items() if floor.kind == kind]
        lines = [
            _row(row, sizes, cells, held["about"]["features"])
            for row in held_rows
            if any((row, n) in cells for n in sizes)
        ]
        if lines:
            head = ("loss", "its products", *(f"N = {n}" for n in sizes))
            parts.append(f"### {kind[0].upper()}{kind[1:]}\n\n{table(head, lines)}\n")
    return "\n".join(parts)


def target(row: str, n: int) -> float | None:
    """The largest ratio asked for at that batch."""
    asked = TARGETS[rows()[row][1].kind]
    return next((x for least, x in sorted(asked.items(), reverse=True) if n >= least), None)


def missed(row: str, n: int, cell: Cell) -> bool:
    asked = target(row, n)
    return asked is not None and ratio(cell)[0] > asked


def _verdict(cells: Cells) -> str:
    asked = [key for key in cells if target(*key) is not None]
    misses = [key for key in asked if missed(*key, cells[key])]
    return f"{len(asked) - len(misses)} of {len(asked)} targets hold.\n"


def _row(row: str, sizes: list[int], cells: Cells, d: int) -> list[str]:
    floor = rows()[row][1]
    routes = {n: ", ".join(floor.route(n, d)) for n in sizes}
    firsts = [n for k, n in enumerate(sizes) if k == 0 or routes[n] != routes[sizes[k - 1]]]
    products = "; ".join(routes[n] + (f" from N = {n}" if n > sizes[0] else "") for n in firsts)
    return [f"`{row}`", products or "none", *(_cell(row, n, cells.get((row, n))) for n in sizes)]


def _cell(row: str, n: int, cell: Cell | None) -> str:
    if cell is None:
        return ABSENT
    middle, low, high = ratio(cell)
    median = f"**{middle:.2f}**" if missed(row, n, cell) else f"{middle:.2f}"
    return f"{median} ({low:.2f} to {high:.2f}), {milliseconds(spread(cell['loss'])[0])} ms"
