"""What the processes exchange that share a batch: `Shards`; `Alone` is the same for one process.

Plain functions of tensors over `torch.distributed`, on any backend. They carry no gradient: the
engines call them where they compute the gradients themselves (a gather that autograd does not see
is a frequent bug). Ranks may hold different numbers of rows.

Costs are the bytes that one rank sends in a call, by ring algorithms: W ranks, N rows in all, n of
them here, n_max the most that a rank has; "row" is the bytes of a row, "x" those of a tensor.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch import Tensor

from derive.errors import InputError
from derive.torch.agreement import backends_of, check, digest, exchange, refuse_together
from derive.torch.alone import Alone, Pending

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup, Work

_REDUCE_SCATTER = ("nccl",)  # backends that have one of their own; gloo's is a whole all-reduce


@dataclass(frozen=True)
class Shards:
    """Which rows of a batch each process has: those of rank 0, then those of rank 1, and so on.

    sizes: rows of each rank. Sample numbers are global: this rank has start … stop − 1 of total.
    """

    group: "ProcessGroup | None"
    rank: int
    sizes: tuple[int, ...]

    @classmethod
    def of(
        cls,
        h: Tensor,
        group: "ProcessGroup | None" = None,
        *,
        same: str = "",
        error: Exception | None = None,
    ) -> "Shards":
        """Agrees with the other ranks on the shards of a batch. Every rank of the group calls it.

        h: this rank's rows, (n, …). same: a text that has to be equal on all ranks (the loss, its
        settings, which inputs are given). error: why this rank refuses its batch; it is raised
        after the others were told, so that none waits for this one. 48·(W − 1) bytes; on a group
        whose only backend is for an accelerator, the host waits for them.

        Raises `InputError`, on all ranks, if one has an error or no rows, or if they differ in
        dtype, kind of device, the shape of a row or `same`; also without a process group.
        """
        backends = backends_of(group)
        facts = (str(tuple(h.shape[1:])), str(h.dtype), h.device.type, same)
        mine = [h.shape[0] if h.ndim else 0, int(error is not None), *map(digest, facts)]
        table = exchange(mine, group, backends)
        if error is not None:
            raise error
        rank = dist.get_rank(group)
        check(table, f"Here, rank {rank}, h is {h.dtype} {tuple(h.shape)} on {h.device}.")
        if h.device.type not in backends:
            raise InputError(
                f"h is on {h.device}, and the process group has backends for {', '.join(backends)}."
                " Move h, or name a backend for it in init_process_group."
            )
        return cls(group, rank, tuple(row[0] for row in table))

    @property
    def world(self) -> int:
        return len(self.sizes)

    @property
    def start(self) -> int:
        return sum(self.sizes[: self.rank])

    @property
    def stop(self) -> int:
        return self.start + self.sizes[self.rank]

    @property
    def total(self) -> int:
        return sum(self.sizes)

    def refuse(self, error: Exception | None) -> None:
        """Raises on all ranks if one has an error, see `refuse_together`: for what a rank finds
        after `of`, before it gathers."""
        refuse_together(error, self.group)

    def gather(self, x: Tensor) -> Tensor:
        """All rows of all ranks, (N, …), from (n, …): (W − 1)·n_max·row bytes (all-gather)."""
        return self.gather_async(x).wait()

    def gather_async(self, x: Tensor) -> Pending:
        """`gather` behind what is computed until `.wait()`."""
        sent = _padded(_plain(x), max(self.sizes))
        got = sent.new_empty((self.world * len(sent), *sent.shape[1:]))
        to, out = (t.view(torch.uint8) if t.dtype == torch.bool else t for t in (got, sent))
        work = dist.all_gather_single(to, out, group=self.group, async_op=True)
        return _Rows(got, self.sizes, work, sent)

    def scatter_sum(self, x: Tensor) -> Tensor:
        """This rank's rows, (n, …), of the sum over ranks of x, (N, …).

        (W − 1)·n_max·row bytes (reduce-scatter) on NCCL. Elsewhere every rank is sent its rows and
        adds them up, in the order of the ranks: (N − n)·row bytes. gloo's own reduce-scatter
        sends 2·(W − 1)/W·x.
        """
        x = _plain(x)
        if backends_of(self.group).get(x.device.type) in _REDUCE_SCATTER:
            return self._reduce_scatter(x)
        n = self.sizes[self.rank]
        got = x.new_empty((self.world * n, *x.shape[1:]))
        dist.all_to_all_single(got, x, [n] * self.world, list(self.sizes), group=self.group)
        return got.view(self.world, n, *x.shape[1:]).sum(dim=0)

    def _reduce_scatter(self, x: Tensor) -> Tensor:
        most, n = max(self.sizes), self.sizes[self.rank]
        if min(self.sizes) < most:
            x = torch.cat([_padded(rows, most) for rows in x.split(self.sizes)])
        own = x.new_empty((most, *x.shape[1:]))
        dist.reduce_scatter_single(own, x, group=self.group)
        return own[:n]

    def sum(self, x: Tensor) -> Tensor:
        """Σ over ranks, entry by entry: 2·(W − 1)/W·x bytes (all-reduce)."""
        return self._reduced(x, dist.ReduceOp.SUM)

    def max(self, x: Tensor) -> Tensor:
        """The largest over ranks, entry by entry: 2·(W − 1)/W·x bytes (all-reduce)."""
        return self._reduced(x, dist.ReduceOp.MAX)

    def logsumexp(self, x: Tensor) -> Tensor:
        """log Σ over ranks of e^x, entry by entry: 4·(W − 1)/W·x bytes (two all-reduces).

        −∞ on every rank stays −∞.
        """
        top = self.max(x)
        top = torch.where(top.isfinite(), top, torch.zeros_like(top))
        return self.sum((_plain(x) - top).exp()).log() + top

    def _reduced(self, x: Tensor, how: "dist.ReduceOp.RedOpType") -> Tensor:
        reduced = _plain(x).clone()
        dist.all_reduce(reduced, how, group=self.group)
        return reduced


Processes = Alone | Shards  # the engines are written once, for both


@dataclass(frozen=True)
class _Rows:
    """Rows of all ranks, padded, that `work` fills; `sent` must live as long."""

    rows: Tensor
    sizes: tuple[int, ...]
    work: "Work"
    sent: Tensor

    def wait(self) -> Tensor:
        self.work.wait()
        if len(set(self.sizes)) < 2:
            return self.rows
        shards = self.rows.view(len(self.sizes), -1, *self.rows.shape[1:])
        return torch.cat([x[:n] for x, n in zip(shards, self.sizes, strict=True)])


def _plain(x: Tensor) -> Tensor:
    assert not (x.requires_grad and torch.is_grad_enabled()), "no gradient passes here"
    return x.detach().contiguous()


def _padded(x: Tensor, rows: int) -> Tensor:
    return x if len(x) == rows else torch.cat([x, x.new_zeros((rows - len(x), *x.shape[1:]))])
