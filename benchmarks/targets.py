"""Every loss of the catalogue against its own matrix products (floors.py)."""

from dataclasses import replace

from torch import Tensor

from benchmarks import batches
from benchmarks.floors import FLOORS, GATED, Floor, bare
from benchmarks.store import Results
from benchmarks.timing import interleaved, spread, training_step
from derive.objectives import load, names
from derive.torch import objective

Cell = dict[str, list[float]]  # seconds of each repeat of the loss and of its products
SIZES = (512, 2048, 4096, 8192)
FEATURES = 768
# Gated losses again, with few open gates: rows without one need no gradient.
ACTIVE = 0.05
SPARSE = {f"{name}, {ACTIVE:.0%} of gates open": name for name in ("dcl_plus", "paradigm")}


def rows() -> dict[str, tuple[str, Floor]]:
    """What is measured: a name → the loss and its floor."""
    found = {name: (name, FLOORS[name]) for name in names()}
    reason = f"all cosines; A H' and Aᵀ H of the {ACTIVE:.0%} of rows with an open gate"
    for row, name in SPARSE.items():
        found[row] = (name, replace(FLOORS[name], kind=GATED, active=ACTIVE, reason=reason))
    return found


def cell(row: str, n: int, d: int, repeats: int) -> Cell:
    """Seconds of the loss and of its products."""
    name, floor = rows()[row]
    formula = load(name)
    h, h_prime = batches.batch_of(formula, n, d, floor.active)
    given = batches.inputs(formula.inputs, n)
    fast = objective(name)

    def loss(x: Tensor, y: Tensor) -> Tensor:
        return fast(x, y, **given)

    steps = {"loss": training_step(loss, h, h_prime), "products": bare(floor, h, h_prime)}
    return interleaved(steps, repeats)


def ratio(cell: Cell) -> tuple[float, float, float]:
    """Median over median, and the range of the loss over the median of the products."""
    products = spread(cell["products"])[0]
    middle, low, high = spread(cell["loss"])
    return middle / products, low / products, high / products


def shown(measured: Cell) -> str:
    return "{:.2f} ({:.2f} to {:.2f})".format(*ratio(measured))


def measure(
    results: Results, sizes: tuple[int, ...], losses: list[str] | None, repeats: int, d: int
) -> None:
    """Fills in what is missing of the table; losses: names of the catalogue (None: all)."""
    wanted = [row for row, (name, _) in rows().items() if not losses or name in losses]
    todo = [(row, n) for n in sizes for row in wanted]
    for done, (row, n) in enumerate(todo):
        label = f"targets [{done + 1}/{len(todo)}] {row}, N = {n}"
        results.fill(f"targets/{row}/{n}", label, lambda r=row, m=n: cell(r, m, d, repeats), shown)
