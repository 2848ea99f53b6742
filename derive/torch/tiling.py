"""Evaluation by tiles of anchors: what takes a block of pairs and is of one sample or of none.

The hardest negative of each sample and its softmax normaliser are such; no (N, N) block is held
where it is large.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import torch
from sympy import Expr
from torch import Tensor

from derive.nodes import (
    ANCHOR,
    H_PRIME,
    H,
)
from derive.torch.axes import Labelled
from derive.torch.blocks import log_sums, paired, row_of
from derive.torch.evaluator import Evaluator, Inputs, Values
from derive.torch.known import Known, fits
from derive.torch.logarithms import log_of
from derive.torch.terms import samples

_BLOCK, _ROWS = 1 << 21, 256  # a tile's block of pairs: 8 MiB in float32, and at least 256 anchors


class TilingEvaluator(Evaluator):
    """Evaluates expressions on one batch.

    whole: the evaluator of the whole batch; this one sees the anchors in `rows` of it.
    """

    def __init__(
        self,
        h: Tensor,
        h_prime: Tensor,
        values: Values,
        inputs: Inputs | None = None,
        *,
        rows: slice | None = None,
        whole: "Self | None" = None,
    ):
        logs = whole.logs if whole is not None else None
        tile = None if rows is None else (ANCHOR, rows)
        known = whole.blocks if whole is not None else None
        super().__init__(h, h_prime, values, tile, logs, inputs=inputs, known=known)
        self.whole = whole
        n = h.shape[0]
        self.blocks: Known = Known(n, keep_blocks=fits(n, n, h.element_size(), 1))
        self._tile = max(_ROWS, _BLOCK // n)

    @property
    def in_tiles(self) -> bool:
        """Whether blocks of pairs are too large to be held whole."""
        return self.whole is None and self.views[H].shape[0] > self._tile

    @property
    def seen(self) -> slice:
        """The anchors of this tile."""
        assert self.rows is not None
        return self.rows[1]

    def tiles(self, needed: Iterable[Expr]) -> Iterator[Self]:
        """One evaluator a tile, for expressions of ANCHOR; what they need of other samples is
        evaluated first."""
        for e in needed:
            self._prepare(e)
        h, h_prime = self.views[H], self.views[H_PRIME]
        n, size = h.shape[0], self._tile
        for start in range(0, n, size):
            rows = slice(start, min(start + size, n))
            yield type(self)(h, h_prime, self.values, self.inputs, rows=rows, whole=self)

    def together(self, rows: Sequence[Expr], sums: Sequence[Expr]) -> None:
        """Expressions of ANCHOR, and sums of exponentials over all pairs, in one pass."""
        rows = [e for e in rows if not self.knows(e)]
        bodies = [row_of(x)[0] for x in sums]
        if len(rows) + len(bodies) < 2:
            return
        parts: list[list[Labelled]] = [[] for _ in (*rows, *bodies)]
        for ev in self.tiles(()):
            for out, e in zip(parts, (*rows, *bodies), strict=True):
                out.append(log_of(ev, e) if e in bodies else ev(e))
        for e, x in zip(rows, parts, strict=False):
            self._known[e] = _joined(x)
        for e, x in zip(sums, parts[len(rows) :], strict=True):
            self.logs[e] = Labelled(torch.logsumexp(_joined(x).data, dim=0))

    def _prepare(self, e: Expr) -> None:
        """Logarithms of sums over blocks of other samples than the anchor, whole."""
        for x in log_sums(e):
            if x not in self.logs and ANCHOR not in samples(x):
                row, _ = row_of(x)
                logs = [log_of(ev, row).over((ANCHOR,)) for ev in self.tiles((row,))]
                data = torch.cat(logs)
                own = tuple(samples(x))
                self.logs[x] = (
                    Labelled(data, own) if own else Labelled(torch.logsumexp(data, dim=0))
                )

    def _by_tiles(self, e: Expr) -> Labelled:
        """An expression of one sample index or of none that needs blocks of pairs."""
        own = samples(e)
        if not own:
            self._prepare(e)
            return super().__call__(e)
        (k,) = own
        named = e.xreplace({k: ANCHOR})
        if not self.knows(named):
            self._known[named] = _joined([ev(named) for ev in self.tiles((named,))])
        found = self._known[named]
        return Labelled(found.data, tuple(k if x == ANCHOR else x for x in found.axes))

    def __call__(self, e: Expr) -> Labelled:
        found = self._known.get(e)
        if found is not None:
            return found
        own = samples(e)
        if self.whole is not None:
            if ANCHOR not in own:
                return self.whole(e)
            if own == {ANCHOR} and self.whole.knows(e):
                found = self.whole(e)
                at = found.axes.index(ANCHOR)
                rows = self.seen
                return Labelled(
                    found.data.narrow(at, rows.start, rows.stop - rows.start), found.axes
                )
        elif self.in_tiles and len(own) < 2 and paired(e):
            return self._by_tiles(e)
        return super().__call__(e)


def _joined(parts: Sequence[Labelled]) -> Labelled:
    """Tiles of anchors as one."""
    axes = parts[0].axes
    return Labelled(torch.cat([x.data for x in parts], dim=axes.index(ANCHOR)), axes)
