"""Who takes part in a comparison: ours, the peers, autograd of the oracle and its compilation."""

import shutil
from collections.abc import Mapping
from fractions import Fraction

import torch
from torch import Tensor
from torch.nn.functional import normalize

from benchmarks import batches
from benchmarks.peers import CASES, Case
from benchmarks.timing import Loss
from derive.nodes import D, N
from derive.objective import Objective
from derive.sources import find
from derive.torch import objective
from verify import oracles

OURS, AUTOGRAD, COMPILED = "contragrad", "autograd", "torch.compile"


def names(case: str, n: int | None = None) -> list[str]:
    """Of all candidates, ours first; n: only those that are asked for at that batch."""
    peers = [x.name for x in CASES[case].peers if n is None or not x.largest or n <= x.largest]
    return [OURS, *peers, AUTOGRAD, COMPILED]


def batch(case: str, n: int, d: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Raw embeddings: each candidate normalises them in its own way where the loss wants it."""
    return batches.raw(n, d, CASES[case].scale, dtype)


def build(case_name: str, candidate: str, n: int, d: int) -> Loss:
    """That candidate's loss(h, h_prime) at a batch of that size.

    torch.compile has not compiled yet: it does at the first call.
    """
    case = CASES[case_name]
    inputs = batches.inputs(case.inputs, n)
    if candidate == OURS:
        return _ours(case, inputs)
    if candidate == AUTOGRAD:
        return _oracle(case, inputs, n, d)
    if candidate == COMPILED:
        torch._dynamo.reset()
        return torch.compile(_oracle(case, inputs, n, d), dynamic=False)
    (peer,) = (x for x in case.peers if x.name == candidate)
    return peer.build(inputs)


def unavailable(candidate: str) -> str | None:
    """Why a candidate cannot run here at all."""
    if candidate == COMPILED and not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return "no C++ compiler"
    return None


def _ours(case: Case, inputs: Mapping[str, Tensor]) -> Loss:
    options = {"embeddings": "raw"} if case.normalised else {}
    fast = objective(case.loss, **options, **case.hyper)
    return lambda h, h_prime: fast(h, h_prime, **inputs)


def _oracle(case: Case, inputs: Mapping[str, Tensor], n: int, d: int) -> Loss:
    formula = case.loss if isinstance(case.loss, Objective) else find(case.loss)
    values = {k: float(v.subs({N: n, D: d})) for k, v in formula.defaults().items()}
    values |= {k: float(Fraction(v)) for k, v in case.hyper.items()}
    loss = case.oracle or oracles.load(formula.name)

    def value(h: Tensor, h_prime: Tensor) -> Tensor:
        if case.normalised:
            h, h_prime = normalize(h, dim=1), normalize(h_prime, dim=1)
        return loss(h, h_prime, **values, **inputs)

    return value
