"""Faults of the engines of `derive.torch`: tiles, products with them, sums over the batch."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from sympy import Expr
from torch import Tensor

from derive.torch import fused, logarithms
from derive.torch.assembly import Assembly
from derive.torch.axes import Labelled
from derive.torch.batch import Gradients
from derive.torch.collected import Collected
from derive.torch.dense import DenseEngine
from derive.torch.evaluator import Evaluator
from derive.torch.flows import Flow
from derive.torch.known import Known
from derive.torch.pairs import _Run
from derive.torch.pending import Pending
from derive.torch.tile import Tile
from verify.mutants import wrong
from verify.mutants.planting import Fault


def of_engines() -> Iterator[Fault]:
    yield from _of_products()
    yield from _of_own_pairs()
    yield from _of_reductions()
    yield from _of_features()
    yield from _of_logarithms()
    yield from _of_raw_rows()


def _of_products() -> Iterator[Fault]:
    def flow(text: str, change: Callable[[Flow], Flow], kind: str) -> Fault:
        def altered(right: Any, tile: Tile, given: Flow, own: Expr) -> None:
            right(tile, change(given), own)

        return Fault(kind, text, Tile, "_flow", altered)

    yield flow("no product back to the other samples", wrong.one_way, "stop-gradient")
    yield flow("a product back where there is none", wrong.two_ways, "stop-gradient")
    yield flow("the other sign of a product", wrong.negated, "sign")
    yield Fault("index", "the block of a tile transposed", Tile, "_block", wrong.block_transposed)
    yield Fault("term", "products with rows of weights left out", Tile, "_weighted", wrong.nothing)
    yield Fault("term", "products of constant weights left out", Tile, "_constant", wrong.nothing)
    yield Fault("term", "picked negatives left out", Pending, "add_hot", wrong.nothing)
    yield Fault("index", "picked negatives of the next row", Pending, "add_hot", wrong.rolled)
    yield Fault("self pair", "a maximum over the sample itself too", Evaluator, "leaving_out",
                wrong.nothing_left_out)  # fmt: skip


def _of_own_pairs() -> Iterator[Fault]:
    yield Fault("self pair", "no entry at j = i", Tile, "_block", wrong.no_diagonal)
    yield Fault(
        "self pair", "the entry of a negative at j = i", Tile, "_block", wrong.full_diagonal
    )
    yield Fault("term", "own pairs left out", Tile, "_own", wrong.nothing)
    yield Fault("factor", "own pairs twice", Pending, "add_own", wrong.twice)
    yield Fault("sign", "the other sign of own pairs", Pending, "add_own", wrong.weight_negated)
    yield Fault("term", "norms of picked rows left out", Tile, "_pair_norm", wrong.nothing)


def _of_reductions() -> Iterator[Fault]:
    def scale(text: str, factor: Callable[[int], float]) -> Fault:
        def altered(right: Any, tile: Tile, views: Any) -> None:
            wrong = tile.scale * factor(tile.ev.known.samples)
            right(replace(tile, scale=wrong), views)

        return Fault("reduction", text, Tile, "add", altered)

    def value(text: str, factor: Callable[[int], float]) -> Fault:
        def altered(right: Any, run: _Run) -> list[Tensor]:
            return [x * factor(run.batch.anchors) for x in right(run)]

        return Fault("reduction", text, _Run, "_anchors", altered)

    yield scale("the gradient of a sum for a mean", float)
    yield scale("the gradient over N − 1 for N", lambda n: n / (n - 1))
    yield value("a sum for a mean", float)
    yield value("a mean over N − 1 for N", lambda n: n / (n - 1))
    yield Fault("reduction", "a tile's part of a sum lost", Collected, "store", wrong.first_lost)
    yield Fault(
        "index", "sums down a column with the pair itself", Collected, "_column", wrong.unguarded
    )
    yield Fault("term", "the value without its products", Tile, "_value", wrong.nothing)


def _of_features() -> Iterator[Fault]:
    def gradients(text: str, kind: str, change: Callable[[Gradients], Gradients]) -> Fault:
        def altered(right: Any, *args: Any) -> Gradients:
            return change(right(*args))

        return Fault(kind, text, DenseEngine, "gradients_on", altered)

    def run(text: str, kind: str, change: Callable[[Any, Any, Any], None]) -> Fault:
        def altered(right: Any, given: _Run) -> list[Tensor]:
            found: list[Tensor] = right(given)
            change(given.out, *given.views)
            return found

        return Fault(kind, text, _Run, "scalars", altered)

    yield gradients("gradients of the two views exchanged", "view", wrong.exchanged)
    yield gradients("no gradient by h'", "stop-gradient", wrong.stopped)
    yield run("gradients of the two views exchanged", "view", wrong.exchanged_sums)
    yield run("no gradient by h'", "stop-gradient", wrong.stopped_sums)
    yield Fault("count", "a mean over N − 1 rows", Known, "centred_once", wrong.less_too_much)
    yield Fault("term", "rows that are not centred", Known, "centred_once", wrong.not_centred)
    yield Fault("index", "D × D products transposed", Assembly, "into", wrong.features_transposed)


def _of_logarithms() -> Iterator[Fault]:
    """Where exponentials could overflow, sums of them are computed by their logarithms."""

    def shifted(text: str, kind: str, change: Callable[[Tensor], Tensor]) -> Fault:
        def altered(right: Any, ev: Evaluator, e: Expr) -> Labelled:
            found = right(ev, e)
            return Labelled(change(found.data), found.axes)

        return Fault(kind, text, logarithms, "_log", altered)

    yield shifted("logarithms of twice the sum", "factor", lambda x: x + math.log(2))
    yield shifted("the other sign of logarithms", "sign", torch.neg)


def _of_raw_rows() -> Iterator[Fault]:
    def gradient(text: str, kind: str, altered: Callable[..., Tensor]) -> Fault:
        return Fault(kind, text, fused, "_of_raw", altered)

    yield gradient("raw gradients with their part along the row", "term", wrong.not_projected)
    yield gradient("raw gradients not over the norm", "factor", wrong.not_divided)
    yield gradient("the other sign of raw gradients", "sign", lambda right, *args: -right(*args))
