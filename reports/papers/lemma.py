"""001, Figure 11: the construction behind Lemma 1, from computed points.

On the anchor's tangent plane, where the paper proves the lemma, the anchor is the origin, the
positive P = sin θ_ii' (1, 0), the negative Q = sin θ_ij' (cos α, sin α), and the anchor moves to
λ(rP − Q). Both bounds of r are those that `verify claims` derives, and so is the bound that is
exact on the sphere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np
from sympy import Expr, lambdify

from reports.context import Context
from reports.heatmap import Floats
from reports.outputs import Picture
from reports.papers.lemma_picture import picture
from verify.claims.p001 import lemma_1, lemma_1_exact, lemma_1_proof

STEPS = (0.5, 1.0)  # λ of the two columns: the two situations of the paper's proof
ANGLES = (pi / 6, pi / 3, pi / 6)  # θ_ii', θ_ij', α
_BEYOND = 0.3  # of the interval: how far r is drawn beyond either bound


@dataclass(frozen=True)
class Configuration:
    """θ = θ_ii', φ = θ_ij' and the dihedral angle α, in radians, and λ > 0."""

    theta: float
    phi: float
    alpha: float
    step: float

    @cached_property
    def positive(self) -> Floats:
        """P, (2,)."""
        return np.array([np.sin(self.theta), 0.0])

    @cached_property
    def negative(self) -> Floats:
        """Q, (2,)."""
        return np.sin(self.phi) * np.array([np.cos(self.alpha), np.sin(self.alpha)])

    def moved(self, r: float | Floats) -> Floats:
        """λ(rP − Q): where the anchor is on the plane afterwards, (…, 2)."""
        return self.step * (np.multiply.outer(r, self.positive) - self.negative)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The ratios at which the distance on the plane stays: the paper's, and the second."""
        values = (self.step, np.sin(self.theta), np.sin(self.phi), self.alpha)
        names = (lemma_1.LAM, lemma_1.S, lemma_1.T, lemma_1.ALPHA)
        low, high = (float(lambdify(names, x)(*values)) for x in lemma_1.roots())
        return low, high

    @cached_property
    def printed(self) -> float:
        """The bound of Lemma 1 as it is printed."""
        return self._at(lemma_1_proof.BOUND)

    @cached_property
    def sphere(self) -> float:
        """The only bound on the sphere, where the anchor moves by λ(rh' − h_j')."""
        return self._at(lemma_1_exact.EXACT)

    def _at(self, e: Expr) -> float:
        names = (lemma_1_proof.THETA, lemma_1_proof.PHI, lemma_1_proof.ALPHA, lemma_1_proof.LAM)
        return float(lambdify(names, e)(self.theta, self.phi, self.alpha, self.step))

    @property
    def situation(self) -> int:
        """Of the proof's two: which of x₁ and x₂ is positive."""
        return 1 if self._at(lemma_1_proof.X_1) > 0 else 2

    def plane_change(self, r: Floats) -> Floats:
        """New distance to the positive less the old one, on the plane; as `r`."""
        found: Floats = np.linalg.norm(self.moved(r) - self.positive, axis=-1)
        return found - np.sin(self.theta)

    def sphere_change(self, r: Floats) -> Floats:
        """The same of the chords, after the move in space and back to the unit sphere."""
        angles = {lemma_1_proof.THETA: self.theta, lemma_1_proof.PHI: self.phi}
        values = {**angles, lemma_1_proof.ALPHA: self.alpha}
        h, positive, negative = (
            np.array(x.subs(values).evalf(), dtype=float).ravel()
            for x in (lemma_1_proof.H, lemma_1_proof.POSITIVE, lemma_1_proof.NEGATIVE)
        )
        moved = h + self.step * (np.multiply.outer(r, positive) - negative)
        moved /= np.linalg.norm(moved, axis=-1, keepdims=True)
        after: Floats = np.linalg.norm(moved - positive, axis=-1)
        return after - float(np.linalg.norm(h - positive))


@dataclass(frozen=True)
class Curves:
    """The changes of distance over r, all (cells,)."""

    at: Configuration
    r: Floats
    plane: Floats
    sphere: Floats


def figure_11(context: Context) -> Sequence[Picture]:
    """A column a λ: the construction, and the change of distance over r."""
    found = [curves(Configuration(*ANGLES, step), context.cells) for step in STEPS]
    return [picture(found)]


def curves(at: Configuration, cells: int) -> Curves:
    """Over an interval that holds every bound."""
    low, high = min(at.bounds[0], at.sphere), max(at.bounds[1], at.sphere)
    margin = _BEYOND * (high - low)
    r = np.linspace(low - margin, high + margin, cells)
    return Curves(at, r, at.plane_change(r), at.sphere_change(r))
