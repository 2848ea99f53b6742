"""A reduction over the batch, collected tile by tile."""

import torch
from torch import Tensor

from derive.nodes import ANCHOR, NEGATIVE
from derive.torch.evaluator import Evaluator
from derive.torch.known import Known
from derive.torch.logarithms import log_of
from derive.torch.processes import Processes
from derive.torch.reductions import Reduction, without_guard


class Collected:
    """known, shards: where the result is put, and over which processes it goes."""

    def __init__(self, reduction: Reduction, known: Known, shards: Processes):
        self.reduction, self.known, self.shards = reduction, known, shards
        self.log = reduction.exponential and not known.direct
        self.parts: list[Tensor] = []

    @property
    def is_known(self) -> bool:
        """Whether a pass before has found it."""
        return self.reduction.name in (self.known.logs if self.log else self.known.values)

    def add(self, ev: Evaluator, rows: slice) -> None:
        r = self.reduction
        if r.kind == "column":
            part = self._column(ev)
            self.parts = [self._joined(self.parts[0], part) if self.parts else part]
            return
        found = (log_of(ev, r.body) if self.log else ev(r.body)).over((ANCHOR,))
        self.parts.append(found.expand(rows.stop - rows.start))

    def _column(self, ev: Evaluator) -> Tensor:
        """The sum over the tile's rows for each sample j, (N,), or its logarithm."""
        body, guarded = without_guard(self.reduction.body)
        value = log_of(ev, body) if self.log else ev(body)
        axes = (ANCHOR, NEGATIVE)
        n = ev.known.samples
        assert ev.rows is not None
        t = ev.rows[1].stop - ev.rows[1].start
        data = value.over(axes).expand(t, n)
        if guarded:
            nothing = -torch.inf if self.log else 0.0
            data = data.clone() if 0 in data.stride() else data
            diagonal = data.diagonal(offset=ev.rows[1].start)[:t]
            kept = diagonal.clone()
            diagonal.fill_(nothing)
        out = torch.logsumexp(data, dim=0) if self.log else data.sum(dim=0)
        if guarded:
            diagonal.copy_(kept)
        return out

    def _joined(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.logaddexp(a, b) if self.log else a + b

    def store(self) -> None:
        """Puts the result, over all processes, where the evaluators find it."""
        r, shards = self.reduction, self.shards
        data = torch.cat(self.parts)
        if r.kind == "row":
            data = shards.gather(data)
        elif self.log:
            data = shards.logsumexp(data if r.kind == "column" else torch.logsumexp(data, dim=0))
        else:
            data = shards.sum(data if r.kind == "column" else data.sum(dim=0))
        (self.known.logs if self.log else self.known.values)[r.name] = data
