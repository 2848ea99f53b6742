"""The canonical split of a gradient into gradient dissipation, weight and ratio.

    ∂L/∂h_i = GD_i Σ_{j≠i} W_ij (n_j − R_i h'_i)  +  ρ_i h_i  +  remainder

    V_ij = lim a_ij as the positive's score → −∞       GD_i = Σ_j a_ij / Σ_j V_ij
    W_ij = a_ij / GD_i                                  R_i  = b_i / Σ_j a_ij

One rule for every loss (the papers fix the gauge loss by loss). Where V is 0, infinite or has no
limit, GD = 1 and W = a, and the result says why. With negatives from two views, W is kept per
view and R is one over both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from sympy import Expr, Mul, Pow, S

from derive.calculus import Watch
from derive.canonical import for_print
from derive.coefficients import Coefficients, Remainder, differentiate
from derive.errors import DecompositionError, ObjectiveError
from derive.gauge import exposed, over_negatives, revealed, ungated_pushes
from derive.identity import GATES, MOST_GATES, plainly_zero, vanishes
from derive.nodes import (
    ANCHOR,
    Definition,
    Exp,
    Named,
    SampleIndex,
    View,
)
from derive.objective import Objective
from derive.simplify import one_fraction, simplified, size
from derive.verdict import Verdict

__all__ = ["Decomposition", "decompose", "revealed", "split"]

_TOTALS = ("A", "V")
_LONG = 140  # nodes of Σ_j a_ij and Σ_j V_ij together: beyond, they are named A_i and V_i
_ACTIVE = "some negative is active (Σ_j a_ij is not 0)"


@dataclass(frozen=True)
class Decomposition:
    """Gradient dissipation, weight and ratio of an objective, proved at construction.

    coefficients: the stored truth (a, b, ρ, remainder), already proved to be the gradient.
    ungated: view of the negatives → V_ij (empty where there is no such limit).
    dissipation: GD_i. weight: view of the negatives → W_ij. ratio: R_i, or None where Σ_j a_ij
    is 0. total_push: Σ_{j≠i} a_ij (by the name A_i where it is long). no_gauge: why GD is 1
    (empty: it was derived).
    ratio_condition: where W and R exist (empty: everywhere that they can be evaluated).
    ratio_diagonal: entry a of the diagonal matrix that adds to R_i (0: R_i is a scalar). ratios:
    view → R^v_ij of further positives j ≠ i (b^v_ij = R^v_ij Σ_j a_ij).

    Raises `DecompositionError` unless GD·W = a and R·Σ_j a_ij = b are proved.
    """

    coefficients: Coefficients
    ungated: Mapping[View, Expr]
    dissipation: Expr
    weight: Mapping[View, Expr]
    ratio: Expr | None
    total_push: Expr
    no_gauge: str
    ratio_condition: str = ""
    ratio_diagonal: Expr = S.Zero
    ratios: Mapping[View, Expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        c, a = self.coefficients, self.coefficients.push
        identities = [self.dissipation * self.weight[view] - a[view] for view in a]
        identities.append(_unnamed(self.total_push) - over_negatives(a))
        if self.ratio is not None:
            total = self.total_push
            identities += [self.ratio * total - c.pull, self.ratio_diagonal * total - c.diagonal]
            identities += [self.ratios[view] * total - b for view, b in c.positives.items()]
        if any(vanishes(revealed(x)) is not Verdict.PROVED for x in identities):
            raise DecompositionError(
                f"GD·W = a or R·Σa = b was not proved for {self.objective.name!r}. "
                "This is a fault of the derivation: please report it."
            )

    @property
    def objective(self) -> Objective:
        return self.coefficients.objective

    @property
    def remainder(self) -> tuple[Remainder, ...]:
        return self.coefficients.remainder

    @property
    def totals(self) -> tuple[Named, ...]:
        """A_i = Σ_j a_ij and V_i = Σ_j V_ij where GD, W and R have them by name, else nothing."""
        total = self.total_push
        if not isinstance(total, Named) or not self.dissipation.has(total):
            return ()
        others = sorted((x for x in self.dissipation.atoms(Named) if x != total), key=str)
        return total, *[x for x in others if x.definition.name == _TOTALS[1]]

    @property
    def radial(self) -> Expr:
        return revealed(self.coefficients.radial)


def _check_pools(coefficients: Coefficients) -> None:
    """The negatives are of the views that the objective states."""
    objective = coefficients.objective
    strange = set(coefficients.push) - set(objective.pools)
    if strange:
        raise ObjectiveError(
            f"{objective.name} states pool = {objective.pool!r}, and its gradient pushes from "
            f"{' and '.join(f'{v}_j' for v in sorted(map(str, strange)))}. State the views that "
            "its negatives are of (CROSS, SAME or BOTH of derive.objective)."
        )


def decompose(
    objective: Objective,
    settings: Mapping[str, object] | None = None,
    watch: Watch | None = None,
) -> Decomposition:
    """Derive an objective's gradient and split it; nothing but its formula is used."""
    return split(differentiate(objective, settings, watch))


