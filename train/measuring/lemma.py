"""Lemma 1 of 001: which ratios bring the anchor closer to its positive in one step of length λ.

On the anchor's tangent plane, where the paper proves it, the anchor comes closer exactly for r
between two roots; the paper prints the smaller one. The roots are those that `verify claims`
derives, and so is the bound that is exact on the sphere, which has no upper one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from sympy import lambdify
from torch import Tensor

from train.measuring.geometry import Geometry, cosines_between
from train.measuring.summaries import Json, mean, summary

STEPS = (0.1, 0.5, 1.0)  # λ; the paper draws several and names none

_TORCH = [{"sqrt": torch.sqrt, "cos": torch.cos, "sin": torch.sin}]


@dataclass(frozen=True)
class Plane:
    """What the lemma needs of a batch: θ_ii' (N, 1), θ_ij' (N, N), their sines, α (N, N), and
    defined (N, N), bool: j ≠ i and sin θ_ii' > 0."""

    theta: Tensor
    phi: Tensor
    s: Tensor
    t: Tensor
    alpha: Tensor
    defined: Tensor

    @classmethod
    def of(cls, at: Geometry) -> "Plane":
        theta, phi = at.positive_angles[:, None], at.angles
        s, t = theta.sin(), phi.sin()
        # ⟨h'_i, h'_j⟩ = cos θ cos φ + sin θ sin φ cos α
        along = (cosines_between(at.h_prime, at.h_prime) - theta.cos() * at.cosines) / s
        across = (t**2 - along**2).clamp(min=0).sqrt()
        return cls(theta, phi, s, t, torch.atan2(across, along), at.others & (s > 0))


@dataclass(frozen=True)
class Bounds:
    """Of the ratio, (N, N) each, for anchor i and negative j; NaN where there is none.

    minimum, maximum: between them, on the tangent plane; NaN where no ratio does it. sphere: the
    exact lower bound on the sphere. defined: as in `Plane`.
    """

    minimum: Tensor
    maximum: Tensor
    sphere: Tensor
    defined: Tensor


@cache
def _functions() -> tuple[Callable[..., tuple[Tensor, Tensor]], Callable[..., Tensor]]:
    """The derived roots by (λ, sin θ_ii', sin θ_ij', α), the exact bound by (θ, φ, α, λ)."""
    from verify.claims.p001 import lemma_1, lemma_1_exact, lemma_1_proof

    names = (lemma_1.LAM, lemma_1.S, lemma_1.T, lemma_1.ALPHA)
    angles = (lemma_1_proof.THETA, lemma_1_proof.PHI, lemma_1_proof.ALPHA, lemma_1_proof.LAM)
    roots = lambdify(names, lemma_1.roots(), modules=_TORCH, cse=True)
    exact = lambdify(angles, lemma_1_exact.EXACT, modules=_TORCH, cse=True)
    return roots, exact


def bounds(x: Plane, step: float) -> Bounds:
    """The bounds at a batch for λ = step > 0."""
    roots, exact = _functions()
    low, high = roots(step, x.s, x.t, x.alpha)
    sphere = exact(x.theta, x.phi, x.alpha, step)
    low, high, sphere = (torch.where(x.defined, y, torch.nan) for y in (low, high, sphere))
    return Bounds(low, high, sphere, x.defined)


def conditions(batches: list[Geometry], ratios: list[Tensor] | None) -> list[Json]:
    """For each λ: the distributions of the bounds over anchors and negatives, and how often the
    ratio 1, and the loss's own R_i (N,) of each batch, lie between them."""
    planes = [Plane.of(x) for x in batches]
    return [_condition(step, planes, ratios) for step in STEPS]


def _condition(step: float, planes: list[Plane], ratios: list[Tensor] | None) -> Json:
    found = [bounds(x, step) for x in planes]
    one = [torch.ones(len(x.s)).double() for x in planes]
    return {
        "lambda": step,
        "minimum": summary(torch.cat([x.minimum[x.defined] for x in found])),
        "maximum": summary(torch.cat([x.maximum[x.defined] for x in found])),
        "sphere_minimum": summary(torch.cat([x.sphere[x.defined] for x in found])),
        "possible": mean(torch.cat([x.minimum[x.defined].isfinite() for x in found])),
        "met_by_one": _met(found, one),
        "met_by_ratio": None if ratios is None else _met(found, ratios),
    }


def _met(found: list[Bounds], ratios: list[Tensor]) -> float | None:
    """The share of anchors and negatives at which minimum < R_i < maximum."""
    met = []
    for x, ratio in zip(found, ratios, strict=True):
        r = ratio[:, None].expand_as(x.minimum)
        met.append(((x.minimum < r) & (r < x.maximum))[x.defined & r.isfinite()])
    return mean(torch.cat(met))
