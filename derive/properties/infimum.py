"""The infimum of a loss, by a bound argument where one applies.

Where L falls with c_ii' and rises with the cosines of negatives, no batch is below its value at
c_ii' = 1 and −1 elsewhere. One anchor attains that; a whole batch cannot, but where L is convex
the mean of the cosines decides (Jensen), and the least mean is that of the simplex: for unit
vectors ‖Σ_i h_i‖² ≥ 0 and Σ_i ⟨h_i − h̄, h'_i − h̄'⟩ ≤ N, so the means of c_ij and of
c_ij' − c_ii' are at least −1/(N − 1) and −N/(N − 1).
"""

from sympy import Expr, S, Symbol, expand, simplify

from derive.nodes import Inner, N, Node
from derive.properties.convex import convex
from derive.properties.masks import NONNEGATIVE, ZERO, within
from derive.properties.minimise import least_value
from derive.properties.result import SAMPLED, Property
from derive.properties.slopes import Slopes, slopes_of
from derive.properties.subject import Subject
from derive.properties.symmetric import Batch, NotDeterminedError, value
from derive.properties.tidy import tidy, to_sympy
from derive.properties.values import exact_value
from derive.verdict import Verdict

TOPIC, NAME = "Values", "infimum"
ORTHONORMAL = Batch(S.One, S.Zero, S.Zero, S.Zero)
SIMPLEX = Batch(S.One, -1 / (N - 1), -1 / (N - 1), -1 / (N - 1))


def infimum_property(s: Subject) -> Property:
    """The infimum of L_i (of the training scalar too where it is known), or the least value met."""
    if s.is_surrogate:
        return _of_surrogate()
    slopes = slopes_of(s)
    if slopes is not None and s.anchored and slopes.turns(s):
        return _of_ends(s)
    if slopes is not None and slopes.known:
        try:
            return _anchor(s, slopes) if s.anchored else _batch(s, slopes)
        except NotDeterminedError:
            pass
    return _of_bounds(s) or _searched(s)


def _corner(slopes: Slopes) -> Batch:
    """The least of every cosine that pushes, the greatest that pulls."""
    if slopes.positive == ZERO and slopes.same == slopes.same_prime == ZERO:
        return Batch(-S.One, -S.One, S.One, S.One)  # h_i = v, h'_i = −v for all i
    return Batch(S.One, -S.One, -S.One, -S.One)


def _anchor(s: Subject, slopes: Slopes) -> Property:
    least = exact_value(s, _corner(slopes))
    text = s.text(least)
    where = "by one anchor (h'_i = h_i, every negative −h_i)"
    if slopes.pull_only:
        where = "at h'_i = h_i"
    elif slopes.positive == ZERO:
        where = "by one anchor (every negative −h_i)"
    statement = f"inf L_i = {text}, attained {where}."
    ground = "∂L_i/∂c_ii' ≤ 0 and ∂L_i/∂c_ij ≥ 0 for every negative, cosines in [−1, 1]"
    mean = _of_simplex(s, slopes)
    if mean is not None:
        statement += f" Over all anchors: inf of the mean = {s.text(mean)}, {_AT_SIMPLEX}."
        ground += "; L_i is convex in the cosines, and Jensen's inequality bounds the mean"
    elif not slopes.pull_only:
        at = exact_value(s, SIMPLEX)
        statement += f" At the simplex every anchor has {s.text(at)}: the mean can be that low."
    return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, text, least)


_AT_SIMPLEX = "attained at the simplex (h'_i = h_i, c_ij = −1/(N − 1), for D ≥ N − 1)"


def _of_simplex(s: Subject, slopes: Slopes) -> Expr | None:
    """The value at the simplex, if it is the infimum of the training scalar."""
    if slopes.pull_only or s.objective.inputs or not convex(s.formula, s.signs):
        return None  # inputs: the samples are not interchangeable, so nothing can be averaged
    if slopes.cross != ZERO and not _depends_on_differences(s):
        return None
    return exact_value(s, SIMPLEX)


