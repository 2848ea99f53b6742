"""A decomposition put together again from the parts that print: GD, W, R, ρ and the remainder.

Not from the coefficients (a, b) they were made of, and not by `Coefficients.assembled`.
"""

from collections.abc import Callable

from sympy import Add, Expr, S

from derive.nodes import ANCHOR, FEATURE, H_PRIME, NEGATIVE, Component, H
from derive.notation import sum_samples
from derive.paradigm import Decomposition, revealed


def assembled(decomposition: Decomposition) -> Expr:
    """Component a of GD_i Σ_{j≠i} W_ij (n_j − R_i h'_i) + ρ_i h_i + remainder.

    Where Σ_j a_ij vanishes there is no R, and −b_i h'_i stands for its term.
    """
    positive = Component(H_PRIME, ANCHOR, FEATURE)
    ratio = decomposition.ratio
    pulled = S.Zero if ratio is None else ratio * positive
    pushes = [
        sum_samples(_term(Component(view, NEGATIVE, FEATURE) - pulled, weight), other_than=ANCHOR)
        for view, weight in decomposition.weight.items()
    ]
    rest = [revealed(part.component) for part in decomposition.remainder]
    if ratio is None:
        rest.append(-revealed(decomposition.coefficients.pull) * positive)
    radial = decomposition.radial * Component(H, ANCHOR, FEATURE)
    return Add(decomposition.dissipation * Add(*pushes), radial, *rest)


def _term(vector: Expr, weight: Expr) -> Callable[[Expr], Expr]:
    """weight_ij·vector_ij as a function of j."""
    return lambda k: (weight * vector).xreplace({NEGATIVE: k})
