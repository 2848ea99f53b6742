"""Does an expression vanish on an open set of batches? Then it is no accident that it does.

On an open set every maximum picks the same sample and every hinge is on one side. So the
expression is one of finitely many smooth ones there, one for each side and each way in which the
picked samples coincide, and it vanishes on an open set only if one of these is identically zero.
"""

from collections.abc import Iterator

from sympy import Expr, S

from derive.canonical import for_print
from derive.identity import vanishes
from derive.indices import fresh
from derive.nodes import Hardest, HardestIndex, Hinge, SampleIndex, Step, Top, free_indices
from derive.verdict import Verdict

_MOST_KINKS = 4
_MOST_SAMPLES = 5
Unequal = tuple[tuple[Expr, Expr], ...]


def vanishes_openly(e: Expr, apart: Unequal = ()) -> bool:
    """Whether it may vanish on an open set (also where there are too many cases to try); apart:
    free samples that are not equal."""
    if len(e.atoms(Hinge, Step)) > _MOST_KINKS or e.has(HardestIndex, Top):
        return True
    return any(_some_choice_vanishes(piece, apart) for piece in _sides(for_print(e)))


def ties_openly(x: Expr, k: SampleIndex, other: Expr | None) -> bool:
    """Whether x_k may be equal for two samples k (not `other`) on an open set of batches."""
    m = fresh(SampleIndex)
    apart: Unequal = ((k, m),) if other is None else ((k, m), (k, other), (m, other))
    return vanishes_openly(x - x.xreplace({k: m}), apart)


def _sides(e: Expr) -> Iterator[Expr]:
    """Every hinge and every gate on each of its sides, the outer ones first."""
    kink = next(iter(sorted(e.atoms(Hinge, Step), key=lambda x: (-len(str(x)), str(x)))), None)
    if kink is None:
        yield e
        return
    x = kink.args[0]
    for inside, outside in ((x, -x), (-x, x)):  # which of x and −x is positive
        inside, outside = for_print(inside), for_print(outside)
        side = {Step(inside): S.One, Step(outside): S.Zero}
        side |= {Hinge(inside): inside, Hinge(outside): S.Zero}
        yield from _sides(for_print(e.xreplace(side)))


def _some_choice_vanishes(e: Expr, apart: Unequal) -> bool:
    picked, apart = _picked(e, apart)
    samples = sorted((k for k in free_indices(picked) if isinstance(k, SampleIndex)), key=str)
    if len(samples) > _MOST_SAMPLES:
        return True
    return any(
        vanishes(picked.xreplace(names)) is Verdict.PROVED
        for names in _identifications(samples, apart)
    )


def _picked(e: Expr, apart: Unequal) -> tuple[Expr, Unequal]:
    """Each maximum by its body at a sample of its own, and which samples are not equal."""
    while found := e.atoms(Hardest):
        outer = next(x for x in found if not any(x in y.args[0].atoms(Hardest) for y in found))
        body, k, i = outer.args
        pick = fresh(SampleIndex)
        e = e.xreplace({outer: body.xreplace({k: pick})})
        apart = (*apart, (pick, i))
    return e, apart


def _identifications(samples: list[Expr], apart: Unequal) -> Iterator[dict[Expr, Expr]]:
    """Every way in which samples can coincide: each is itself or one before it."""

    def extended(at: int, names: dict[Expr, Expr]) -> Iterator[dict[Expr, Expr]]:
        if at == len(samples):
            if all(names.get(x, x) != names.get(y, y) for x, y in apart):
                yield names
            return
        for target in {names[x] for x in samples[:at]} | {samples[at]}:
            yield from extended(at + 1, {**names, samples[at]: target})

    return extended(0, {})
