"""The hyper-parameters that code may have: as it was told, as it was built, or as is usual."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from sympy import Expr, Float, nsimplify, pi

from derive.errors import ContragradError
from derive.hyper import Hyper, read_settings
from derive.nodes import D, N
from derive.objective import Objective
from verify.audits.signatures import SYNONYMS

_MOST = 24  # combinations that are tried for one loss
_INVERSES = {"tau": ("scale", "logit_scale", "softmax_scale", "gamma")}  # a scale is 1/τ


def combinations(
    objective: Objective, given: Mapping[str, float], numbers: Mapping[str, float]
) -> Iterator[dict[str, Expr]]:
    """Values of all hyper-parameters, the likeliest first.

    given: by the user, by name; numbers: what the code was built with, by its own names.
    """
    defaults = objective.defaults()
    presets = [{**defaults, **objective.defaults(x)} for x in objective.presets.values()]
    choices = [_choices(x, given, numbers) or [None] for x in objective.hyper]
    seen: list[dict[str, Expr]] = []
    for found in islice(product(*choices), _MOST):
        named = {x.name: v for x, v in zip(objective.hyper, found, strict=True) if v is not None}
        for base in (defaults, *presets):
            values = {**base, **named}
            if values not in seen:
                seen.append(values)
                yield values
    for values in (defaults, *presets):
        if values not in seen:
            seen.append(values)
            yield values


def _choices(
    hyper: Hyper, given: Mapping[str, float], numbers: Mapping[str, float]
) -> list[Expr | None]:
    found = [given[hyper.name]] if hyper.name in given else []
    names = (hyper.name, *SYNONYMS.get(hyper.name, ()))
    found += [numbers[k] for k in names if k in numbers]
    found += [1 / numbers[k] for k in _INVERSES.get(hyper.name, ()) if numbers.get(k)]
    values = dict.fromkeys(exact(hyper, x) for x in found)
    return [x for x in values if x is not None]


def exact(hyper: Hyper, value: float) -> Expr | None:
    """A number as a hyper-parameter: the simple one that it is, or as it stands.

    None outside the domain.
    """
    simple = nsimplify(value, [pi], tolerance=1e-10, rational=None)
    try:
        (number,) = read_settings((hyper,), {hyper.name: _short(simple, value)}).values()
    except ContragradError:
        return None
    return number


def _short(simple: Expr, value: float) -> str:
    text = str(simple)
    if len(text) > 12 or not set(text) <= set("0123456789/*pi+-"):
        return f"{float(Float(value)):.17g}"
    return text


def tree(value: Expr) -> Any:
    """An exact value as plain JSON: a number, "N", "D", or [operation, *arguments]."""
    if value in (N, D):
        return str(value)
    if value.is_number:
        return float(value)
    return [value.func.__name__, *(tree(x) for x in value.args)]
