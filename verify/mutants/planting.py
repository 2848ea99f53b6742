"""A fault of the lowering: one rule of `derive.torch` wrong while the objective is evaluated.

A fault replaces a function for the time of one evaluation, which computes value and gradients at
once; the oracle and the scales are evaluated without it. A fault whose function is not called, or
that changes no bit of value and gradients, has not been planted in that loss.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

_SYMMETRIC = 2**10 * torch.finfo(torch.float64).eps


@dataclass
class Calls:
    """How often the replaced function was called."""

    count: int = 0


Altered = Callable[..., Any]  # takes the right function, and its arguments


@dataclass(frozen=True)
class Fault:
    """kind: as of an edit, or of the engine's own; text: what is wrong; owner, name: whose
    attribute (or entry, of a dictionary) is replaced; altered: what is called instead, with the
    right function first."""

    kind: str
    text: str
    owner: Any
    name: Any
    altered: Altered

    @contextmanager
    def planted(self, calls: Calls) -> Iterator[None]:
        """While the rule is wrong."""
        in_table = isinstance(self.owner, dict)
        right = self.owner[self.name] if in_table else getattr(self.owner, self.name)

        def wrong(*args: Any, **options: Any) -> Any:
            calls.count += 1
            return self.altered(right, *args, **options)

        with ExitStack() as stack:
            if in_table:
                stack.enter_context(patch.dict(self.owner, {self.name: wrong}))
            else:
                stack.enter_context(patch.object(self.owner, self.name, wrong))
            yield


Target = tuple[int, Any]


def target(fault: Fault) -> Target:
    """What a fault replaces."""
    return id(fault.owner), fault.name


@contextmanager
def counted(faults: Iterable[Fault]) -> Iterator[dict[Target, Calls]]:
    """How often each target is called, with nothing wrong."""
    counts: dict[Target, Calls] = {}
    with ExitStack() as stack:
        for fault in faults:
            if target(fault) not in counts:
                calls = counts[target(fault)] = Calls()
                right = replace(fault, altered=lambda f, *args, **options: f(*args, **options))
                stack.enter_context(right.planted(calls))
        yield counts


def transposed(x: Tensor) -> Tensor:
    """Rows for columns, of a square matrix that is not its own transpose but for rounding: of that
    one nothing would be wrong."""
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        return x
    size = float(x.abs().max())
    return x if float((x - x.T).abs().max()) <= _SYMMETRIC * size else x.T.clone()
