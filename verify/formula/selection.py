"""The rules of indicators of samples, and of samples that are picked."""

import math

import torch
from sympy import Expr

from derive.nodes import Delta, Distinct, Match, SampleIndex
from verify.formula.evaluator import Evaluator
from verify.formula.grids import Grid, pointwise, summed_product


def equal(ev: Evaluator, e: Expr) -> Grid:
    """1 where two indices are the same (or are not)."""
    wanted = isinstance(e, Delta)
    places = map(ev.positions, e.args)
    return pointwise(lambda a, b: ((a == b) == wanted).to(ev.h.dtype), *places)


def same_label(ev: Evaluator, e: Expr) -> Grid:
    """1 where two samples have one label (or have not)."""
    labels, wanted = ev.given("labels"), isinstance(e, Match)
    places = [ev.positions(x) for x in e.args]
    found = [Grid(labels[x.data], x.axes) for x in places]
    return pointwise(lambda a, b: ((a == b) == wanted).to(ev.h.dtype), *found)


def _others(ev: Evaluator, body: Expr, k: Expr, i: Expr) -> Grid:
    """The body at every k, −∞ at the anchor; k is the last axis."""
    guard = Distinct(k, i)
    with ev.guarded([guard]):
        value, holds = ev(body), ev(guard)
    masked = pointwise(lambda x, other: torch.where(other != 0, x, -torch.inf), value, holds)
    axes = (*[a for a in masked.axes if a != k], k)
    return Grid(masked.over(axes), axes)


def hardest(ev: Evaluator, e: Expr) -> Grid:
    """The largest of the others; at a tie the gradient goes to one of them."""
    found = _others(ev, *e.args)
    return Grid(found.data.max(dim=-1).values, found.axes[:-1])


def hardest_index(ev: Evaluator, e: Expr) -> Grid:
    """Which of the others is the largest."""
    found = _others(ev, *e.args)
    return Grid(found.data.argmax(dim=-1), found.axes[:-1])


def top(ev: Evaluator, e: Expr) -> Grid:
    """1 if fewer than ⌈share·(N − 1)⌉ others have a larger body than j has."""
    j, body, k, i, share = e.args
    others = _others(ev, body, k, i)
    kept = math.ceil(ev(share).data.item() * (ev.size(k) - 1) - 1e-9)
    if isinstance(j, SampleIndex) and j not in others.axes:  # the same numbers, under its name
        mine = Grid(others.data, (*others.axes[:-1], j))
    else:
        mine = ev(body.xreplace({k: j}))
    larger = pointwise(lambda x, own: (x > own).to(ev.h.dtype), others, mine)
    count = summed_product([larger], [k])
    return Grid((count.data < max(kept, 1)).to(ev.h.dtype), count.axes)
