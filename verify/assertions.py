"""Assertions about a loss for tests of anyone's: the same loss as another, the right gradient.

Both fail with the report as their message, and where nothing could be decided: undecided is never
a pass.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from verify import plugin
from verify.audits.calls import BlackBox, Loss
from verify.audits.points import Draw, Point, given, own
from verify.audits.report import Report, Verdict
from verify.audits.sameness import compared, report
from verify.gradients import fault, not_derivative, not_reference
from verify.references import Reference

_SEEDS = 4  # of inputs, where many differences are taken at each
Hyper = Mapping[str, Any]


def assert_same_loss(
    f: Loss,
    g: Loss | str,
    inputs: Draw | None = None,
    hyper: Hyper | None = None,
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
    *,
    settings: Hyper | None = None,
) -> Report:
    """Fail unless f and g have the same value and gradients, as `verify.same` compares them.

    f, g: callables (h, h_prime, **hyper) → scalar of (N, D) tensors, or modules; g may be a name
    of the catalogue, whose loss normalises the rows if it is one of unit rows. inputs(seed) →
    (h, h_prime); None: our own draws, of unit rows for such a loss. hyper: given to both; a loss of
    the catalogue takes those that it knows by name, and settings ({"tau": 0.05}) before them.
    Returns the report, whose notes may matter.

    Raises `AssertionError` with the report: where they differ, and where that is undecided.
    `InputError`, `UnknownNameError` and `HyperparameterError` for bad arguments.
    """
    __tracebackhide__ = True
    given_hyper, unit_only = dict(hyper or {}), False
    other = BlackBox(g, given_hyper) if callable(g) else None
    if other is None:
        reference = Reference.of(str(g), given_hyper, settings)
        other, unit_only = BlackBox(reference), reference.unit
    first, found = BlackBox(f, given_hyper), None
    for point_seed in _seeds(seed):
        points = given(inputs, dtype, point_seed) if inputs else own(
            dtype, point_seed, given_hyper, unit_only=unit_only
        )  # fmt: skip
        subject = f"{first.name} against {other.name}"
        found = report(compared(first, other, points, dtype), subject, strict=inputs is not None)
        if found.verdict != Verdict.SAME:
            raise AssertionError(_same_message(found, dtype, point_seed))
    assert found is not None
    return found


def assert_gradient(
    f: Loss,
    inputs: Draw | None = None,
    hyper: Hyper | None = None,
    seed: int = 0,
    *,
    against: str | None = None,
    settings: Hyper | None = None,
) -> None:
    """Fail unless autograd of f is the gradient of its value, with its stop-gradients frozen.

    Finite differences in float64 along several directions, while everything that f detaches keeps
    its value: a stop-gradient that is meant passes, a backward written wrong does not. against: a
    name of the catalogue; then the gradients by h and h_prime must be that loss's, too, along the
    sphere for one of unit rows (inputs are normalised for it), at any value. f, inputs, hyper and
    settings as in `assert_same_loss`.

    Raises `AssertionError` with the first point that fails, also where no direction was smooth.
    """
    __tracebackhide__ = True
    box = BlackBox(f, dict(hyper or {}))
    reference = Reference.of(against, box.hyper, settings) if against else None
    unit_only = reference is not None and reference.unit
    smooth = 0
    for place, point in enumerate(_points(inputs, box, seed, unit_only=unit_only)):
        outcome = box(*point.views, seed=point.seed)
        if outcome.error and place and inputs is None:
            continue  # a loss may ask for an even batch, or for more than two pairs
        wrong, agreed = fault(outcome), 0
        if not wrong:
            wrong, agreed = not_derivative(box, point, outcome)
        if reference is not None and not wrong:
            wrong = not_reference(reference, point, outcome)
        if wrong:
            raise AssertionError(f"{box.name} at {point.label} (seed {point.seed}): {wrong}")
        smooth += agreed
    if not smooth:
        raise AssertionError(
            f"the gradient of {box.name} is undecided: its value was smooth along no direction "
            "that was tried. Give inputs(seed) -> (h, h_prime) away from its kinks."
        )


def unit_batches() -> list[tuple[Tensor, Tensor]]:
    """The ordinary ones of our own draws, (N, D) each, rows of norm 1, float64."""
    return [
        point.views for point in own(torch.float64, 0, {}, unit_only=True) if not point.singular
    ]


def _seeds(seed: int) -> range:
    return range(seed, seed + 8 * plugin.rounds(), 8)


def _points(inputs: Draw | None, box: BlackBox, seed: int, *, unit_only: bool) -> Iterator[Point]:
    for k in _seeds(seed):
        if inputs is None:
            drawn = own(torch.float64, k, box.hyper, unit_only=unit_only)
            yield from (x for x in drawn if not x.singular)
        else:
            for x in given(inputs, torch.float64, k, _SEEDS):
                yield x.moved(*map(_unit, x.views)) if unit_only else x


def _unit(x: Tensor) -> Tensor:
    return x / x.norm(dim=1, keepdim=True)


def _same_message(found: Report, dtype: torch.dtype, seed: int) -> str:
    again = f"dtype={dtype}, seed={seed}"
    return f"{found.text()}\nAgain with: verify.same(..., {again})."
