"""Whether the ratio of a loss moves with the batch: two batches show it, a constant refutes it."""

from sympy import Expr, nsimplify

from derive.nodes import ANCHOR
from derive.objectives import load
from derive.paradigm import decompose
from verify.claims.model import Judgement
from verify.claims.points import TOLERANCE, Drawn, Space
from verify.claims.steps import Fact, Step, decided
from verify.evaluation import Evaluator
from verify.numbers import Number, mp


def varies(seed: int, *, loss: str) -> Judgement:
    """R takes two values on two batches of one N and D, hyper-parameters fixed."""
    r = decompose(load(loss), {}).ratio
    values = {x.name: mp.mpf(1) for x in load(loss).hyper}
    draws = Space(values=values, least=3).draws(seed, 40)
    seen: dict[tuple[int, int], tuple[Drawn, object]] = {}
    for drawn in draws:
        size = (drawn.point.n, drawn.point.d)
        value = Evaluator(drawn.point)(r, {ANCHOR: 0})
        other = seen.setdefault(size, (drawn, value))[1]
        if abs(value - other) > TOLERANCE:
            said = f"R = {mp.nstr(other, 6)} and {mp.nstr(value, 6)} at N, D = {size}"
            return decided([Fact(f"{loss}: {said}", True)], None, seed)
    return _constant(loss, r, value, seed)


def _constant(loss: str, r: Expr, value: Number, seed: int) -> Judgement:
    """R was the same at every batch: proved to be that number, which refutes; else undecided."""
    number = nsimplify(mp.nstr(value, 15), rational=True)
    always = Step(f"R − {number} = 0", r - number).proved
    said = f"{loss}: R = {number} on every batch (proved)" if always else None
    return decided([Fact(f"{loss}: R differs between two batches", False)], lambda x: said, seed)
