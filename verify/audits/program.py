"""A finding of low precision as a program that runs: the code in that dtype and in float64.

Runs where the code runs: torch and the standard library alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from verify.audits.calls import generator_seed
from verify.audits.points import Point
from verify.audits.report import Finding, Report

Source = tuple[Mapping[str, Any], Mapping[str, str]]  # arguments of `verify.audits.subjects.load`
MOST_NUMBERS = 512  # of a view that is written out
_POINT = ("dtype", "seed", "h", "h_prime")

_PROGRAM = """\
from math import inf, nan

import torch
from verify.audits.subjects import load

h = torch.tensor({h}, dtype=torch.float64)
h_prime = torch.tensor({h_prime}, dtype=torch.float64)


def measured(loss, dtype):
    torch.manual_seed({seed})
    x, y = (v.to(dtype).requires_grad_() for v in (h, h_prime))
    value = loss({rows})
    return value.detach(), *torch.autograd.grad(value, (x, y), materialize_grads=True)


for spec, settings in {sources}:
    subject, _ = load(spec, settings)
    low, exact = measured(subject.loss, {dtype}), measured(subject.loss, torch.float64)
    print(subject.text, "value in {dtype}:", low[0].item(), "in float64:", exact[0].item())
    for name, a, b in zip(("by h", "by h'"), low[1:], exact[1:]):
        print(f"gradient {{name}}: off by {{(a.double() - b).abs().max().item():.3g}}, "
              f"of {{b.abs().max().item():.3g}}")
"""
_NORMALISED = "x / x.norm(dim=1, keepdim=True), y / y.norm(dim=1, keepdim=True)"


def at(point: Point, dtype: torch.dtype, *, normalise: bool = False) -> dict[str, object]:
    """Evidence of where a finding was made, in a dtype below float64, as its program needs it."""
    if dtype == torch.float64 or point.h.numel() > MOST_NUMBERS:
        return {}
    rows = {"h": point.h.tolist(), "h_prime": point.h_prime.tolist()}
    return {"dtype": str(dtype), "seed": point.seed, "normalise": normalise, **rows}


def with_programs(report: Report, sources: Sequence[Source]) -> Report:
    """Every finding that says where it was made, with a "program" in its evidence."""
    return replace(report, findings=tuple(_with_program(x, sources) for x in report.findings))


def _with_program(x: Finding, sources: Sequence[Source]) -> Finding:
    if not all(k in x.evidence for k in _POINT):
        return x
    one = sources[:1] if x.evidence.get("alone") else sources
    text = _PROGRAM.format(
        h=x.evidence["h"],
        h_prime=x.evidence["h_prime"],
        seed=generator_seed(int(str(x.evidence["seed"]))),
        dtype=x.evidence["dtype"],
        rows=_NORMALISED if x.evidence.get("normalise") else "x, y",
        sources=[(dict(spec), dict(settings)) for spec, settings in one],
    )
    return replace(x, evidence={**x.evidence, "program": text})


def printed(report: Report) -> str:
    """The program of the first finding that decides and has one, or nothing."""
    return next((str(x.evidence["program"]) for x in report.bugs if "program" in x.evidence), "")
