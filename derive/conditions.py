"""Equal, but in which sense? Named conditions on the batch, and the smallest set that suffices.

A condition is a statement about the embeddings, applied to an expression as a rewriting. Which
ones are tried follows from the nodes an expression holds, never from the loss it came from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from sympy import Add, Expr, Mul, S, Symbol

from derive.canonical import for_proof
from derive.identity import vanishes_in_form
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    Component,
    Definition,
    Distinct,
    H,
    IndexSum,
    Inner,
    Named,
    Step,
    View,
    free_indices,
)
from derive.verdict import Verdict


@dataclass(frozen=True)
class Condition:
    """name: short; statement: what has to hold; apply: the rewriting it allows."""

    name: str
    statement: str
    apply: Callable[[Expr], Expr]


@dataclass(frozen=True)
class Equality:
    """sense: "ambient" (as vectors) or "tangent" (up to a multiple of h_i), under conditions
    (none: always); or "undecided" if no set of the known conditions was found to suffice."""

    sense: str
    conditions: tuple[Condition, ...] = ()

    @property
    def holds(self) -> bool:
        return self.sense != "undecided"

    @property
    def name(self) -> str:
        """ambient, tangent, conditional or undecided."""
        return "conditional" if self.conditions else self.sense


def _balance(e: Expr) -> Expr:
    views = {v: v.with_role("balanced") for v in e.atoms(View) if v.unit and not v.stopped}
    return e.xreplace(views)


def _same_for_every_feature(e: Expr) -> Expr:
    found = _per_feature(e)
    names = {x: Symbol(f"_same_{n}") for n, x in enumerate(dict.fromkeys(_definitions(found)))}
    return e.xreplace({x: names[x.definition] for x in found})


def _definitions(found: list[Named]) -> list[Definition]:
    return [x.definition for x in found]


def _feature_gates(e: Expr) -> list[Expr]:
    """Gates of single features that can all be closed at once: not two of opposite arguments."""
    gates = [x for x in e.atoms(Step) if FEATURE in free_indices(x)]
    arguments = {x.args[0] for x in gates}
    return [] if any(-x in arguments for x in arguments) else gates


def _close_feature_gates(e: Expr) -> Expr:
    return e.xreplace(dict.fromkeys(_feature_gates(e), S.Zero))


ZERO_MEAN = Condition("zero mean", "the batch mean of each view is zero", _balance)
EQUAL_FEATURES = "equal features"


def equal_features(e: Expr) -> Condition:
    """The statistics of e are the same for every feature: C_aa, σ_a do not depend on a."""
    names = sorted({_statistic(x) for x in _per_feature(e)})
    statement = (
        f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} the same for every feature a"
    )
    return Condition(EQUAL_FEATURES, statement, _same_for_every_feature)


def _statistic(x: Named) -> str:
    return f"{x.definition.name}_{'a' * len(x.definition.dummies)}"


def _per_feature(e: Expr) -> list[Named]:
    return [x for x in e.atoms(Named) if set(x.args[1:]) == {FEATURE}]


HINGE_INACTIVE = Condition("hinge inactive", "no feature's hinge is active", _close_feature_gates)


def _interchange(e: Expr) -> Expr:
    """Within Σ_{k≠m}, inner products of samples k and m of either view are those of one view."""
    if not e.has(IndexSum):
        return e
    e = e.func(*[_interchange(x) if isinstance(x, Expr) else x for x in e.args])
    if not isinstance(e, IndexSum):
        return e
    body, k = e.args
    apart = {frozenset(x.args) for x in Mul.make_args(body) if isinstance(x, Distinct)}
    same = {
        x: Inner(H, x.args[1], H, x.args[3])
        for x in body.atoms(Inner)
        if {x.args[0], x.args[2]} <= {H, H_PRIME} and {x.args[1], x.args[3]} in apart
    }
    return IndexSum(body.xreplace(same), k)


INTERCHANGEABLE = Condition(
    "views interchangeable",
    "two samples have one cosine in whichever views they are (c_ij = c_ij' = c_i'j')",
    _interchange,
)


def candidates(e: Expr) -> list[Condition]:
    """The conditions that could change an expression."""
    found = []
    if any(v.role == "centred" for v in e.atoms(View)):
        found.append(ZERO_MEAN)
    if _per_feature(e):
        found.append(equal_features(e))
    if _interchange(e) != e:
        found.append(INTERCHANGEABLE)
    if _close_feature_gates(e) != e:
        found.append(HINGE_INACTIVE)
    return found


def equality(difference: Expr) -> Equality:
    """In which sense a vector (its component a) is zero, with a smallest set of conditions.

    Gates are taken as 0 and 1 in turn only if nothing else suffices: that is slow.
    """
    for by_cases in (False, True):
        for conditions in _by_size(candidates(difference)):
            sense = _sense(difference, conditions, by_cases)
            if sense:
                return Equality(sense, conditions)
    return Equality("undecided")


def _sense(difference: Expr, conditions: tuple[Condition, ...], by_cases: bool) -> str:
    """ "ambient", "tangent" or neither ("")."""
    for condition in conditions:
        difference = condition.apply(difference)
    rest = for_proof(difference)
    if vanishes_in_form(rest, by_cases=by_cases) is Verdict.PROVED:
        return "ambient"
    tangential = _not_radial(rest)
    return "tangent" if vanishes_in_form(tangential, by_cases=by_cases) is Verdict.PROVED else ""


def _by_size(conditions: list[Condition]) -> Iterator[tuple[Condition, ...]]:
    for size in range(len(conditions) + 1):
        yield from combinations(conditions, size)


def _not_radial(e: Expr) -> Expr:
    """The terms that are no scalar multiple of h_i."""
    return Add(*[term for term in Add.make_args(e) if not _radial(term)])


def _radial(term: Expr) -> bool:
    holders = [x for x in Mul.make_args(term) if FEATURE in free_indices(x)]
    if len(holders) != 1 or not isinstance(holders[0], Component):
        return False
    view, index, _ = holders[0].args
    return bool(view.name == H.name and view.role != "centred" and index == ANCHOR)
