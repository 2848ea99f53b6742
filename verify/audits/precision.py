"""A loss in low precision against itself in float64."""

from collections.abc import Sequence

import torch

from verify.audits import program
from verify.audits.backward import Seen
from verify.audits.calls import BlackBox, Outcome
from verify.audits.points import Point
from verify.audits.report import Finding
from verify.audits.tolerance import difference_of, sizes_of

LOW = (torch.float32, torch.bfloat16, torch.float16)
FAR = 100.0  # times what rounding of the inputs does
VISIBLE = 0.1  # of the size at some point: an error that nobody would accept
RUNS = 6


def findings(f: BlackBox, seen: Seen, dtype: torch.dtype) -> list[Finding]:
    """seen: points and finite outcomes in float64. In float64: notes on the lower dtypes."""
    if dtype != torch.float64:
        return _bugs(f, seen, dtype)
    notes = []
    for low in LOW:
        notes += [_note(f, point, outcome, low) for point, outcome in seen[:1]]
    return [x for x in notes if x is not None]


def _note(f: BlackBox, point: Point, exact: Outcome, dtype: torch.dtype) -> Finding | None:
    name = str(dtype).removeprefix("torch.")
    found, where = f(*point.at(dtype), seed=point.seed), _at(f, point, dtype)
    if found.error:
        return Finding("note", "precision", f"fails in {name}: {found.error}", where)
    if not found.is_finite:
        return Finding("note", "precision", f"not finite in {name} at {point.label}", where)
    off, size = difference_of(found, exact), sizes_of(found, exact)
    worst = max(a / b for a, b in zip(off.all, size.all, strict=True) if b) if any(size.all) else 0
    eps = torch.finfo(dtype).eps
    if worst <= FAR * eps:
        return None
    text = f"in {name} it is off by {worst:.2g} of its size at {point.label}"
    return Finding("note", "precision", text, {"relative_error": worst, "eps": eps, **where})


def _at(f: BlackBox, point: Point, dtype: torch.dtype) -> dict[str, object]:
    return {**program.at(point, dtype, normalise=f.normalise), "alone": True}


def _bugs(f: BlackBox, seen: Seen, dtype: torch.dtype) -> list[Finding]:
    name = str(dtype).removeprefix("torch.")
    lows = [(p, f(*p.at(dtype), seed=p.seed), o) for p, o in seen]
    rows = [(p, low, o) for p, low, o in lows if low.is_finite]
    if not rows:
        return []
    if _vanishes(rows):
        text = f"the gradient is zero at every point in {name}, and it is not in float64"
        both = {"values": [x.number for _, x, _ in rows], "exact": [o.number for *_, o in rows]}
        return [Finding("bug", "precision", text, {**both, **_at(f, rows[0][0], dtype)})]
    scale = max(abs(o.number) for *_, o in rows)
    for point, low, exact in rows:
        gap = abs(low.number - exact.number)
        if gap > VISIBLE * scale and gap > FAR * _by_inputs(f, point, exact, dtype):
            text = (
                f"in {name} the value is {low.number:.6g} at {point.label}, in float64 "
                f"{exact.number:.6g}: more than rounding of the inputs explains"
            )
            values = {"value": low.number, "exact": exact.number}
            return [Finding("bug", "precision", text, {**values, **_at(f, point, dtype)})]
    return []


def _vanishes(rows: Sequence[tuple[Point, Outcome, Outcome]]) -> bool:
    none = all(not g.any() for _, low, _ in rows for g in low.gradients)
    usual = [any(bool(g.any()) for g in exact.gradients) for *_, exact in rows]
    large = [max(g.abs().max().item() for g in exact.gradients) > 1e-3 for *_, exact in rows]
    return none and all(usual) and any(large)


def _by_inputs(f: BlackBox, point: Point, exact: Outcome, dtype: torch.dtype) -> float:
    """How far the value moves, in float64, when the inputs are rounded anew."""
    eps = torch.finfo(dtype).eps
    generator = torch.Generator().manual_seed(point.seed)
    moved = [point.near(eps, generator) for _ in range(RUNS)]
    values = [f.value(*p.views, seed=p.seed) for p in moved]
    worst = max((abs(v - exact.number) for v in values if v == v), default=0.0)
    return worst + eps * abs(exact.number)