def _depends_on_differences(s: Subject) -> bool:
    """Whether adding one number to all cosines of a symmetric batch changes nothing."""
    shift, *cosines = (Symbol(f"_{x}", real=True) for x in "tpqrs")
    still, moved = (value(s.formula, Batch(*(c + x for c in cosines))) for x in (0, shift))
    if tidy(expand(moved - still)) == 0:
        return True
    smooth = to_sympy(moved)
    return bool(not smooth.has(Node) and simplify(smooth.diff(shift)) == 0)


def _batch(s: Subject, slopes: Slopes) -> Property:
    corner = _corner(slopes)
    bound = exact_value(s, corner)
    ground = "∂L/∂c_ii' ≤ 0 and ∂L by the cosine of every negative ≥ 0, cosines in [−1, 1]"
    if slopes.pull_only:
        statement = f"inf L = {s.text(bound)}, attained at h'_i = h_i for every i."
        return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, s.text(bound), bound)
    if corner.positive == -1:
        statement = f"inf L = {s.text(bound)}, attained at h_i = v, h'_i = −v for every i."
        return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, s.text(bound), bound)
    least = _of_simplex(s, slopes)
    if least is not None:
        statement = f"inf L = {s.text(least)}, {_AT_SIMPLEX}."
        ground += "; L is convex in the cosines, and Jensen's inequality bounds their means"
        return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, s.text(least), least)
    at = exact_value(s, SIMPLEX)
    text = s.text(bound)
    statement = f"L ≥ {text}; at the simplex (h'_i = h_i, c_ij = −1/(N − 1)) L = {s.text(at)}."
    return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, f"≥ {text}", bound)


def _of_ends(s: Subject) -> Property:
    """L_i turns once in c_ii': the least is at c_ii' = 1 or −1."""
    ends = (Batch(c, -S.One, -S.One, -S.One) for c in (S.One, -S.One))
    near, far = (s.text(exact_value(s, x)) for x in ends)
    answer = f"min({near}, {far})"
    statement = (
        f"inf L_i is the lesser of {near}, attained by one anchor at h'_i = h_i, and {far}, "
        "attained at h'_i = −h_i, every negative −h_i."
    )
    ground = (
        "∂L_i/∂c_ii' changes its sign once, from + to −, and ∂L_i/∂c_ij ≥ 0 for every negative, "
        "cosines in [−1, 1]"
    )
    return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, answer)


def _of_bounds(s: Subject) -> Property | None:
    """The sum of the least values of the terms, if orthonormal pairs attain it."""
    if not s.unit:
        return None
    low = s.signs.bounds.low(s.formula)
    try:
        at = exact_value(s, ORTHONORMAL)
        if low.has(Inner) or tidy(value(low, ORTHONORMAL) - at) != 0:
            return None
    except NotDeterminedError:
        return None
    scalar, text = "L_i" if s.anchored else "L", s.text(at)
    statement = f"inf {scalar} = {text}, attained at h'_i = h_i, orthogonal to others (D ≥ N)."
    ground = "every term is at its least there: cosines in [−1, 1], their squares in [0, 1]"
    return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, text, at)


def _of_surrogate() -> Property:
    statement = "The loss is a surrogate: its value is not what training lowers, so none is given."
    ground = "it holds stop-gradients, and where they stand the value does not follow the gradient"
    return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, "a surrogate")


def _searched(s: Subject) -> Property:
    scalar = "the mean of L_i" if s.anchored else "L"
    found = least_value(s)
    if found is None:
        reason = "the loss has no value at any of the batches that were tried"
        return Property(TOPIC, NAME, "The infimum is not known.", Verdict.UNDECIDED, reason)
    bounded = "0 ≤ inf (proved); " if within(s.signs(s.formula), NONNEGATIVE) else ""
    statement = f"{bounded}the least value of {scalar} that was met is {found.value:.4g}."
    return Property(TOPIC, NAME, statement, SAMPLED, found.ground, f"≤ {found.value:.4g}")
