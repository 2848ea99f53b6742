"""Rules of the nodes that compare or pick samples: indices, labels, the hardest and their share."""

from math import ceil
from typing import TYPE_CHECKING

import torch
from sympy import Expr

from derive.canonical import for_print
from derive.nodes import Distinct, H, HardestIndex, Mismatch
from derive.torch.axes import Labelled

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator

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
    kept = max(1, ceil(float(ev(share).data) * (ev.size(k) - 1) - _ROUNDING))
    values = ev.without(Distinct(k, i), ev(body))
    at = values.axes.index(k)
    last = values.data.topk(kept, dim=at).values.narrow(at, kept - 1, 1)
    among = (values.data >= last) & (values.data > -torch.inf)
    rest = tuple(x for x in values.axes if x != k)
    positions = ev.positions(j)
    if set(positions.axes) <= {j} and positions.axes[0] not in rest:
        chosen = among.movedim(at, -1)[..., positions.data]
        return Labelled(chosen.to(values.data.dtype), (*rest, *positions.axes))
    indices = Labelled(positions.data, positions.axes).over(rest)[..., None]
    chosen = among.movedim(at, -1).gather(-1, indices.expand(*among.movedim(at, -1).shape[:-1], 1))
    return Labelled(chosen.squeeze(-1).to(values.data.dtype), rest)


def hardest(ev: "Evaluator", e: Expr) -> Labelled:
    """The body at the index that attains the maximum: one search for the value and the gradient."""
    body, k, _ = e.args
    return ev(body.xreplace({k: for_print.index(HardestIndex(*e.args))}))


def hardest_index(ev: "Evaluator", e: Expr) -> Labelled:
    body, k, i = e.args
    value = ev(body)
    if set(value.axes) == {i, k}:
        with ev.leaving_out(value) as data:
            return Labelled(data.argmax(dim=value.axes.index(k)), (i,))
    guarded = ev.without(Distinct(k, i), value)
    at = guarded.axes.index(k)
    return Labelled(guarded.data.argmax(dim=at), tuple(x for x in guarded.axes if x != k))