def split(coefficients: Coefficients) -> Decomposition:
    """The canonical split of coefficients. Raises `ObjectiveError` if the negatives are of other
    views than the objective states."""
    _check_pools(coefficients)
    b, a = coefficients.pull, exposed(coefficients)
    total = simplified(over_negatives(a))
    ungated, reason = ungated_pushes(coefficients, a)
    dissipation: Expr = S.One
    if ungated:
        total_ungated = for_print(over_negatives(ungated))
        if size(total) + size(total_ungated) > _LONG:
            total, total_ungated = (
                _named(*x) for x in zip(_TOTALS, (total, total_ungated), strict=True)
            )
        else:
            total_ungated = simplified(total_ungated)
        dissipation = simplified(total / total_ungated)
        if dissipation == 1:
            reason = "the push does not depend on the positive's score"
    weight = {view: simplified(push / dissipation) for view, push in a.items()}
    ratio = _ratio(b, total)
    gated = (ratio is not None and _gated_alone(total, b)) or any(map(_over_gates, weight.values()))
    active = _ACTIVE if gated else ""
    return Decomposition(
        coefficients,
        {view: revealed(v) for view, v in ungated.items()},
        revealed(dissipation),
        {view: revealed(w) for view, w in weight.items()},
        None if ratio is None else revealed(ratio),
        revealed(total),
        reason,
        active,
        S.Zero if ratio is None else one_fraction(revealed(coefficients.diagonal / total)),
        {}
        if ratio is None
        else {v: revealed(simplified(x / total)) for v, x in coefficients.positives.items()},
    )


def _named(name: str, total: Expr) -> Expr:
    """A sum over the negatives by a name, where GD and R would not be readable without."""
    i = SampleIndex("_i")
    return Definition(name, (i,), revealed(total).xreplace({ANCHOR: i}), opaque=True)(ANCHOR)


def _unnamed(total: Expr) -> Expr:
    return total.value if isinstance(total, Named) else total


def _ratio(pull: Expr, total: Expr) -> Expr | None:
    """R_i = b_i / Σ_j a_ij; None where the pushes sum to zero."""
    if plainly_zero(revealed(_unnamed(total))):
        return None
    ratio = simplified(pull / total)
    if size(ratio) == 1:
        return ratio
    return S.One if plainly_zero(revealed(pull - _unnamed(total))) else ratio


def _gated_alone(total: Expr, pull: Expr) -> bool:
    """Whether gates can close the whole push and leave the pull (too many to try: perhaps)."""
    total = _unnamed(total)
    gates = sorted(total.atoms(*GATES), key=str)
    if len(gates) > MOST_GATES:
        return True
    for values in product((S.Zero, S.One), repeat=len(gates)):
        closed = dict(zip(gates, values, strict=True))
        if plainly_zero(total.xreplace(closed)) and not plainly_zero(pull.xreplace(closed)):
            return True
    return False


def _over_gates(weight: Expr) -> bool:
    """Whether a weight is a share of what gates leave: 0/0 where they leave nothing."""
    bottom = [x.base for x in Mul.make_args(weight) if isinstance(x, Pow) and x.exp.is_negative]
    return any(not x.has(Exp) and x.has(*GATES) for e in bottom for x in (_unnamed(e),))
