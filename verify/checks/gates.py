"""The value where a gate is exactly at its edge: 1[x > 0] is strict, so at x = 0 it is closed.

No random batch lies there. Rows are drawn from ±e_1, …, ±e_D, so that every cosine is −1, 0 or 1
with no rounding, and margins from −1, 0, 1, 2: then the arguments of gates are whole numbers, and
often 0. Rows of one view differ, since distances of equal rows have poles of their own.

The objective that trains is compared with the oracle in value; at a kink gradients are a matter of
convention. A gate on the other side changes the value by whole terms: TOLERANCE of its size shows
it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

import torch
from sympy import Expr
from torch import Tensor

from derive.hyper import REAL
from derive.nodes import SampleIndex, Step, free_indices
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from verify.bounds import all_nodes
from verify.draws import drawn_values, shown
from verify.inputs import as_tensors, draw_inputs
from verify.snippet import At
from verify.subject import Subject

NAME = "gates"
BATCHES = 24
MARGINS = (-1.0, 0.0, 1.0, 2.0)
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Exact:
    """A batch of basis vectors and a setting."""

    h: Tensor
    h_prime: Tensor
    values: dict[str, float]
    inputs: dict[str, Tensor]

    def __repr__(self) -> str:
        rows = {"h": self.h.tolist(), "h_prime": self.h_prime.tolist()}
        inputs = {name: x.tolist() for name, x in self.inputs.items()}
        return shown({**rows, **self.values, **inputs})


def check(
    subject: Subject, *, examples: int, seed: int, sizes: object = None
) -> tuple[Verdict, str]:
    """REFUTED with the batch, AGREED, or UNDECIDED if no batch has a gate at its edge."""
    arguments = [x.args[0] for x in all_nodes(subject.formula) if isinstance(x, Step)]
    if not arguments:
        return Verdict.AGREED, "the value has no step"
    at_edge = 0
    for batch in batches(subject, seed):
        refuted = difference(subject, batch)
        if refuted:
            at = At(subject, batch.h, batch.h_prime, batch.values, batch.inputs, _given(subject))
            return Verdict.REFUTED, f"{refuted} at {batch!r}\n\n{at.value()}"
        at_edge += any(_is_at_edge(x, batch) for x in arguments)
    if not at_edge:
        return Verdict.UNDECIDED, f"no gate of {BATCHES} batches of basis vectors is at its edge"
    return Verdict.AGREED, f"{BATCHES} batches of basis vectors, {at_edge} exactly at an edge"


def batches(subject: Subject, seed: int) -> Iterator[Exact]:
    """N = 2 to 5 pairs, each view of different rows."""
    random = Random(seed)
    for at in range(BATCHES):
        n, d = 2 + at % 4, 3
        values = drawn_values(subject, [random.random() for _ in subject.free], n, d)
        margins = {x.name: random.choice(MARGINS) for x in subject.free if x.domain == REAL}
        inputs = as_tensors(draw_inputs(subject.objective.inputs, n, random))
        h = _rows(n, d, random)
        h_prime = h.clone() if at % 3 == 0 else _rows(n, d, random)
        yield Exact(h, h_prime, {**values, **margins}, inputs)


def _rows(n: int, d: int, random: Random) -> Tensor:
    basis = torch.eye(d, dtype=torch.float64)
    return torch.cat([basis, -basis])[random.sample(range(2 * d), n)]


def difference(subject: Subject, at: Exact) -> str:
    """How the value of the training objective is not the oracle's, or nothing."""
    module = partial(subject.fast(embeddings=_given(subject), **at.values), **at.inputs)
    found = float(module(at.h, at.h_prime))
    expected = float(subject.oracle(at.h, at.h_prime, **at.values, **at.inputs))
    if abs(found - expected) <= TOLERANCE * max(1.0, abs(expected)):
        return ""
    return f"the value is {found!r}, the oracle's {expected!r}"


def _given(subject: Subject) -> str:
    return "raw" if subject.raw else "unit"


def _is_at_edge(argument: Expr, at: Exact) -> bool:
    """Whether the argument of a gate is 0 anywhere, of different samples where it is of two."""
    axes = tuple(free_indices(argument))
    found = evaluate(argument, at.h, at.h_prime, at.values, axes, inputs=at.inputs).clone()
    if len(axes) == 2 and all(isinstance(k, SampleIndex) for k in axes):
        found.fill_diagonal_(1.0)
    return bool((found == 0).any())
