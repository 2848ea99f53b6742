"""The derived value and gradients, by every input, against autograd of the oracle, in float64.

Derived: the formula, and GD, W, R, ρ and the remainder put together, each lowered to torch; and
the training scalar (the mean over anchors, or the batch scalar), differentiated symbolically by
h and by h'. Oracle: plain torch from the papers; of a loss that has none, its formula
(`verify.formula`). The parts of a loss that is differentiated by anchors are compared as ∂L_i/∂h_i,
one anchor's term by its own embedding. Gradients by unit vectors are compared along the sphere:
cosines and norms extend a loss off it in different ways (`points` compares the ambient gradient).

Hypothesis draws shapes (N from 2, D from 1), regimes (`verify.regimes`) and hyper-parameters, from
their windows and at the extremes of their domains, where R need not exist and the coefficients a,
b, ρ stand for the parts. At an exact tie, or at a gate, the value and the gradients by h and h'
have to be those of a selection, or between them (`verify.ties`). A batch at which the loss has no
finite scale (two rows that coincide under a root) is for `singular`.

Tolerance: LIMIT units of eps·scale (`verify.scales`). The scale of row i of a gradient is
(1 + x + Σ_j GD|W_ij|(1 + |R_i|) + |ρ_i| + ‖remainder_i‖)·κ_gradient, the sum of what is added up.
That of a value is the same sum (over the rows, of a batch scalar) with κ_value, or |L| if that is
larger: a loss adds up terms of the size of its slopes, which may cancel.
"""

from functools import partial
from typing import Any

import torch
from sympy import Expr
from torch import Tensor

from derive.nodes import ANCHOR, FEATURE, Index
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from verify import draws
from verify.comparison import Training, differentiated, training_scales
from verify.draws import Example
from verify.parts import assembled
from verify.profiles import ORDINARY, Sizes
from verify.scales import conditioning, part_sizes, units
from verify.search import Search
from verify.slopes import Slopes
from verify.subject import Subject
from verify.ties import TOLERANCE, Selections

NAME = "autograd"
LIMIT = 16.0


def check(
    subject: Subject, *, examples: int, seed: int, sizes: Sizes = ORDINARY
) -> tuple[Verdict, str]:
    """REFUTED with the smallest counterexample, or AGREED with the worst case."""
    search = Search(_Comparison(subject), LIMIT)
    drawn = draws.examples(subject, max_n=sizes.most_pairs, max_d=sizes.most_features)
    search.run(drawn, examples, seed)
    verdict, detail = search.outcome()
    return verdict, f"{detail}{against(subject)}{search.program()}"


def against(subject: Subject) -> str:
    """What was compared with, where it is no oracle."""
    return "; against the formula, no oracle" if subject.reference == "formula" else ""


class _Comparison:
    """Measures one example, in units."""

    def __init__(self, subject: Subject):
        self.subject = subject
        self.parts = assembled(subject.decomposition)
        self.slopes = Slopes(subject)

    def __call__(self, example: Example) -> dict[str, float]:
        return {**self.by_anchors(example), **self.training(example)}

    def by_anchors(self, example: Example) -> dict[str, float]:
        """L_i and ∂L_i/∂h_i; of a batch scalar, L and ∂L/∂h."""
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

    def training(self, example: Example) -> dict[str, float]:
        """The gradients of what is trained, by h and by h'."""
        derived, expected = (
            self.slopes(example),
            self._reference(example)(example.h, example.h_prime),
        )
        _, scale = training_scales(self.subject, example.h, example.h_prime, example)
        comparable = self.subject.comparable
        return {
            "∂h": units(comparable(derived.by_h - expected.by_h, example.h), scale),
            "∂h'": units(
                comparable(derived.by_h_prime - expected.by_h_prime, example.h_prime), scale
            ),
        }

    def at_tie(self, example: Example) -> dict[str, float]:
        """What is derived, and autograd of the oracle, among the selections of the oracle."""
        found = {"derived": self.slopes(example)}
        reference = self._reference(example)
        found["autograd"] = reference(example.h, example.h_prime)
        return tied(self.subject, example, found, LIMIT)

    def _reference(self, example: Example) -> Any:
        oracle = partial(self.subject.oracle, **example.values, **example.inputs)
        return partial(differentiated, oracle)

    def gradient(self, example: Example) -> Tensor:
        """(N, D): the parts put together; at an end, the coefficients."""

        def at(e: Expr) -> Tensor:
            h, h_prime, inputs = example.h, example.h_prime, example.inputs
            return evaluate(e, h, h_prime, example.values, (ANCHOR, FEATURE), inputs=inputs)

        if example.is_at_an_end:
            return at(self.slopes.by_coefficients)
        dissipation = at(self.parts.dissipation)
        gated = torch.where(dissipation == 0, 0.0, dissipation * at(self.parts.gated))
        return gated + at(self.parts.rest)

    @property
    def _axes(self) -> tuple[Index, ...]:
        return (ANCHOR,) if self.subject.oracle_terms else ()


def tied(
    subject: Subject, example: Example, found: dict[str, Training], limit: float
) -> dict[str, float]:
    """How far each of those is from the selections of the oracle at a tied example; limit: what
    `TOLERANCE` of the scale counts."""
    h, h_prime = example.h, example.h_prime
    value_scale, scale = training_scales(subject, h, h_prime, example)
    oracle = partial(subject.oracle, **example.values, **example.inputs)

    def along(x: Training) -> Training:
        by_h, by_h_prime = subject.comparable(x.by_h, h), subject.comparable(x.by_h_prime, h_prime)
        return Training(x.value, by_h, by_h_prime)

    selections = Selections(
        lambda x, y: along(differentiated(oracle, x, y)), h, h_prime, example.batch.seed
    )
    one = TOLERANCE * torch.stack([value_scale, scale])
    result = {}
    for name, training in found.items():
        gradient = along(training)
        apart = selections.from_values(training.value.item())
        result[f"{name} value at a tie"] = limit * apart / one[0].item()
        rows = torch.cat([gradient.by_h, gradient.by_h_prime])
        apart = selections.from_hull(rows, one[1].item())
        result[f"{name} gradient at a tie"] = limit * apart / one[1].item()
    return result


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
