"""An audit of one loss: against a definition, or with no reference at all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from verify.audits import backward, black_box, finiteness, precision, symmetries
from verify.audits.calls import BlackBox, Loss, Outcome
from verify.audits.points import Draw, Point, given, own
from verify.audits.report import Finding, Report, Verdict, ordered

NAMES = ("h", "h'")


def audit(
    f: Loss,
    against: Loss | str | None = None,
    inputs: Draw | None = None,
    hyper: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
) -> Report:
    """What can be said of f(h, h_prime, **hyper) → scalar.

    against: another callable, or a loss of the catalogue by name: then the verdict is that of
    `verify.same`, with notes on f. None: `suspect` where the loss contradicts itself (its
    gradient is not that of its value, it is not finite at ordinary inputs, its gradient does not
    share its value's symmetries, low precision destroys it), else `undecided`: without a
    reference nothing proves a loss right. inputs, hyper, dtype, seed: as for `verify.same`.

    Raises `InputError` for inputs that are no two matrices, `UnknownNameError` for an unknown
    name, `HyperparameterError` for a value outside of its domain.
    """
    if against is not None:
        from verify.audits.against import audit_against

        return audit_against(f, against, inputs, hyper, dtype, seed)
    box = BlackBox(f, dict(hyper or {}))
    points = list(given(inputs, dtype, seed) if inputs else own(dtype, seed, hyper or {}))
    found, usable = look(box, points, dtype)
    bugs = any(x.level == "bug" for x in found)
    verdict = Verdict.SUSPECT if bugs else Verdict.UNDECIDED
    return Report(verdict, ordered(found), usable, f"{box.name} alone")


def look(f: BlackBox, points: list[Point], dtype: torch.dtype) -> tuple[list[Finding], int]:
    """Everything that needs no reference, and how many points could be used."""
    outcomes = [(p, f(*p.at(dtype), seed=p.seed)) for p in points]
    found = _failures(outcomes)
    found += [x for p, o in outcomes if (x := finiteness.finding(f, p, o, dtype)) is not None]
    found = _first_of_each(found)
    usable = [(p, o) for p, o in outcomes if o.error is None]
    exact = [(p, f(*p.views, seed=p.seed)) for p, o in usable if not p.singular]
    seen = [(p, o) for p, o in exact if o.is_finite]
    if not _steady(f, seen):
        text = "not deterministic under a fixed seed: slopes and symmetries cannot be measured"
        return [*found, Finding("note", "random", text)], len(usable)
    found += _dead(f, seen)
    if any(_takes_unit_rows(f, p) for p, _ in seen[:1]):
        f = replace(f, normalise=True)  # defined everywhere, and its gradient is tangent
        seen = [(p, o) for p, _ in seen if (o := f(*p.views, seed=p.seed)).is_finite]
    found += backward.findings(f, seen)
    found += symmetries.findings(f, seen)
    found += precision.findings(f, seen, dtype)
    parts = black_box.finding(f) if seen else None
    found += [parts] if parts else []
    return found, len(usable)


def _takes_unit_rows(f: BlackBox, point: Point) -> bool:
    """Whether it refuses other rows."""
    return (
        all(point.is_unit)
        and f(1.1 * point.h, 1.1 * point.h_prime, seed=point.seed).error is not None
    )


def _failures(outcomes: list[tuple[Point, Outcome]]) -> list[Finding]:
    out = []
    for point, outcome in outcomes:
        if outcome.error:
            out.append(Finding("note", "error", f"fails at {point.label}: {outcome.error}"))
        out += [Finding("note", "flaw", text) for text in outcome.flaws]
    return out


def _first_of_each(found: list[Finding]) -> list[Finding]:
    """A kind and a level once, with how often it was met."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for x in found:
        groups.setdefault((x.level, x.kind), []).append(x)
    return [
        Finding(g[0].level, g[0].kind, g[0].message, {**g[0].evidence, "points_with_it": len(g)})
        for g in groups.values()
    ]


def _steady(f: BlackBox, seen: backward.Seen) -> bool:
    for point, outcome in seen[:1]:
        again = f(*point.views, seed=point.seed)
        return abs(again.number - outcome.number) <= 1e-9 * abs(outcome.number)
    return True


def _dead(f: BlackBox, seen: backward.Seen) -> list[Finding]:
    """Inputs that no gradient reaches: both is a bug where the value moves with them."""
    dead = [[not o.gradients[k].any() for _, o in seen] for k in (0, 1)]
    gone = [bool(x) and all(x) for x in dead]
    if all(gone) and _moves(f, seen):
        text = "the value moves with the inputs and no gradient reaches either"
        return [Finding("bug", "dead", text)]
    return [
        Finding("note", "dead", f"{NAMES[k]} gets no gradient at any point")
        for k in (0, 1)
        if gone[k]
    ]


def _moves(f: BlackBox, seen: backward.Seen) -> bool:
    """Whether the value changes smoothly beside every point, still without a gradient: at a kink
    there is one on either side."""
    generator = torch.Generator().manual_seed(0)
    for point, outcome in seen:
        size = abs(outcome.number)
        for p in (point.near(1e-5, generator) for _ in range(2)):
            near = f(*p.views, seed=p.seed)
            smooth = 1e-9 * size < abs(near.number - outcome.number) < 1e-2 * (1 + size)
            if not smooth or any(g.any() for g in near.gradients):
                return False
    return True
