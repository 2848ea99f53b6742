"""Values and gradients that are not finite, at finite inputs."""

import torch

from verify.audits import program
from verify.audits.calls import BlackBox, Outcome
from verify.audits.points import Point
from verify.audits.report import Finding, Level


def finding(f: BlackBox, point: Point, outcome: Outcome, dtype: torch.dtype) -> Finding | None:
    """A bug at an ordinary point; at a singular one of ours a note: the loss may document it."""
    if outcome.error or outcome.is_finite:
        return None
    assert outcome.value is not None
    what = "value" if not outcome.value.isfinite() else "gradient"
    wide = f(*point.views, seed=point.seed) if dtype != torch.float64 else outcome
    generator = torch.Generator().manual_seed(point.seed)
    near = point.near(1e-3, generator)
    beside = f(*near.at(dtype), seed=point.seed)
    kind = "singular"
    if dtype != torch.float64 and wide.is_finite:
        why, kind = "in float64 it is", "overflow"
    elif beside.is_finite:
        why = "at points nearby it is"
    else:
        why = "nor is it at points nearby"
    text = f"the {what} is not finite at {point.label} in {_name(dtype)}; {why}"
    level: Level = "note" if point.singular else "bug"
    evidence = {"value": outcome.number, "bad_rows": bad_rows(outcome), "point": point.label}
    where = program.at(point, dtype, normalise=f.normalise)
    return Finding(level, kind, text, {**evidence, **where, "alone": True})


def bad_rows(x: Outcome) -> list[int]:
    """How many rows of each gradient hold a number that is not finite."""
    return [int((~g.isfinite()).any(dim=1).sum().item()) for g in x.gradients]


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
