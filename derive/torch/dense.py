"""The engine for losses in components, and for every other scalar of the batch: value and gradient
expressions evaluated as they are, as sums of products.

A gradient is a few matrix products, D·D or N·N, whichever costs less, and a loss that needs a
block of all pairs takes it a tile of anchors at a time. The value shares every product with the
gradients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sympy import Expr
from torch import Tensor

from derive.calculus import Derivative, embedding_leaf
from derive.canonical import for_print
from derive.nodes import ANCHOR, FEATURE, Given, H, HardestIndex
from derive.objective import Objective
from derive.paradigm import revealed
from derive.similarity import mean_over_anchors
from derive.torch.assembly import Assembly
from derive.torch.axes import Labelled, total
from derive.torch.batch import Gradients
from derive.torch.blocks import on_anchors, paired, statistics
from derive.torch.lowering import Evaluator, Inputs, Values
from derive.torch.networks import Network, networks
from derive.torch.sharing import SharingEvaluator
from derive.torch.terms import scalar_terms, terms

_BOTH = frozenset((ANCHOR, FEATURE))


@dataclass(frozen=True)
class DenseEngine:
    """stated: the batch scalar, with its stop-gradients; formula: without them; by_h, by_h_prime:
    component a of its gradients, sample i."""

    stated: Expr
    formula: Expr
    by_h: Expr
    by_h_prime: Expr

    @classmethod
    def of(cls, objective: Objective) -> "DenseEngine":
        formula = objective.formula()
        if objective.differentiated == "anchor":
            formula = mean_over_anchors(formula)
        gradients = [
            revealed(for_print(Derivative(embedding_leaf(view, ANCHOR, FEATURE))(formula)))
            for view in (objective.anchor, objective.positive)
        ]
        stated = formula
        if paired(formula):  # in the gradients' form, so that blocks of pairs are shared
            formula = revealed(for_print(formula))
        return cls(stated, formula, *gradients)

    def evaluator(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Evaluator:
        """What the value and the gradients of one batch are evaluated on; any further expression
        on it shares their products."""
        picked = any(e.has(Given, HardestIndex) for e in (self.by_h, self.by_h_prime))
        kind = Evaluator if picked else SharingEvaluator
        return kind(h, h_prime, values, inputs=inputs)

    def value(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Tensor:
        """The batch scalar. h, h_prime: (N, D)."""
        return self.evaluator(h, h_prime, values, inputs)(self.formula).over(())

    def gradients(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Gradients:
        """The batch scalar and its gradients. h, h_prime: (N, D), one dtype."""
        return self.gradients_on(self.evaluator(h, h_prime, values, inputs))

    def gradients_on(self, ev: Evaluator) -> Gradients:
        """The same on an evaluator of the batch, which may be used further."""
        if isinstance(ev, SharingEvaluator):
            return _Pass(self, ev).gradients()
        h, _ = ev.embeddings(H, ANCHOR)
        by_h, by_h_prime = (
            ev(e).over((ANCHOR, FEATURE)).expand_as(h) for e in (self.by_h, self.by_h_prime)
        )
        return Gradients(ev(self.formula).over(()), by_h, by_h_prime)


_Networks = tuple[Network, ...]


@lru_cache(maxsize=256)
def _networks(engine: DenseEngine, n: int, d: int) -> tuple[_Networks, _Networks, _Networks]:
    """The value and both gradients as networks for N = n samples and D = d features."""
    sums = scalar_terms(engine.formula), terms(engine.by_h), terms(engine.by_h_prime)
    value, by_h, by_h_prime = (
        tuple(x for term in found for x in networks(term, keep, n, d))
        for found, keep in zip(sums, (frozenset(), _BOTH, _BOTH), strict=True)
    )
    return value, by_h, by_h_prime


class _Pass:
    """The value and the gradients of one batch; blocks of pairs that are too large to be held
    whole are taken a tile of anchors at a time, each tile once for all three."""

    def __init__(self, engine: DenseEngine, ev: SharingEvaluator):
        self.ev = ev
        self.found = _networks(engine, ev.size(ANCHOR), ev.size(FEATURE))

    def gradients(self) -> Gradients:
        ev = self.ev
        if ev.in_tiles:
            again = any(x.pairs for found in self.found for x in found)
            ev.blocks.keep_blocks &= again  # one pass alone has no use for them later
            ev.together(*statistics(x for found in self.found for x in found))
        own, *gradients = (
            [x for x in found if not (x.pairs and ev.in_tiles)] for found in self.found
        )
        # a product with a block of pairs is read off the value's; sums of rows the other way round
        values = [ev.network(x, frozenset()) for x in own if x.pairs]
        by = []
        for plain in gradients:
            whole = Assembly(ev)
            whole.add(plain)
            by.append(whole.into())
        values += [ev.network(x, frozenset()) for x in own if not x.pairs]
        if ev.in_tiles:
            values += self._tiles(by)
        value = total(values).over(()) if values else ev.scalar(0.0).data
        return Gradients(value, by[0], by[1])

    def _tiles(self, by: Sequence[Tensor]) -> list[Labelled]:
        """Adds networks over pairs of samples to the gradients; those of the value."""
        n, d = self.ev.size(ANCHOR), self.ev.size(FEATURE)
        value, *gradients = (
            [on_anchors(x, keep, n, d) for x in found if x.pairs]
            for found, keep in zip(self.found, (frozenset(), _BOTH, _BOTH), strict=True)
        )
        if not any((value, *gradients)):
            return []
        values = []
        needed = [y for found in (value, *gradients) for x, _ in found for y in x.term.factors]
        for tile in self.ev.tiles(needed):
            values += [tile.network(x, frozenset()) for x, _ in value]
            for out, found in zip(by, gradients, strict=True):
                for row in {own for _, own in found}:
                    part = Assembly(tile, row)
                    part.add([x for x, own in found if own == row])
                    part.into(out[tile.seen] if row == ANCHOR else out)
        return values
