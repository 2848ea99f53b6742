"""A loss as one number that changes with anything that is trained: its formula and its parameters.

Equal whatever bound indices are called and in whatever order sums and products are written, so
that a file with a comment more is still the same loss.
"""

import hashlib
from collections.abc import Mapping

from sympy import Add, Expr, Mul, Symbol

from derive.nodes import (
    Delta,
    Distinct,
    Hardest,
    HardestIndex,
    IndexSum,
    Inner,
    Match,
    Mismatch,
    Named,
    Top,
)
from derive.objective import Objective

_SYMMETRIC = (Add, Mul, Delta, Distinct, Match, Mismatch)
_BOUND = {IndexSum: 1, Hardest: 1, HardestIndex: 1, Top: 2}  # where a node has its bound index


def digest(objective: Objective) -> str:
    """SHA-256, hexadecimal."""
    stated = (objective.differentiated, objective.reduction, objective.embeddings)
    hyper = [f"{x.name} = {x.default} in {x.domain}" for x in objective.hyper]
    text = "\n".join([*stated, *objective.inputs, *hyper, _text(objective.formula(), {})])
    return hashlib.sha256(text.encode()).hexdigest()


def _text(e: Expr, names: Mapping[Expr, str]) -> str:
    """An expression in which the bound indices are numbered from the outside."""
    if isinstance(e, Named):
        return _text(e.value, names)
    if not e.args:
        return names.get(e, e.name if isinstance(e, Symbol) else str(e))
    at = _BOUND.get(type(e))
    if at is not None:
        names = {**names, e.args[at]: f"#{len(names)}"}
    parts = [_text(x, names) for x in e.args]
    if isinstance(e, Inner):
        parts = sorted([f"{parts[0]}_{parts[1]}", f"{parts[2]}_{parts[3]}"])
    if isinstance(e, _SYMMETRIC):
        parts.sort()
    return f"{type(e).__name__}({', '.join(parts)})"
