"""A decomposition put together again from the parts that print: GD, W, R, ρ and the remainder.

For numbers: `Parts`. For proofs: `identities`, the three kinds it consists of, since in one piece
the rational functions of all parts come over one denominator, which takes minutes where the
pieces take milliseconds. Not by `Coefficients.assembled` and not from what it proved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Add, Expr, S

from derive.nodes import ANCHOR, FEATURE, NEGATIVE, Component, Named, View
from derive.notation import sum_samples
from derive.paradigm import Decomposition, revealed


@dataclass(frozen=True)
class Parts:
    """gradient = dissipation·gated + rest, component a. Where GD_i is 0, W_ij need not exist (no
    negative is active: W is Σ-normalised), and the first product is 0 without it."""

    dissipation: Expr
    gated: Expr
    rest: Expr


def assembled(decomposition: Decomposition) -> Parts:
    """GD_i Σ_{j≠i} W_ij (n_j − R_i h'_i − Σ_v Σ_{k≠i} R^v_ik v_k) + ρ_i h_i + remainder; R_i h'_i
    also with the diagonal matrix that weighs the features.

    Where Σ_j a_ij vanishes there is no R, and −b_i h'_i − Σ_v Σ_{k≠i} b^v_ik v_k, not gated,
    stands for it.
    """
    d, relative = decomposition, decomposition.ratio is not None
    if relative:
        pulled = _pulled(d, d.ratio + d.ratio_diagonal, d.ratios)
    else:
        pulled = _pulled(d, d.coefficients.pull + d.coefficients.diagonal, d.coefficients.positives)
    pushes = [
        _over_others(weight, view) - (_sum_over_others(weight) * pulled if relative else 0)
        for view, weight in d.weight.items()
    ]
    rest = _rest(d) if relative else _rest(d) - pulled
    return Parts(d.dissipation, Add(*pushes), rest)


def identities(decomposition: Decomposition) -> dict[str, Expr]:
    """Name → what has to vanish for the parts to be the gradient: gradient − Σ of a, b, ρ and the
    remainder; GD·W − a for each view of the negatives; A − Σ_j a_ij, the total push, and R·A − b
    for each positive."""
    d, c = decomposition, decomposition.coefficients
    pulled = _pulled(d, c.pull + c.diagonal, c.positives)
    pushes = [_over_others(revealed(a), view) for view, a in c.push.items()]
    found = {"gradient − parts": revealed(c.gradient) - Add(*pushes, -pulled, _rest(d))}
    for view in {**c.push, **d.weight}:
        weight, push = d.weight.get(view, S.Zero), c.push.get(view, S.Zero)
        found[f"GD·W − a of {view}"] = d.dissipation * weight - revealed(push)
    total = d.total_push  # by a name where GD and R have it so
    written_out = total.value if isinstance(total, Named) else total
    pushed = Add(*[_sum_over_others(revealed(a)) for a in c.push.values()])
    found["A − Σ a"] = revealed(written_out) - pushed
    if d.ratio is None:
        return found
    pairs = {"h'_i": (d.ratio, c.pull), "the diagonal": (d.ratio_diagonal, c.diagonal)}
    for view in {**d.ratios, **c.positives}:
        pairs[f"{view}_j"] = (d.ratios.get(view, S.Zero), c.positives.get(view, S.Zero))
    for name, (ratio, pull) in pairs.items():
        found[f"R·A − b of {name}"] = ratio * total - revealed(pull)
    return found


def _pulled(d: Decomposition, own: Expr, further: Mapping[View, Expr]) -> Expr:
    """Component a of own_i h'_i + Σ_v Σ_{j≠i} further^v_ij v_j."""
    others = [_over_others(revealed(x), view) for view, x in further.items()]
    return Add(revealed(own) * Component(d.objective.positive, ANCHOR, FEATURE), *others)


def _rest(d: Decomposition) -> Expr:
    """Component a of ρ_i h_i + remainder."""
    radial = d.radial * Component(d.objective.anchor, ANCHOR, FEATURE)
    return Add(radial, *[revealed(part.component) for part in d.remainder])


def _over_others(weight: Expr, view: View) -> Expr:
    """Component a of Σ_{j≠i} weight_ij v_j."""
    return _sum_over_others(weight * Component(view, NEGATIVE, FEATURE))


def _sum_over_others(term: Expr) -> Expr:
    """Σ_{j≠i} term_ij."""
    return sum_samples(lambda k: term.xreplace({NEGATIVE: k}), other_than=ANCHOR)
