"""The batch of a witness: tables of cosines, and numbers to a dozen digits."""

from collections.abc import Iterator

from sympy import Expr

from derive.integrability.answers import Witness
from derive.nodes import HardestIndex, Inner, View
from derive.numeric import Number, mp
from derive.objective import Objective
from derive.printing.sections import Item, Table

_DIGITS = 12


def instance_items(w: Witness, objective: Objective) -> Iterator[Item]:
    """The batch, its hyper-parameters, and the two sides there."""
    x, batch = w.instance, w.instance.batch
    names, numbers = (", ".join(y[: batch.n]) for y in ("ijkl", "1234"))
    yield (
        f"An instance: N = {batch.n}, D = {batch.d}, {names} = {numbers}, unit vectors with the "
        "cosines"
    )
    for name, rows in cosine_tables(w):
        yield Table((("", *(f"{name}_{n + 1}" for n in range(batch.n))), *rows))
    symbols = {y.name: y.display for y in objective.hyper}
    values = [f"{symbols[name]} = {v}" for name, v in batch.values.items()]
    inputs = [f"{name} {list(v)}" for name, v in batch.inputs.items()]
    given = f"and {', '.join((*values, *inputs))}: " if values or inputs else ""
    yield (
        f"{given}the two are {digits(x.left)} and {digits(x.right)}, apart by "
        f"{digits(x.difference)} (evaluated with {mp.dps} digits)."
    )


def cosine_tables(w: Witness) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """A table of cosines for every pair of views that the sides hold."""
    names = {"cross": ("h", "h'"), "same": ("h", "h"), "second": ("h'", "h'")}
    used = {_views(y) for side in (w.left, w.right) for y in _inner(side)}
    for name, rows in w.instance.batch.cosines.items():
        left, right = names[name]
        if frozenset((left, right)) in used:
            cells = [
                (f"{left}_{n + 1}", *(f"{float(c):g}".replace("-", "−") for c in cosines))
                for n, cosines in enumerate(rows)
            ]
            yield right, cells


def _inner(e: Expr) -> set[Inner]:
    """Every inner product, also those by which a hardest negative is found."""
    found = set(e.atoms(Inner))
    for k in e.atoms(HardestIndex):
        found |= k.args[0].atoms(Inner)
    return found


def _views(x: Inner) -> frozenset[str]:
    return frozenset(v.name.replace("z", "h") for v in x.args if isinstance(v, View))


def digits(x: Number) -> str:
    return str(mp.nstr(x, _DIGITS, strip_zeros=True)).removesuffix(".0").replace("-", "−")
