"""What is known of a batch across its tiles."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from sympy import Expr
from torch import Tensor

from derive.nodes import View
from derive.torch.axes import Labelled

_BUDGET = 3 << 28  # bytes of similarities that are kept between passes: 768 MiB


@dataclass
class Known:
    """samples: N of the formulas, the candidates of an anchor; values, logs: expressions of one
    sample, its index called ANCHOR, (N,), or of none, (), and logarithms of such; first: the
    sample of row 0 of a view of which only some rows are here; mask: pairs that take part, or None
    for all.

    direct: no exponential can overflow: they are computed as they are, and not by logarithms.
    bare: the views whose similarities are read outside of exponentials; None if that is not known.
    centred, aligned: rows of a view less their mean, and ⟨v_i, w_i⟩ of two views, (N,).
    blocks, exponentials: similarities of a tile and exponentials of them, kept for the next pass
    where `keep_blocks` is set.
    """

    samples: int
    values: dict[Expr, Tensor] = field(default_factory=dict)
    logs: dict[Expr, Tensor] = field(default_factory=dict)
    first: Mapping[View, int] = field(default_factory=dict)
    mask: "Mask | None" = None
    direct: bool = False
    bare: frozenset[tuple[View, View]] | None = None
    keep_blocks: bool = False
    centred: dict[View, Tensor] = field(default_factory=dict)
    aligned: dict[tuple[View, View], Tensor] = field(default_factory=dict)
    exponentials: dict[int, dict[Expr, Labelled]] = field(default_factory=dict)
    blocks: dict[int, dict[tuple[View, bool, View, bool], Tensor]] = field(default_factory=dict)

    def centred_once(self, view: View, data: Tensor) -> Tensor:
        """The rows of a view less their mean, computed once a batch."""
        if view not in self.centred:
            self.centred[view] = data - data.mean(dim=0)
        return self.centred[view]

    def blocks_of(self, start: int | None) -> dict[tuple[View, bool, View, bool], Tensor]:
        """Where the blocks of the tile that starts there are put."""
        if not self.keep_blocks or start is None:
            return {}
        return self.blocks.setdefault(start, {})

    def exponentials_of(self, start: int | None) -> dict[Expr, Labelled]:
        """The same for exponentials of them."""
        if not self.keep_blocks or start is None:
            return {}
        return self.exponentials.setdefault(start, {})

    def forget(self, start: int) -> None:
        """Drops what no later pass reads of the tile: similarities of which exponentials are."""
        if self.exponentials.get(start) and self.bare is not None:
            block = self.blocks[start]
            for name in [x for x in block if (x[0], x[2]) not in self.bare]:
                del block[name]

    def columns(self, name: tuple[View, bool, View, bool], tile: slice) -> Tensor | None:
        """Some columns of a block, over all rows, if a pass before has kept every tile of it."""
        tiles = [self.blocks[start].get(name) for start in sorted(self.blocks)]
        found = [x for x in tiles if x is not None]
        if not found or sum(len(x) for x in found) < self.samples:
            return None
        return torch.cat([x[:, tile] for x in found])


def fits(anchors: int, samples: int, width: int, blocks: int) -> bool:
    """Whether that many (anchors, samples) blocks, of entries `width` bytes wide, may be kept."""
    return anchors * samples * width * blocks <= _BUDGET


@dataclass(frozen=True)
class Mask:
    """Which pairs take part: not those of a mask, (own anchors, candidates) bool, nor those of one
    label, (N,). first: the sample of row 0 of the mask; candidates: N and the further ones, which
    have no label."""

    ignored: Tensor | None
    labels: Tensor | None
    first: int
    candidates: int

    def rows(self, tile: slice) -> Tensor:
        """True where candidate j takes part for anchor i of the tile, (t, candidates) bool; a
        sample's own positive always does."""
        size = tile.stop - tile.start
        some = self.ignored if self.ignored is not None else self.labels
        assert some is not None
        out = some.new_ones(size, self.candidates, dtype=torch.bool)
        if self.ignored is not None:
            out &= ~self.ignored[tile.start - self.first : tile.stop - self.first]
        if self.labels is not None:
            out[:, : len(self.labels)] &= self.labels[tile, None] != self.labels
        out.diagonal(offset=tile.start)[:size] = True
        return out
