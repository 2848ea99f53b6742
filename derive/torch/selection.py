"""Rules of the nodes that compare or pick samples: indices, labels, the hardest and their share."""

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

import torch
from sympy import Expr
from torch import Tensor

from derive.canonical import for_print
from derive.errors import LoweringError
from derive.nodes import Distinct, H, HardestIndex, Kept, Mismatch, SampleIndex
from derive.torch.axes import Labelled
from derive.torch.batches import checks_values

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator

_BOUND = SampleIndex("_bound")
_ROUNDING = 1e-9  # .7 · 10 is a little more than 7


def same_index(ev: "Evaluator", e: Expr) -> Labelled:
    a, b = (ev.positions(x) for x in e.args)
    axes = tuple(dict.fromkeys(a.axes + b.axes))
    same = a.over(axes) == b.over(axes)
    if isinstance(e, Distinct):
        same = ~same
    return Labelled(same.to(ev.views[H].dtype), axes)


def same_label(ev: "Evaluator", e: Expr) -> Labelled:
    a, b = (ev.positions(x) for x in e.args)
    labels = ev.given("labels")
    axes = tuple(dict.fromkeys(a.axes + b.axes))
    same = Labelled(labels[a.data], a.axes).over(axes) == Labelled(labels[b.data], b.axes).over(
        axes
    )
    if isinstance(e, Mismatch):
        same = ~same
    return Labelled(same.to(ev.views[H].dtype), axes)


def top(ev: "Evaluator", e: Expr) -> Labelled:
    """1 where j is among the hardest share of anchor i: compared with the last that is kept."""
    j, body, k, i, share = e.args
    among = _among(ev, body, k, i, share)
    rest = tuple(x for x in among.axes if x != k)
    positions = ev.positions(j)
    chosen = among.data.movedim(among.axes.index(k), -1)
    if isinstance(j, SampleIndex) and j not in rest:
        tiled = ev.rows is not None and j == ev.rows[0]
        return Labelled(chosen[..., positions.data] if tiled else chosen, (*rest, j))
    indices = Labelled(positions.data, positions.axes).over(rest)[..., None]
    return Labelled(chosen.gather(-1, indices.expand(*chosen.shape[:-1], 1)).squeeze(-1), rest)


def _among(ev: "Evaluator", body: Expr, k: Expr, i: Expr, share: Expr) -> Labelled:
    """1 for the hardest share of every anchor, else 0, over (i, k): searched once a tile."""
    known = (body.xreplace({k: _BOUND}), i, share)
    found = ev.shares.get(known)
    if found is None:
        found = ev.shares[known] = _search(ev, body, k, i, share)
    return Labelled(found.data, tuple(k if x == _BOUND else x for x in found.axes))


def _search(ev: "Evaluator", body: Expr, k: Expr, i: Expr, share: Expr) -> Labelled:
    kept = max(1, ceil(_on_the_host(ev, share) * (ev.size(k) - 1) - _ROUNDING))
    values = ev.without(Distinct(k, i), ev(body))
    if ev.known.mask is not None:
        values = _masked(ev, values, i, k)
    at = values.axes.index(k)
    top = values.data.topk(kept, dim=at, sorted=False).values
    last = top.amin(dim=at, keepdim=True).clamp_(min=torch.finfo(top.dtype).min)
    among = torch.ge(values.data, last, out=torch.empty_like(values.data))
    return Labelled(among, tuple(_BOUND if x == k else x for x in values.axes))


def _on_the_host(ev: "Evaluator", e: Expr) -> float:
    """A number, or a hyper-parameter that is one, in full precision: as float32, .1 is more than
    .1, and a tenth of 20 negatives would be three of them."""
    value = ev.values.get(e.name) if e.is_Symbol else None
    if isinstance(value, Tensor):
        if not checks_values(value):
            raise LoweringError(
                f"{e} is a tensor on {value.device}, and how many samples it keeps has to be known "
                "beforehand. Give a number."
            )
        return float(value) * (1 - torch.finfo(torch.float32).eps)  # it may have been float32
    return float(e if value is None else value)


def hardest(ev: "Evaluator", e: Expr) -> Labelled:
    """The body at the index that attains the maximum: one search for the value and the gradient."""
    return ev(_at_hardest(e))


@lru_cache(maxsize=10_000)
def _at_hardest(e: Expr) -> Expr:
    body, k, _ = e.args
    return body.xreplace({k: for_print.index(HardestIndex(*e.args))})


def hardest_index(ev: "Evaluator", e: Expr) -> Labelled:
    body, k, i = e.args
    value = ev(body)
    if ev.known.mask is not None:
        value = _masked(ev, value, i, k)
    if set(value.axes) == {i, k}:
        with ev.leaving_out(value) as data:
            return Labelled(data.argmax(dim=value.axes.index(k)), (i,))
    guarded = ev.without(Distinct(k, i), value)
    at = guarded.axes.index(k)
    return Labelled(guarded.data.argmax(dim=at), tuple(x for x in guarded.axes if x != k))


def taking_part(ev: "Evaluator", e: Expr) -> Labelled:
    """1 where the user's mask lets a pair take part; one of the two is the anchor of the tile."""
    mask = ev.known.mask
    if mask is None or ev.rows is None or ev.rows[0] not in e.args:
        raise LoweringError(
            "a mask has no place in this loss: it sums over pairs of which neither sample is the "
            "anchor. Leave mask and labels out."
        )
    anchor, tile = ev.rows
    other = next(x for x in e.args if x != anchor)
    kept, at = mask.rows(tile), ev.positions(other)
    if at.axes == (anchor,):
        kept = kept.gather(1, at.data[:, None]).squeeze(1)
        return Labelled(kept.to(ev.views[H].dtype), at.axes)
    return Labelled(kept.to(ev.views[H].dtype), (anchor, *at.axes))


def _masked(ev: "Evaluator", value: Labelled, i: Expr, k: Expr) -> Labelled:
    """−∞ where the pair (i, k) does not take part."""
    kept = ev(Kept(i, k))
    axes = value.axes
    return Labelled(value.over(axes).masked_fill(kept.over(axes) == 0, -torch.inf), axes)
