"""The derived value and gradient against autograd of the oracle, in float64, under Hypothesis.

Derived: the formula, and GD, W, R, ρ and the remainder put together, each lowered to torch.
Oracle: plain torch from the papers; of a loss that has none, its formula (`verify.formula`). For
a loss that is differentiated by anchors the two are compared as ∂L_i/∂h_i, one anchor's term by
its own embedding; in the gradient of the mean h_i would also be a negative of the others.
Gradients by unit vectors are compared along the sphere: cosines and norms extend a loss off it in
different ways (`points` compares the ambient gradient).

Tolerance: LIMIT units of eps·scale (`verify.scales`). The scale of row i of a gradient is
(1 + x + Σ_j GD|W_ij|(1 + |R_i|) + |ρ_i| + ‖remainder_i‖)·κ_gradient, the sum of what is added up.
That of a value is the same sum (over the rows, of a batch scalar) with κ_value, or |L| if that is
larger: a loss adds up terms of the size of its slopes, which may cancel.
"""

from typing import Any

import torch
from sympy import Expr
from torch import Tensor

from derive.nodes import ANCHOR, FEATURE, Index
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from verify import draws
from verify.draws import Example
from verify.parts import assembled
from verify.scales import conditioning, part_sizes, units
from verify.search import Search
from verify.subject import Subject

NAME = "autograd"
LIMIT = 16.0


def check(subject: Subject, *, examples: int, seed: int) -> tuple[Verdict, str]:
    """REFUTED with the smallest counterexample, or AGREED with the worst case."""
    search = Search(_Comparison(subject), LIMIT)
    search.run(draws.examples(subject), examples, seed)
    verdict, detail = search.outcome()
    return verdict, f"{detail}{against(subject)}"


def against(subject: Subject) -> str:
    """What was compared with, where it is no oracle."""
    return "; against the formula, no oracle" if subject.reference == "formula" else ""


class _Comparison:
    """Measures one example, in units."""

    def __init__(self, subject: Subject):
        self.subject = subject
        self.parts = assembled(subject.decomposition)

    def __call__(self, example: Example) -> dict[str, float]:
        h, h_prime, values, inputs = example.h, example.h_prime, example.values, example.inputs
        subject, formula = self.subject, self.subject.formula
        terms = evaluate(formula, h, h_prime, values, self._axes, inputs=inputs)
        gradient = self.gradient(example)
        expected_terms, expected = oracle_gradient(subject, h, h_prime, {**values, **inputs})
        kappa = conditioning(formula, h, h_prime, values, inputs)
        row_scale = kappa.exponent + part_sizes(subject.decomposition, h, h_prime, values, inputs)
        size = row_scale if subject.oracle_terms else row_scale.sum()
        value_scale = torch.maximum(size * kappa.value, expected_terms.abs())
        difference = subject.comparable(gradient - expected, h).abs().amax(dim=1)
        return {
            "value": units(terms - expected_terms, value_scale),
            "gradient": units(difference, row_scale * kappa.gradient),
        }

    def gradient(self, example: Example) -> Tensor:
        """(N, D): the parts put together."""

        def at(e: Expr) -> Tensor:
            h, h_prime, inputs = example.h, example.h_prime, example.inputs
            return evaluate(e, h, h_prime, example.values, (ANCHOR, FEATURE), inputs=inputs)

        dissipation = at(self.parts.dissipation)
        gated = torch.where(dissipation == 0, 0.0, dissipation * at(self.parts.gated))
        return gated + at(self.parts.rest)

    @property
    def _axes(self) -> tuple[Index, ...]:
        return (ANCHOR,) if self.subject.oracle_terms else ()


def oracle_gradient(
    subject: Subject, h: Tensor, h_prime: Tensor, arguments: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    """The oracle's terms, (N,), and ∂L_i/∂h_i, (N, D); of a batch scalar, () and ∂L/∂h.
    arguments: hyper-parameters and inputs."""
    x = h.clone().requires_grad_()
    if subject.oracle_terms is None:
        scalar = subject.oracle(x, h_prime, **arguments)
        return scalar.detach(), torch.autograd.grad(scalar, x)[0]
    terms = subject.oracle_terms(x, h_prime, **arguments)
    rows = [torch.autograd.grad(term, x, retain_graph=True)[0][i] for i, term in enumerate(terms)]
    return terms.detach(), torch.stack(rows)
