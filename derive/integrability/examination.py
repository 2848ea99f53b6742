"""The examination of one field: pairs of cosines first, then scalars, each one differentiated."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sympy import Expr

from derive.coefficients import Coefficients
from derive.errors import ObjectiveError
from derive.identity import vanishes
from derive.integrability.answers import Name, Reading, Witness
from derive.integrability.field import Cosine, Field, Pair
from derive.integrability.forms import agree, apart
from derive.integrability.instance import Side, find_instance
from derive.integrability.potential import Candidate, anchor_scalars, batch_scalars, over_anchors
from derive.nodes import ANCHOR, NEGATIVE, Named, Stop, View
from derive.verdict import Verdict


def readings(c: Coefficients) -> tuple[Reading, ...]:
    """The answers for one loss, the whole batch first."""
    flows = not stops(c.formula)
    one_scalar = c.objective.differentiated == "batch"
    try:
        examination = _Examination(c)
    except ObjectiveError as error:
        if flows and one_scalar:
            return (_own("batch", c),)
        undecided = Reading("batch", Verdict.UNDECIDED, str(error))
        return (undecided, _own("anchor", c)) if flows else (undecided,)
    if not one_scalar:
        return examination.of_anchors(_own("anchor", c) if flows else None)
    if not flows:
        return (examination.of_batch(),)
    whole = _own("batch", c)
    left_out = c.remainder or c.diagonal != 0
    return (whole, replace(examination.of_batch(), name="paradigm")) if left_out else (whole,)


def stops(e: Expr) -> bool:
    """Whether a gradient is stopped anywhere in a formula, also inside what it names."""
    if e.has(Stop) or any(view.stopped for view in e.atoms(View)):
        return True
    return any(stops(x.definition.body) for x in e.atoms(Named))


def _own(name: Name, c: Coefficients) -> Reading:
    """The loss itself: its gradient is the field, which `Coefficients` proves at construction."""
    reason = "no gradient is stopped, and the parts were proved to be the gradient of the loss"
    return Reading(name, Verdict.PROVED, reason, c.formula, own=True)


class _Examination:
    """Raises `ObjectiveError` where the entries are no functions of the cosines."""

    def __init__(self, coefficients: Coefficients):
        self.coefficients = coefficients
        self.field = Field(coefficients)

    def of_anchors(self, own: Reading | None) -> tuple[Reading, Reading]:
        """own: the reading of one anchor, where it is the loss itself."""
        pairs = [x for x in self.field.pairs() if x.one_anchor]
        anchor = own or self._by_jacobian("anchor", pairs, self._anchor_scalars)
        batch = self.of_batch(anchor)
        return batch, anchor

    def of_batch(self, anchor: Reading | None = None) -> Reading:
        """All anchors at once; what one of them alone refutes is refuted."""
        if vanishes(self.field.is_one_way()) is not Verdict.PROVED:
            found = self._by_one_cosine()
            if found.verdict is Verdict.REFUTED or anchor is None or anchor.witness is None:
                return found
        if anchor is not None and anchor.witness is not None:
            return replace(anchor, name="batch", reason="already one anchor's field is none")
        return self._by_jacobian("batch", self.field.pairs(), self._batch_scalars)

    # ---- no ----

    def _by_jacobian(
        self, name: Name, pairs: list[Pair], scalars: Callable[[], Iterator[Candidate]]
    ) -> Reading:
        unknown: list[Pair] = []
        for pair in pairs:
            left = self.field.cross(pair.first, pair.second)
            right = self.field.cross(pair.second, pair.first)
            if agree(left, right):
                continue
            witness = self._witness(pair, left, right)
            if witness is not None:
                reason = "its Jacobian in the cosines is not symmetric"
                return Reading(name, Verdict.REFUTED, reason, witness=witness)
            unknown.append(pair)
        if unknown:
            return Reading(name, Verdict.UNDECIDED, self._undecided(unknown[0]))
        return self._with_scalar(name, scalars())

    def _witness(self, pair: Pair, left: Expr, right: Expr) -> Witness | None:
        sides = (
            Side(left, self.field.entry(pair.first), pair.second),
            Side(right, self.field.entry(pair.second), pair.first),
        )
        c = self.coefficients
        found = find_instance(c.objective, c.settings, *sides, pair.samples)
        return None if found is None else Witness(pair.first, pair.second, left, right, found)

    def _by_one_cosine(self) -> Reading:
        """a_ij and a_ji are two entries of one cosine."""
        c = Cosine(self.field.anchor, ANCHOR, NEGATIVE)
        left, right = (apart(self.field.entry(x)) for x in (c, Cosine(c.view, c.q, c.p)))
        objective, settings = self.coefficients.objective, self.coefficients.settings
        found = find_instance(objective, settings, Side(left), Side(right), 2)
        if found is None:
            reason = "a_ij = a_ji was not proved, and no batch was found at which they differ"
            return Reading("batch", Verdict.UNDECIDED, reason)
        reason = "c_ij and c_ji are one cosine, and it has two entries: a_ij and a_ji differ"
        witness = Witness(c, c, left, right, found, one_cosine=True)
        return Reading("batch", Verdict.REFUTED, reason, witness=witness)

    def _undecided(self, pair: Pair) -> str:
        cosines = [x.node(self.field.anchor) for x in (pair.first, pair.second)]
        return (
            f"the cross derivatives by {cosines[0]} and {cosines[1]} were not proved equal, and no "
            "batch was found at which they differ"
        )

    # ---- yes: scalars, each differentiated before it is believed ----

    def _with_scalar(self, name: Name, candidates: Iterator[Candidate]) -> Reading:
        reason = "its Jacobian in the cosines is symmetric, proved for symbolic N"
        for scalar, summand in candidates:
            if self._has_field(scalar):
                own = self.coefficients.formula in (scalar, summand)
                return Reading(name, Verdict.PROVED, reason, scalar, summand, own)
        return Reading(name, Verdict.PROVED, reason)

    def _anchor_scalars(self) -> Iterator[Candidate]:
        return anchor_scalars(self.field)

    def _batch_scalars(self) -> Iterator[Candidate]:
        formula = self.coefficients.formula
        if self.coefficients.objective.differentiated == "anchor" and not stops(formula):
            yield over_anchors(formula), formula
        yield from batch_scalars(self.field)

    def _has_field(self, scalar: Expr) -> bool:
        """Whether its derivatives by the cosines of h_i are the entries."""
        field = self.field
        cosines = [Cosine(field.positive, ANCHOR, ANCHOR)]
        cosines += [Cosine(view, ANCHOR, NEGATIVE) for view in field.push]
        try:
            return all(agree(field.derivative(scalar, c), field.entry(c)) for c in cosines)
        except ObjectiveError:
            return False
