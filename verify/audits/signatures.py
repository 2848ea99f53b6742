"""Which settings a function or a class takes, and the numbers that it was built with."""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

SYNONYMS = {
    "tau": ("temperature", "temp"),
    "m": ("margin",),
    "nu": ("lambd", "lambda_param", "lmbda"),
    "lam": ("lambda_", "lmda"),
    "t": ("logit_scale", "scale"),
    "b": ("logit_bias", "bias"),
}  # how code names the catalogue's hyper-parameters


def renamed(kind: Callable[..., Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that it takes, by its own names for them."""
    found = {}
    for name, value in settings.items():
        own = accepted(kind, name)
        if own is not None:
            found[own] = value
    return found


def accepted(kind: Callable[..., Any], name: str) -> str | None:
    """The parameter that a setting is for: of its name, or of a usual other name of it."""
    try:
        parameters = inspect.signature(kind).parameters
    except (TypeError, ValueError):
        return name
    ours = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = [k for k, v in parameters.items() if v.kind in ours]
    for candidate in (name, *SYNONYMS.get(name, ())):
        if candidate in known:
            return candidate
    if any(v.kind is inspect.Parameter.VAR_KEYWORD for v in parameters.values()):
        return name
    return None


def defaults(kind: Callable[..., Any]) -> dict[str, Any]:
    """The default values of a function's or a class's arguments."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {x.name: x.default for x in parameters if x.default is not inspect.Parameter.empty}


def attributes(built: Any) -> dict[str, Any]:
    """What a module holds: its public attributes, and its learned numbers."""
    if not isinstance(built, nn.Module):
        return {}
    held = dict(built.named_parameters(recurse=False))
    learned = {k: v.item() for k, v in held.items() if v.numel() == 1}
    return {k: v for k, v in vars(built).items() if not k.startswith("_")} | learned


def numeric(values: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers of a mapping."""
    kinds = (int, float)
    kept = {k: v for k, v in values.items() if isinstance(v, kinds) and not isinstance(v, bool)}
    return {k: float(v) for k, v in kept.items() if math.isfinite(v)}
