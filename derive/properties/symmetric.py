"""Exact values where the batch looks the same from every sample: chance, collapse, extremes.

Such a batch is given by four cosines: c_ii', c_ij', c_ij and c_i'j' for j ≠ i, with norms 1. A
sum over k is its terms at the samples that are named around it, and N − (how many) times the
term at any other; so the value is exact, for symbolic N.
"""

from sympy import Expr, expand, nan, zoo

from derive.canonical import for_print, for_proof
from derive.nodes import Component, HardestIndex, IndexSum, SampleIndex, free_indices
from derive.properties.batch import (
    COLLAPSE,
    Batch,
    NotDeterminedError,
    UndefinedValueError,
    chance,
)
from derive.properties.merging import merged
from derive.properties.symmetric_rules import value_of
from derive.simplify import simplified

__all__ = [
    "COLLAPSE",
    "Batch",
    "NotDeterminedError",
    "UndefinedValueError",
    "chance",
    "value",
]


def value(e: Expr, batch: Batch) -> Expr:
    """The value of e, its free indices taken as different samples; in nodes, with Angle(c) for
    the angle of a symbolic cosine. Raises `NotDeterminedError`."""
    form = e
    if e.has(Component):
        form = for_proof(e)  # features in exactly two components become inner products
    elif e.has(HardestIndex):
        form = for_print(e)  # Σ_j δ_jj* f(j) = f(j*)
    scope = tuple(k for k in free_indices(form) if isinstance(k, SampleIndex))
    found = expand(value_of(form, batch, scope))
    if found.has(nan, zoo):
        raise UndefinedValueError("it divides by zero there")
    return simplified(merged(for_proof(found))) if found.has(IndexSum) else found
