"""The gradient by h_i in its two parts, pull and push, as 003 (Section 3.2) draws them.

    ∂L/∂h_i = Σ_{j≠i} a_ij n_j − b_i h'_i + (ρ_i h_i + remainder)

ambient: the length of a part. tangential: of what is left without its component along h_i, which
l2-normalisation takes away: |b_i| sin θ_ii' of the pull. raw: tangential/‖x_i‖, the length by the
raw embedding x_i (003, Eq. 7).
"""

import torch
from torch import Tensor
from torch.linalg import vector_norm

from derive.objective import Objective
from train.measuring.components import Parts
from train.measuring.geometry import unit
from train.measuring.summaries import Json, summary


def gradient_norms(objective: Objective, parts: list[Parts], raw: list[Tensor]) -> Json:
    """The distributions of the lengths over the anchors; raw: the raw anchors, (N, D), by batch.

    A loss of raw embeddings is differentiated by them: its `ambient` is all there is.
    """
    vectors = {
        "pull": [x.pull for x in parts],
        "push": [x.push for x in parts],
        "rest": [x.rest for x in parts],
        "total": [x.push - x.pull + x.rest for x in parts],
    }
    normalised = objective.embeddings == "unit"
    found = {name: lengths(rows, raw, normalised) for name, rows in vectors.items()}
    return {"differentiated": objective.differentiated, **found}


def lengths(rows: list[Tensor], raw: list[Tensor], normalised: bool) -> Json:
    """rows: (N, D) by batch."""
    ambient = summary(torch.cat([vector_norm(x, dim=1) for x in rows]))
    if not normalised:
        return {"ambient": ambient, "tangential": None, "raw": None}
    along = [vector_norm(tangent(x, unit(at)), dim=1) for x, at in zip(rows, raw, strict=True)]
    by_raw = [x / vector_norm(at, dim=1) for x, at in zip(along, raw, strict=True)]
    return {
        "ambient": ambient,
        "tangential": summary(torch.cat(along)),
        "raw": summary(torch.cat(by_raw)),
    }


def tangent(rows: Tensor, h: Tensor) -> Tensor:
    """Each row without its component along h_i; (N, D) both, h of unit rows."""
    return rows - (rows * h).sum(dim=1, keepdim=True) * h
