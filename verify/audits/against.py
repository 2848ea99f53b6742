"""An audit against a definition: another callable, or a loss of the catalogue by its name."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import torch
from torch import Tensor

from verify.audits import alone
from verify.audits.calls import BlackBox, Loss
from verify.audits.extensions import normalises
from verify.audits.points import Draw, Point, given, own
from verify.audits.report import Finding, Report, Verdict, ordered
from verify.audits.sameness import compared, report, unsteady
from verify.audits.signatures import attributes, defaults, numeric
from verify.audits.values import unequal

CLASSES = 6  # own draws for a loss of labels: all batches have that size


def audit_against(
    f: Loss,
    against: Loss | str,
    inputs: Draw | None,
    hyper: Mapping[str, Any] | None,
    dtype: torch.dtype,
    seed: int,
) -> Report:
    """`verify.same` with what can be said of f besides, as notes; and a diagnosis of the code
    where the definition is named and the code is not it."""
    mine, unit_only = dict(hyper or {}), False
    if isinstance(against, str):
        g, unit_only, extra = _definition(against, mine, seed, drawn=inputs is None)
        mine |= {k: v for k, v in extra.items() if _takes(f, k)}
    else:
        g = BlackBox(against, mine)
    box = BlackBox(f, mine)
    points = list(
        given(inputs, dtype, seed) if inputs else own(dtype, seed, g.hyper, unit_only=unit_only)
    )
    found = compared(box, g, points, dtype)
    subject = f"{box.name} against {against if isinstance(against, str) else g.name}"
    base = report(found, subject, strict=inputs is not None, shaky=unsteady(box, g, found))
    findings = [*base.findings, *beside(box, points, dtype, base)]
    if unit_only and inputs is None and points:
        findings.append(domain(box, points[0]))
    if isinstance(against, str):
        n, d = points[0].h.shape if points else (2, 2)
        apart = unequal((box.name, against), _numbers(f, mine), _values_of(against, mine, n, d))
        findings += [apart] if apart else []
    if isinstance(against, str) and base.verdict == Verdict.DIFFERS:
        findings += _diagnosed(f, against, inputs, mine, dtype, seed)
    return Report(base.verdict, ordered(findings), base.points, subject)


def domain(f: BlackBox, point: Point) -> Finding:
    """What was compared, and whether the code brings rows there by itself."""
    does = "the code normalises rows itself"
    does_not = "the code does not normalise rows itself: give it unit ones"
    own = normalises(f, point)
    text = f"compared on unit rows, of which the definition is; {does if own else does_not}"
    return Finding("note", "domain", text, {"normalises": own})


def beside(f: BlackBox, points: list[Point], dtype: torch.dtype, base: Report) -> list[Finding]:
    """What holds of f alone. Beside a definition it explains and does not decide."""
    found, _ = alone.look(f, points, dtype)
    told = {x.kind for x in base.findings}
    return [
        Finding("note", x.kind, x.message, x.evidence)
        for x in found
        if not (x.kind in ("error", "dead", "flaw") and x.kind in told)
    ]


def _definition(
    name: str, hyper: Mapping[str, Any], seed: int, *, drawn: bool
) -> tuple[BlackBox, bool, dict[str, Any]]:
    """The oracle of that loss, its hyper-parameters taken from those given by name and otherwise
    its defaults; whether it is of unit rows; the labels that were drawn, if any."""
    from derive.objectives import load
    from verify import oracles
    from verify.inputs import as_tensors, draw_inputs

    objective, oracle = load(name), oracles.load(name)
    extra: dict[str, Any] = {}
    if drawn and not set(objective.inputs) <= set(hyper):
        extra = dict(as_tensors(draw_inputs(objective.inputs, CLASSES, Random(seed))))
    known = {x.name for x in objective.hyper} | set(objective.inputs)
    values = {k: v for k, v in {**extra, **hyper}.items() if k in known}
    _check(objective, values)
    unit = objective.embeddings == "unit"
    loss = _with_defaults(oracle, objective, normalised=unit and not drawn)
    return BlackBox(loss, values), unit, extra


def _check(objective: Any, values: Mapping[str, Any]) -> None:
    """Raises `HyperparameterError` for a value outside of its domain."""
    from derive.hyper import read_settings

    numbers = {
        k: v for k, v in values.items() if isinstance(v, int | float) and k not in objective.inputs
    }
    read_settings(objective.hyper, numbers)


def _with_defaults(
    oracle: Callable[..., Tensor], objective: Any, *, normalised: bool
) -> Callable[..., Tensor]:
    """Defaults may depend on the sizes of the batch (1/(N−1)). normalised: rows are, first."""
    from derive.nodes import D, N

    def loss(h: Tensor, h_prime: Tensor, **values: Any) -> Tensor:
        n, d = h.shape
        if normalised:
            h, h_prime = (torch.nn.functional.normalize(x, dim=1) for x in (h, h_prime))
        defaults = {k: float(v.subs({N: n, D: d})) for k, v in objective.defaults().items()}
        return oracle(h, h_prime, **{**defaults, **values})

    loss.__name__ = objective.name
    return loss


def _numbers(f: Loss, hyper: Mapping[str, Any]) -> dict[str, float]:
    """What the code is called with: the settings, its own defaults otherwise."""
    held = attributes(f) if isinstance(f, torch.nn.Module) else defaults(f)
    return numeric({**held, **hyper})


def _values_of(name: str, hyper: Mapping[str, Any], n: int, d: int) -> dict[str, float]:
    """What the definition is called with at N = n and D = d."""
    from derive.nodes import D, N
    from derive.objectives import load

    usual = {k: float(v.subs({N: n, D: d})) for k, v in load(name).defaults().items()}
    return {k: float(hyper.get(k, v)) for k, v in usual.items()}


def _takes(f: Loss, name: str) -> bool:
    import inspect

    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.name == name or p.kind == p.VAR_KEYWORD for p in parameters)


def _diagnosed(
    f: Loss,
    name: str,
    inputs: Draw | None,
    hyper: Mapping[str, Any],
    dtype: torch.dtype,
    seed: int,
) -> list[Finding]:
    """Which definition the code does implement, in a sentence."""
    try:
        from verify.audits.diagnosis import diagnose
    except ImportError:  # the symbolic part is not installed where the code runs
        return []
    found = diagnose(f, name, inputs, hyper, dtype, seed)
    return [Finding("note", "diagnosis", found.text, found.to_dict())] if found else []
