"""From derivatives by inner products to what the passes over tiles of anchors do."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from sympy import Add, Expr, S, expand

from derive.canonical import for_print
from derive.identity import vanishes
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Delta,
    Distinct,
    IndexSum,
    Inner,
    SampleIndex,
    Top,
    View,
    free_indices,
)
from derive.similarity import Coefficients, Pair
from derive.torch.flows import SWAPPED, Flow, Matrix, matrix_of, symmetric_flows, turned
from derive.torch.reductions import (
    Reduction,
    as_reduction,
    bare_in,
    exponentials_in,
    passes,
    views_everywhere,
)
from derive.verdict import Verdict


@dataclass(frozen=True)
class Plan:
    """Everything that is evaluated on a tile, and what has to be known before.

    symmetrise: anchors' terms within one view are added to their mirror image, which saves a
    product and needs every sample to be an anchor.
    """

    rule: Coefficients
    symmetrise: bool = True

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        return tuple(x for pair in self.rule.pairs for x in self._flows(pair))

    def _flows(self, pair: Pair) -> list[Flow]:
        if pair.left != pair.right:
            return [Flow(pair.left, pair.right, matrix_of(pair.coefficient), back=True)]
        if pair.symmetric:
            return symmetric_flows(pair)
        whole = matrix_of(pair.coefficient)
        if not self.symmetrise or whole.dense == 0 or whole.dense.has(Top):
            return [Flow(pair.left, pair.right, whole, back=True)]
        both = for_print(whole.dense + whole.dense.xreplace(SWAPPED))
        flows = symmetric_flows(Pair(pair.left, pair.right, both, symmetric=True))
        if whole.one_hot:
            only = Matrix(S.Zero, whole.one_hot)
            flows.append(Flow(pair.left, pair.right, only, back=True))
        return flows

    @cached_property
    def is_linear(self) -> bool:
        """Whether L_i is Σ_j (∂L_i/∂c_ij) c_ij over its inner products, as a loss whose weights are
        all stopped is: its value is then found on the way to the gradients."""
        rule = self.rule
        if not rule.per_anchor or not rule.pairs or rule.norms or rule.pair_norms:
            return False
        k = SampleIndex("_linear")
        h, h_prime = rule.views
        told = rule.own * Inner(h, ANCHOR, h_prime, ANCHOR)
        for x in rule.pairs:
            summand = x.coefficient.xreplace({NEGATIVE: k}) * Inner(x.left, ANCHOR, x.right, k)
            told += IndexSum(Distinct(k, ANCHOR) * summand, k)
        return vanishes(told - rule.value) is Verdict.PROVED

    @cached_property
    def norms(self) -> dict[View, Expr]:
        """By ⟨v_i, v_i⟩, without sums down a column, which are in `pair_norms`."""
        return {v: self._split_norm(e)[0] for v, e in self.rule.norms.items()}

    @cached_property
    def pair_norms(self) -> dict[View, Matrix]:
        """The part of anchor i in the derivative by ⟨v_j, v_j⟩."""
        moved = {v: self._split_norm(e)[1] for v, e in self.rule.norms.items()}
        for v, e in self.rule.pair_norms.items():
            moved[v] = moved.get(v, S.Zero) + e
        return {v: matrix_of(e) for v, e in moved.items() if e != 0}

    def _split_norm(self, e: Expr) -> tuple[Expr, Expr]:
        kept, moved = [], []
        for term in Add.make_args(expand(e) if e.has(Delta) else e):
            found = turned(term)
            if found is None:
                kept.append(term)
            else:
                moved.append(found[0])
                kept.append(found[1])
        return Add(*kept), Add(*moved)

    @cached_property
    def of_tile(self) -> tuple[Expr, ...]:
        """Every expression that gradients are made of."""
        matrices = [x.matrix for x in self.flows] + list(self.pair_norms.values())
        parts = [y for x in matrices for y in x.expressions]
        return (*parts, self.rule.own, *self.norms.values())

    def reaches(self, view: View, per_anchor: bool, wanted: tuple[Expr, ...]) -> bool:
        """Whether rows of a view are read, or changed, outside the tile of their anchors, where
        those scalars are wanted."""
        also = wanted if per_anchor else tuple(r.body for e in wanted for r in closing(e))
        matrices = [x for x in self.flows if x.right == view]
        if matrices or view in self.pair_norms:
            return True
        before = [r.body for level in self.passes(also, gradients=True) for r in level]
        return any(view in views_everywhere(e) for e in (*self.of_tile, *also, *before))

    @property
    def _read(self) -> tuple[Expr, ...]:
        """What the last pass evaluates for the gradients and the value."""
        return self.of_tile if self.is_linear else (*self.of_tile, self.rule.value)

    @cached_property
    def bare(self) -> frozenset[tuple[View, View]]:
        """The views whose inner products of two samples are read as they are, not only in
        exponentials."""
        return frozenset().union(*map(read_bare, self._read))

    @cached_property
    def blocks(self) -> int:
        """How many blocks of pairs are kept from one pass to the next."""
        exponentials = [y for x in self._read for y in exponentials_in(x)]
        different = {x for x in map(_as_one, exponentials) if x is not None}
        return max(1, len(self.bare) + len(different))

    def passes(
        self, also: tuple[Expr, ...], *, gradients: bool
    ) -> tuple[tuple[Reduction, ...], ...]:
        """The passes before the one that evaluates what is `also` asked for (and gradients)."""
        return _passes((*(self.of_tile if gradients else ()), *also))


@lru_cache(maxsize=1000)
def read_bare(e: Expr) -> frozenset[tuple[View, View]]:
    """The views whose inner products of two samples an expression reads outside exponentials."""
    inners = [x for x in bare_in(e) if len(free_indices(x)) == 2]
    return frozenset((x.args[0], x.args[2]) for x in inners)


def _as_one(x: Expr) -> Expr | None:
    """A function of two samples under fixed names, whichever they are; None for any other."""
    names = sorted(free_indices(x), key=str)
    if len(names) != 2:
        return None
    orders = ((ANCHOR, NEGATIVE), (NEGATIVE, ANCHOR))
    return min((x.xreplace(dict(zip(names, y, strict=True))) for y in orders), key=str)


@lru_cache(maxsize=1000)
def _passes(expressions: tuple[Expr, ...]) -> tuple[tuple[Reduction, ...], ...]:
    return passes(expressions)


@lru_cache(maxsize=1000)
def closing(formula: Expr) -> tuple[Reduction, ...]:
    """The sums over the batch in a scalar: they are collected in the last pass."""
    found: set[Expr] = set()
    _outermost(formula, found)
    return tuple(as_reduction(x) for x in sorted(found, key=str))


def _outermost(e: Expr, found: set[Expr]) -> None:
    if isinstance(e, IndexSum) and not free_indices(e):
        found.add(e)
        return
    for x in e.args:
        if isinstance(x, Expr):
            _outermost(x, found)
