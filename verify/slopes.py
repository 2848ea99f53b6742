"""The training scalar, derived by symbols: its value and its gradients by both views.

Lowered to torch. Written out, the derivative of a softmax over sums of exponentials overflows at
τ = .001, where its parts are taken one by one: what is no number then is evaluated with 50 digits.
"""

from sympy import Expr
from torch import Tensor

from derive.calculus import Derivative, embedding_leaf
from derive.canonical import for_print
from derive.indices import fresh
from derive.nodes import ANCHOR, FEATURE, Index, IndexSum, N, SampleIndex, View
from derive.paradigm import revealed
from derive.torch.lowering import evaluate
from verify.comparison import Training
from verify.draws import Example, as_point
from verify.evaluation import Evaluator
from verify.subject import Subject


class Slopes:
    """scalar: the mean of L_i over the anchors, or the batch scalar; by_h, by_h_prime: component a
    of its gradient by the embedding of sample i; by_coefficients: of ∂L_i/∂h_i, from a, b, ρ and
    the remainder, which exist where GD, W and R need not."""

    def __init__(self, subject: Subject):
        self.scalar = training_scalar(subject)
        self.by_h = _derivative(self.scalar, subject.objective.anchor)
        self.by_h_prime = _derivative(self.scalar, subject.objective.positive)
        self.by_coefficients = revealed(subject.decomposition.coefficients.assembled())

    def __call__(self, example: Example) -> Training:
        def at(e: Expr, *axes: Index) -> Tensor:
            views = example.h, example.h_prime
            found = evaluate(e, *views, example.values, axes, inputs=example.inputs)
            return found if found.isfinite().all() else _with_digits(e, example, found)

        by_h, by_h_prime = (at(e, ANCHOR, FEATURE) for e in (self.by_h, self.by_h_prime))
        return Training(at(self.scalar), by_h, by_h_prime)


def _with_digits(e: Expr, example: Example, found: Tensor) -> Tensor:
    """The entries that are no number in float64, with 50 digits."""
    exact, found = Evaluator(as_point(example)), found.clone()
    for at in (~found.isfinite()).nonzero().tolist():
        bound = dict(zip((ANCHOR, FEATURE), at, strict=False))
        found[tuple(at)] = float(exact(e, bound))
    return found


def training_scalar(subject: Subject) -> Expr:
    """What is trained, as one expression."""
    if subject.objective.differentiated == "batch":
        return subject.formula
    k = fresh(SampleIndex)
    return IndexSum(subject.formula.xreplace({ANCHOR: k}), k) / N


def _derivative(scalar: Expr, view: View) -> Expr:
    return revealed(for_print(Derivative(embedding_leaf(view, ANCHOR, FEATURE))(scalar)))
