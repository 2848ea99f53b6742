"""The derived value and gradient against autograd of the oracle, in float64, under Hypothesis.

Derived: the formula, and GD, W, R, ρ and the remainder put together, each lowered to torch.
Oracle: plain torch from the papers. For a loss that is differentiated by anchors the two are
compared as ∂L_i/∂h_i, one anchor's term by its own embedding; in the gradient of the mean h_i
would also be a negative of the others. Gradients are compared along the sphere: cosines and
norms extend a loss off it in different ways (`points` compares the ambient gradient).

Tolerance: LIMIT units of eps·scale (`verify.scales`). The scale of a value is
(1 + x + |L|)·κ_value; that of row i of a gradient is (1 + x + Σ_j GD|W_ij|(1 + |R_i|) + |ρ_i| +
‖remainder_i‖)·κ_gradient, the sum of what is added up. Worst of 2,000 examples a loss: 0.4 to 4.6
units in a value, 0 to 0.9 in a gradient. The 4.6 are VICReg's invariance ν(2 − 2c) at nearly
coincident views: its error is ν·eps, ν ≤ 5 here, where the scale counts |L| alone.
"""

import torch
from torch import Tensor

from derive.nodes import ANCHOR, FEATURE, Index
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from verify import draws
from verify.draws import Example
from verify.parts import assembled
from verify.scales import conditioning, part_sizes, tangent, units
from verify.search import Search
from verify.subject import Subject

NAME = "autograd"
LIMIT = 16.0


def check(subject: Subject, *, examples: int, seed: int) -> tuple[Verdict, str]:
    """REFUTED with the smallest counterexample, or AGREED with the worst case."""
    search = Search(_Comparison(subject), LIMIT)
    search.run(draws.examples(subject), examples, seed)
    return search.outcome()


class _Comparison:
    """Measures one example, in units."""

    def __init__(self, subject: Subject):
        self.subject = subject
        self.parts = assembled(subject.decomposition)

    def __call__(self, example: Example) -> dict[str, float]:
        h, h_prime, values = example.batch.h, example.batch.h_prime, example.values
        formula = self.subject.formula
        terms = evaluate(formula, h, h_prime, values, self._axes)
        gradient = evaluate(self.parts, h, h_prime, values, (ANCHOR, FEATURE))
        expected_terms, expected = oracle_gradient(self.subject, h, h_prime, values)
        kappa = conditioning(formula, h, h_prime, values)
        value_scale = (kappa.exponent + expected_terms.abs()) * kappa.value
        row_scale = kappa.exponent + part_sizes(self.subject.decomposition, h, h_prime, values)
        difference = tangent(gradient - expected, h).abs().amax(dim=1)
        return {
            "value": units(terms - expected_terms, value_scale),
            "gradient": units(difference, row_scale * kappa.gradient),
        }

    @property
    def _axes(self) -> tuple[Index, ...]:
        return (ANCHOR,) if self.subject.oracle_terms else ()


def oracle_gradient(
    subject: Subject, h: Tensor, h_prime: Tensor, values: dict[str, float]
) -> tuple[Tensor, Tensor]:
    """The oracle's terms, (N,), and ∂L_i/∂h_i, (N, D); of a batch scalar, () and ∂L/∂h."""
    x = h.clone().requires_grad_()
    if subject.oracle_terms is None:
        scalar = subject.oracle(x, h_prime, **values)
        return scalar.detach(), torch.autograd.grad(scalar, x)[0]
    terms = subject.oracle_terms(x, h_prime, **values)
    rows = [torch.autograd.grad(term, x, retain_graph=True)[0][i] for i, term in enumerate(terms)]
    return terms.detach(), torch.stack(rows)
