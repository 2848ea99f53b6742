"""GD, W and R of a black box that depends on the cosines <h_i, h'_j> alone.

Views with chosen cosines C are built in 2N dimensions, in two ways whose cosines within a view
differ: a loss of the cross-view cosines alone cannot tell them apart. Then N·∂L/∂C_ij, measured by
moving h along that one cosine, is what anchor i pushes candidate j with, and for a mean over
anchors

    GD_i W_ij = N ∂L/∂C_ij (j ≠ i),    R_i = −∂L/∂C_ii / Σ_{j≠i} ∂L/∂C_ij,

GD_i → 1 as the positive's cosine falls (design of 001: W carries the scale). The cosine falls to
−√(1 − Σ_{j≠i} C_ij²), as far as unit rows allow. Nothing is fitted to a gradient. In a symmetrised
loss an anchor's numbers hold both directions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from verify.audits.calls import BlackBox
from verify.audits.report import Finding

PAIRS = 4
SAME = 1e-7  # relative: two ways of building one C


@dataclass(frozen=True)
class Parts:
    """cosines: (N, N). dissipation, ratio: (N,). weight: (N, N), zero on the diagonal."""

    cosines: Tensor
    dissipation: Tensor
    weight: Tensor
    ratio: Tensor


def finding(f: BlackBox, seed: int = 0) -> Finding | None:
    """The parts as a note; that there are none, as a note; None where the loss fails."""
    n = next((len(x) for x in f.hyper.values() if isinstance(x, Tensor) and x.ndim), PAIRS)
    cosines = _drawn(n, seed)
    values = [f.value(*views(cosines, mixing), seed=seed) for mixing in (0.0, 0.3)]
    if any(v != v or abs(v) == torch.inf for v in values):
        return None
    if abs(values[0] - values[1]) > SAME * max(map(abs, values)):
        text = "not a function of the cosines between the views alone: no GD, W, R are stated"
        return Finding("note", "decomposition", text, {"values": values})
    found = parts(f, cosines, seed)
    if found is None:
        text = "a function of the cosines between the views, with no push to normalise by"
        return Finding("note", "decomposition", text, {})
    text = (
        "a function of the cosines between the views: at a drawn batch "
        f"GD is {_range(found.dissipation)}, R {_range(found.ratio)}, "
        f"the weights of an anchor add up to {_range(found.weight.sum(dim=1))}{_why(found)}"
    )
    evidence = {
        k: getattr(found, k).tolist() for k in ("cosines", "dissipation", "weight", "ratio")
    }
    return Finding("note", "decomposition", text, evidence)


def parts(f: BlackBox, cosines: Tensor, seed: int) -> Parts | None:
    """At these cosines, of rows of norm below 1. None where some anchor has no push."""
    n = len(cosines)
    own = torch.eye(n, dtype=torch.bool)
    here = _slopes(f, cosines, seed)
    push = here.masked_fill(own, 0).sum(dim=1)
    far = torch.stack([_lowered_push(f, cosines, i, seed) for i in range(n)])
    if not (far.isfinite().all() and (far.abs() > 1e-12).all()):
        return None
    dissipation = push / far
    weight = here.masked_fill(own, 0) / dissipation[:, None]
    return Parts(cosines, dissipation, weight, -here.diagonal() / push)


def views(cosines: Tensor, mixing: float = 0.0) -> tuple[Tensor, Tensor]:
    """Unit h, h' of shape (N, 2N) with h h'ᵀ = cosines; mixing: the cosine of two rows of h'.

    Rows of h have a coordinate of their own that brings them to norm 1.
    """
    n = len(cosines)
    eye = torch.eye(n, dtype=cosines.dtype)
    gram = (1 - mixing) * eye + mixing
    root = torch.linalg.cholesky(gram)  # (N, N), rows of norm 1
    inside = torch.linalg.solve_triangular(root.T, cosines, upper=True, left=False)
    rest = (1 - inside.square().sum(dim=1)).clamp(min=0).sqrt()
    h = torch.cat([inside, torch.diag_embed(rest)], dim=1)
    return h, torch.cat([root, torch.zeros_like(root)], dim=1)


def _slopes(f: BlackBox, cosines: Tensor, seed: int) -> Tensor:
    """(N, N): N·∂L/∂C_ij, h moving and h' at rest, through the loss's own gradient by h."""
    leaf = cosines.clone().requires_grad_(True)
    h, h_prime = views(leaf)
    outcome = f(h.detach(), h_prime.detach(), seed=seed)
    if outcome.by_h is None:
        return torch.full_like(cosines, torch.nan)
    (found,) = torch.autograd.grad(h, leaf, outcome.by_h)
    return len(cosines) * found


def _lowered_push(f: BlackBox, cosines: Tensor, i: int, seed: int) -> Tensor:
    """Σ_{j≠i} N ∂L/∂C_ij with the positive of anchor i as far away as unit rows allow."""
    low = cosines.clone()
    others = low[i].square().sum() - low[i, i].square()
    low[i, i] = -0.999 * (1 - others).sqrt()
    row = _slopes(f, low, seed)[i]
    return row.sum() - row[i]


def _drawn(n: int, seed: int) -> Tensor:
    """Cosines of random rows, of norm 0.6."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(n, n, generator=generator, dtype=torch.float64)
    return 0.6 * rows / rows.norm(dim=1, keepdim=True)


def _range(x: Tensor) -> str:
    """The least and the greatest of those that are numbers, and how many are not."""
    known = x[x.isfinite()]
    if not len(known):
        return "undefined"
    low, high = known.min().item(), known.max().item()
    text = f"{low:.3g}" if high - low <= 1e-6 * abs(high) else f"{low:.3g} to {high:.3g}"
    missing = len(x) - len(known)
    return f"{text} (undefined for {missing} of {len(x)} anchors)" if missing else text


def _why(found: Parts) -> str:
    """R and W divide by an anchor's push, which may be 0 at the batch."""
    if bool(found.ratio.isfinite().all() and found.weight.isfinite().all()):
        return ""
    return (
        "; undefined where no cosine of an anchor with a negative moves the value (a closed gate, "
        "say): R and W divide by their push, which is 0 there"
    )
