"""The engine for everything else: value and gradient expressions evaluated as they are.

Scalars of the batch, and anchors' terms that are no functions of their own row of cosines: their
mean is a scalar of the batch too. Holds (N, N) blocks where the expressions do.

Sums over samples and features are contracted in the cheaper order, so that a feature-space loss
costs N·D² or N²·D, whichever is less.
"""

from dataclasses import dataclass

from sympy import Expr
from torch import Tensor

from derive.calculus import Derivative, embedding_leaf
from derive.canonical import for_print
from derive.nodes import ANCHOR, FEATURE, N
from derive.notation import sum_samples
from derive.objective import Objective
from derive.paradigm import revealed
from derive.torch.lowering import Evaluator, Inputs, Values
from derive.torch.rows import Gradients


def _mean_over_anchors(term: Expr) -> Expr:
    return sum_samples(lambda k: term.xreplace({ANCHOR: k})) / N


@dataclass(frozen=True)
class DenseEngine:
    """formula: the batch scalar; by_h, by_h_prime: component a of its gradients, sample i."""

    formula: Expr
    by_h: Expr
    by_h_prime: Expr

    @classmethod
    def of(cls, objective: Objective) -> "DenseEngine":
        formula = objective.formula()
        if objective.differentiated == "anchor":
            formula = _mean_over_anchors(formula)
        gradients = [
            revealed(for_print(Derivative(embedding_leaf(view, ANCHOR, FEATURE))(formula)))
            for view in (objective.anchor, objective.positive)
        ]
        return cls(formula, *gradients)

    def value(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Tensor:
        """The batch scalar. h, h_prime: (N, D)."""
        return Evaluator(h, h_prime, values, inputs=inputs)(self.formula).over(())

    def gradients(self, h: Tensor, h_prime: Tensor, values: Values, inputs: Inputs) -> Gradients:
        """The batch scalar and its gradients. h, h_prime: (N, D), one dtype."""
        ev = Evaluator(h, h_prime, values, inputs=inputs)
        by_h, by_h_prime = (
            ev(e).over((ANCHOR, FEATURE)).expand_as(h) for e in (self.by_h, self.by_h_prime)
        )
        return Gradients(ev(self.formula).over(()), by_h, by_h_prime)
