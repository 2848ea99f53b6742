"""Distances and angles of two rows on tensors, exact where a cosine has lost its digits."""

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from sympy import Expr, Mul
from torch import Tensor

from derive.errors import LoweringError
from derive.nodes import Angle, HardestIndex, Index, Inner, View
from derive.torch import arena
from derive.torch.axes import Labelled

if TYPE_CHECKING:
    from derive.torch.evaluator import Evaluator


def chord_of_rows(ev: "Evaluator", e: Expr) -> tuple[Tensor, Tensor, Index] | None:
    """The two sides if the sum is 2 − 2⟨v_i, w_j⟩ of unit rows, one pair a row: as ‖v_i − w_j‖²
    it keeps its digits at close points."""
    sides = _sides_of_chord(e)
    if sides is None:
        return None
    v, i, w, j = sides
    (left, rows), (right, columns) = ev.embeddings(v, i), ev.embeddings(w, j)
    return (left, right, rows) if rows == columns else None


@lru_cache(maxsize=10_000)
def _sides_of_chord(e: Expr) -> tuple[View, Expr, View, Expr] | None:
    rest = e - 2
    if not (isinstance(rest, Mul) and len(rest.args) == 2 and rest.args[0] == -2):
        return None
    if not isinstance(rest.args[1], Inner):
        return None
    v, i, w, j = rest.args[1].args
    if not (v.unit and w.unit) or "centred" in (v.role, w.role):
        return None
    one_a_row = i == j or isinstance(i, HardestIndex) or isinstance(j, HardestIndex)
    return (v, i, w, j) if one_a_row else None


def angle(ev: "Evaluator", e: Expr) -> Labelled:
    cosine = e.args[0]
    if not isinstance(cosine, Inner):
        raise LoweringError(f"{e}: only the angle of two embeddings has a rule.")
    v, i, w, j = cosine.args
    left, rows = ev.embeddings(v, i)
    right, columns = ev.embeddings(w, j)
    if rows == columns:
        apart, together = (left - right).norm(dim=1), (left + right).norm(dim=1)
        return Labelled(2 * torch.atan2(apart, together), (rows,))
    c = ev(cosine)
    return Labelled(
        2 * torch.atan2((1 - c.data).clamp(min=0).sqrt(), (1 + c.data).clamp(min=0).sqrt()), c.axes
    )


def sine(ev: "Evaluator", e: Expr) -> Labelled:
    """sin θ = ½ ‖a − b‖ ‖a + b‖ of the angle of two rows: exactly 0 at 0 and π."""
    cosine = e.args[0].args[0] if isinstance(e.args[0], Angle) else None
    if isinstance(cosine, Inner):
        v, i, w, j = cosine.args
        left, rows = ev.embeddings(v, i)
        right, columns = ev.embeddings(w, j)
        if rows == columns:
            sides = (left - right).norm(dim=1) * (left + right).norm(dim=1)
            return Labelled(sides / 2, (rows,))
    x = ev(e.args[0])
    return Labelled(torch.sin(x.data, out=arena.like(x.data)), x.axes)
