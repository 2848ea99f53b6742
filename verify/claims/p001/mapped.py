"""A gradient as the paradigm, and the entries of a table against the canonical split."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sympy import Add, Expr, Mul

from derive.errors import ObjectiveError
from derive.hyper import Hyper
from derive.nodes import D, H, HardestIndex, N, View, centred, free_indices
from derive.notation import sum_features
from derive.objective import CROSS, SAME, Pool
from derive.paradigm import Decomposition, decompose
from verify.claims.conditions import EQUAL_EVERYWHERE, INTERCHANGEABLE_PAIR
from verify.claims.derivations import Scalar, gradient_in_parts, objective
from verify.claims.equalities import Equation
from verify.claims.p001.notation import A, I, J, h_prime, over_negatives, vector
from verify.claims.points import Space


def as_paradigm(d: Decomposition) -> Equation:
    """gradient = GD Σ W (n_j − R h'_i) for the split that is derived: nothing is left over."""
    [(view, weight)] = d.weight.items()
    assert d.ratio is not None
    formula, ratio = d.coefficients.formula, d.ratio + d.ratio_diagonal
    mean = _of_mean(d, view)
    if mean != 0:
        folded = weight - mean / N
        weight, ratio = folded, ratio * _total(weight) / _total(folded)
    printed = in_paradigm(d.dissipation, weight, ratio, view)
    space = Space(d.objective.hyper)
    scalar = Scalar("L_i", formula, derive=gradient_in_parts)
    return Equation(gradient_in_parts(formula), printed, space, scalar=scalar,
                    extra=(EQUAL_EVERYWHERE,))  # fmt: skip


def _of_mean(d: Decomposition, view: View) -> Expr:
    """The coefficient of −h̄, which a loss of centred vectors leaves beside W: that of h_i − h̄,
    the mean over the features where it depends on one."""
    centre = vector(centred(view), I)
    terms = Add.make_args(gradient_in_parts(d.coefficients.formula))
    total = Add(*[x / centre for x in terms if centre in Mul.make_args(x)])
    if A not in free_indices(total):
        return total
    return sum_features(lambda a: total.xreplace({A: a})) / D


def _total(weight: Expr) -> Expr:
    """Σ_{j≠i} W_ij."""
    return over_negatives(lambda k: weight.xreplace({J: k}))


def in_paradigm(dissipation: Expr, weight: Expr, ratio: Expr, view: View) -> Expr:
    """Component a of GD Σ_{j≠i} W_ij (v_j − R_ij h'_i)."""
    term = weight * (vector(view, J) - ratio * h_prime(I))
    return dissipation * over_negatives(lambda k: term.xreplace({J: k}))


@dataclass(frozen=True)
class Column:
    """A loss of a table: its name and formula as printed, the view of its negatives, what is
    printed for GD, W and R, and where W picks one negative, which. The formula has the positive's
    score by name where something gates by it. others: losses of the paper that may be meant;
    reading: how what is printed was read where it is wrong or unclear, a clause that names the
    claims about it.
    """

    name: str
    formula: Expr
    hyper: tuple[Hyper, ...]
    negatives: View
    dissipation: Expr
    weight: Expr
    ratio: Expr
    picked: HardestIndex | None = None
    others: Mapping[str, Expr] = field(default_factory=dict)
    reading: str = ""

    @property
    def space(self) -> Space:
        return Space(self.hyper)

    def split(self, formula: Expr | None = None) -> Decomposition:
        """The canonical split of the printed loss, or of another."""
        pool = SAME if self.negatives == H else CROSS
        return _split(self.formula if formula is None else formula, self.hyper, pool)

    def _entry(self, part: Callable[[Decomposition], Expr], printed: Expr) -> Equation:
        """One part of the split of the printed loss, which may be misprinted as well."""

        def derive(formula: Expr) -> Expr:
            return part(self.split(formula))

        formula = self.formula
        scalar = Scalar(self.name, formula, self.others, derive)
        diagonal = A in free_indices(printed)
        return Equation(derive(formula), printed, self.space, scalar=scalar, entries=diagonal)

    def dissipation_entry(self) -> Equation:
        """GD against the canonical split."""
        return self._entry(lambda d: d.dissipation, self.dissipation)

    def weight_entry(self) -> Equation:
        """GD·W against a_ij."""
        printed = self.dissipation * self.weight
        found = self._entry(lambda d: _push(d, self.negatives), printed)
        return replace(found, extra=(INTERCHANGEABLE_PAIR,))

    def ratio_entry(self) -> Equation:
        """R against b_i/Σ_j a_ij; where W picks one negative, at that one."""
        at = {} if self.picked is None else {J: self.picked}
        return self._entry(_ratio, self.ratio.xreplace(at))

    def row(self) -> Equation:
        """GD Σ W (n_j − R h'_i) against the gradient."""
        scalar = Scalar(self.name, self.formula, self.others, gradient_in_parts)
        derived = gradient_in_parts(self.formula)
        return Equation(derived, self.as_printed(), self.space, scalar=scalar)

    def as_printed(self) -> Expr:
        """Component a of what the table says the gradient is."""
        return in_paradigm(self.dissipation, self.weight, self.ratio, self.negatives)


@lru_cache(maxsize=256)
def _split(formula: Expr, hyper: tuple[Hyper, ...], pool: Pool) -> Decomposition:
    return decompose(objective(formula, hyper, pool))


def _push(d: Decomposition, view: View) -> Expr:
    if view not in d.coefficients.push:
        raise ObjectiveError(f"{d.objective.name}: no negative of the view {view} is pushed.")
    return d.coefficients.push[view]


def _ratio(d: Decomposition) -> Expr:
    if d.ratio is None:
        raise ObjectiveError(f"{d.objective.name}: the pushes sum to zero, so there is no ratio.")
    return d.ratio + d.ratio_diagonal
