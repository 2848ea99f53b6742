"""Reads a gradient in print form as a linear combination of embeddings: a coefficient per view,
own (of the sample the gradient is taken at) or of the others, and what is no such multiple."""

from dataclasses import dataclass
from itertools import combinations

from sympy import Add, Expr, Mul, S

from derive.canonical import for_print
from derive.indices import fresh
from derive.nodes import (
    FEATURE,
    Component,
    Definition,
    Delta,
    Distinct,
    Index,
    IndexSum,
    N,
    SampleIndex,
    View,
    free_indices,
)
from derive.simplify import simplified


@dataclass(frozen=True)
class Remainder:
    """A part of the gradient that no multiple of an embedding expresses.

    summand: the summand of the objective it comes from; component: its feature a, for anchor i.
    """

    summand: str
    component: Expr


class Parts:
    """Collects the parts of a gradient in print form, summand by summand.

    fixed: the samples named in the gradient, all different; other: the index of any sample that is
    none of them; positive: the view whose component at the first of them may carry a diagonal
    matrix. others: view → weights at `other`; own: (view, fixed sample) → weights; diagonal:
    entries a of what multiplies the positive.
    """

    def __init__(
        self, fixed: tuple[SampleIndex, ...], other: SampleIndex, positive: View | None = None
    ) -> None:
        self.fixed = fixed
        self.other = other
        self.positive = positive
        self.others: dict[View, list[Expr]] = {}
        self.own: dict[tuple[View, SampleIndex], list[Expr]] = {}
        self.diagonal: list[Expr] = []
        self.remainder: list[Remainder] = []

    def read(self, summand: str, gradient: Expr, definitions: set[Definition]) -> None:
        """Adds the terms of one summand's gradient."""
        rest: list[Expr] = []
        diagonal: list[Expr] = []
        for term in Add.make_args(gradient):
            if self._read_term(term):
                continue
            entry = self._diagonal(term)
            (rest if entry is None else diagonal).append(term if entry is None else entry)
        if rest:
            component = _folded(simplified(Add(*rest)), definitions)
            self.remainder.append(Remainder(summand, component))
        if diagonal:
            self.diagonal.append(_folded(simplified(Add(*diagonal)), definitions))

    def _diagonal(self, term: Expr) -> Expr | None:
        """What multiplies the positive, feature by feature."""
        if self.positive is None:
            return None
        own = Component(self.positive, self.fixed[0], FEATURE)
        factors = Mul.make_args(term)
        return Mul(*[x for x in factors if x != own]) if own in factors else None

    def _read_term(self, term: Expr) -> bool:
        """One term, linear in one component that carries the free feature index, or no."""
        factors = Mul.make_args(term)
        holders = [x for x in factors if FEATURE in free_indices(x)]
        if len(holders) != 1:
            return False
        coefficient = Mul(*[x for x in factors if x is not holders[0]])
        body, bound = _peeled(holders[0])
        inside = [x for x in Mul.make_args(body) if FEATURE in free_indices(x)]
        if len(inside) != 1 or not isinstance(inside[0], Component):
            return False
        view, index, _ = inside[0].args
        weight = coefficient * Mul(*[x for x in Mul.make_args(body) if x is not inside[0]])
        if index in bound:
            weight = weight.xreplace({index: self.other})
        elif index not in self.fixed:  # a picked sample: w v_p = Σ_k (w δ_kp) v_k
            weight *= Delta(self.other, index)
        for k in bound:
            if k != index:
                weight = IndexSum(weight, k)
        self._add(view, index, weight)
        return True

    def _add(self, view: View, index: Expr, weight: Expr) -> None:
        """weight·v_index, or Σ_k weight(k) v_k over all samples; a centred view is less its
        mean."""
        base, summed = view.base, index not in self.fixed
        if view.role == "centred":
            total = IndexSum(weight.xreplace({self.other: (k := SampleIndex("_k"))}), k)
            mean = for_print(total if summed else weight) / N
            self._spread(base, -mean)
        if summed:
            self._spread(base, weight)
        else:
            self.own.setdefault((base, index), []).append(weight)

    def _spread(self, view: View, weight: Expr) -> None:
        """weight(k) on every sample: of the others, and a part of each own coefficient."""
        if weight == 0:
            return
        self.others.setdefault(view, []).append(self._elsewhere(weight))
        for k in self.fixed:
            own = self._elsewhere(weight.xreplace({self.other: k}))
            self.own.setdefault((view, k), []).append(own)

    def _elsewhere(self, e: Expr) -> Expr:
        """What e is where all the named samples differ."""
        guards: dict[Expr, Expr] = {}
        for k, m in combinations((*self.fixed, self.other), 2):
            guards |= {Distinct(k, m): S.One, Delta(k, m): S.Zero}
        return for_print(e).xreplace(guards)


def _peeled(e: Expr) -> tuple[Expr, list[Index]]:
    """The body under nested sums, and their indices, renamed: a factor outside may bind the
    same names."""
    bound: list[Index] = []
    while isinstance(e, IndexSum):
        body, k = e.args
        bound.append(fresh(type(k)))
        e = body.xreplace({k: bound[-1]})
    return e, bound


def _folded(e: Expr, definitions: set[Definition]) -> Expr:
    """Definitions at the free feature, C_aa for its expansion: for reading."""
    for definition in sorted((d for d in definitions if not d.opaque), key=str):
        at = definition(*[FEATURE] * len(definition.dummies))
        scale, atom = _scaled_sum(for_print(at.value))
        if atom is not None:
            e = e.xreplace({atom: at / scale})
    return e


def _scaled_sum(e: Expr) -> tuple[Expr, Expr | None]:
    sums = [x for x in Mul.make_args(e) if isinstance(x, IndexSum)]
    if len(sums) != 1:
        return S.One, None
    return Mul(*[x for x in Mul.make_args(e) if x is not sums[0]]), sums[0]
