"""What the engines of `derive.torch` do instead where a fault is planted: each takes the right
function first, and what that one takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import torch
from sympy import Expr, S
from torch import Tensor

from derive.nodes import ANCHOR, NEGATIVE
from derive.torch.assembly import Assembly
from derive.torch.batch import Gradients
from derive.torch.collected import Collected
from derive.torch.evaluator import Evaluator
from derive.torch.flows import Flow, Matrix
from derive.torch.known import Known
from derive.torch.pending import Pending
from derive.torch.reductions import without_guard
from derive.torch.tile import Tile
from verify.mutants.planting import transposed


def not_projected(right: Any, by: Tensor, of_unit: Any, norms: Any) -> Tensor:
    return by if norms is None else by / norms


def not_divided(right: Any, by: Tensor, of_unit: Any, norms: Any) -> Tensor:
    found: Tensor = right(by, of_unit, norms)
    return found if norms is None else found * norms


def one_way(x: Flow) -> Flow:
    return replace(x, back=False)


def two_ways(x: Flow) -> Flow:
    return replace(x, back=True)


def negated(x: Flow) -> Flow:
    return replace(x, matrix=Matrix(-x.matrix.dense, x.matrix.one_hot))


def nothing(right: Any, *args: Any, **options: Any) -> None:
    return None


@contextmanager
def block_transposed(right: Any, tile: Tile, e: Expr, own: Expr | None) -> Iterator[Tensor]:
    with right(tile, e, own) as block:
        yield transposed(block)


@contextmanager
def no_diagonal(right: Any, tile: Tile, e: Expr, own: Expr | None) -> Iterator[Tensor]:
    with right(tile, e, None if own is None else S.Zero) as block:
        yield block


@contextmanager
def full_diagonal(right: Any, tile: Tile, e: Expr, own: Expr | None) -> Iterator[Tensor]:
    """As if nothing were written at j = i."""
    t, n = tile.rows.stop - tile.rows.start, tile.ev.known.samples
    yield tile.ev(e).over((ANCHOR, NEGATIVE)).expand(t, n).clone()


def rolled(right: Any, pending: Pending, left: Any, to: Any, rows: slice, at: Tensor,
            weight: Tensor) -> None:  # fmt: skip
    right(pending, left, to, rows, at.roll(1), weight)


@contextmanager
def nothing_left_out(right: Any, ev: Evaluator, value: Any, *args: Any, **options: Any) -> Any:
    yield value.data


def twice(right: Any, pending: Pending, left: Any, to: Any, rows: slice, weight: Tensor) -> None:
    right(pending, left, to, rows, 2 * weight)


def weight_negated(right: Any, pending: Pending, left: Any, to: Any, rows: slice,
                    weight: Tensor) -> None:  # fmt: skip
    right(pending, left, to, rows, -weight)


def first_lost(right: Any, collected: Collected) -> None:
    if collected.reduction.kind != "column":
        collected.parts[0] = torch.zeros_like(collected.parts[0])
    right(collected)


def unguarded(right: Any, collected: Collected, ev: Evaluator) -> Tensor:
    with patch(
        "derive.torch.collected.without_guard", lambda body: (without_guard(body)[0], False)
    ):
        found: Tensor = right(collected, ev)
    return found


def exchanged(x: Gradients) -> Gradients:
    return replace(x, by_h=x.by_h_prime, by_h_prime=x.by_h)


def stopped(x: Gradients) -> Gradients:
    return replace(x, by_h_prime=torch.zeros_like(x.by_h_prime))


def exchanged_sums(out: Any, h: Any, h_prime: Any) -> None:
    out[h], out[h_prime] = out[h_prime], out[h]


def stopped_sums(out: Any, h: Any, h_prime: Any) -> None:
    out[h_prime] = torch.zeros_like(out[h_prime])


def less_too_much(right: Any, known: Known, view: Any, data: Tensor) -> Tensor:
    return data - data.sum(dim=0) / (len(data) - 1)


def not_centred(right: Any, known: Known, view: Any, data: Tensor) -> Tensor:
    return data


def features_transposed(right: Any, given: Assembly, out: Tensor | None = None) -> Tensor:
    found = given._features._found
    given._features._found = {k: (x, y, transposed(q)) for k, (x, y, q) in found.items()}
    return right(given, out)
