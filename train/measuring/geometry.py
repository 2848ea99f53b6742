"""Where the embeddings lie on the sphere: angles, distances, and the three losses of 003.

Everything here is independent of the loss that is trained. All in float64.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.linalg import vector_norm

# 001 Figure 7 draws the share of the hardest negative against the temperature.
TEMPERATURES = (0.01, 0.03, 0.05, 0.1, 0.3, 1.0, 3.0)
ALPHA, T, TAU = 2.0, 2.0, 0.05  # of L_align, L_uniform and L_cl (003, Section 3; SimCSE's τ)


def unit(x: Tensor) -> Tensor:
    """Each row divided by its norm, float64."""
    rows = x.detach().double()
    return rows / vector_norm(rows, dim=1, keepdim=True)


@dataclass(frozen=True)
class Geometry:
    """One batch. h, h_prime: (N, D), unit rows, float64, N ≥ 2; the positive of h_i is h'_i."""

    h: Tensor
    h_prime: Tensor
    cosines: Tensor  # (N, N): ⟨h_i, h'_j⟩
    others: Tensor  # (N, N), bool: j ≠ i

    @classmethod
    def of(cls, h: Tensor, h_prime: Tensor) -> "Geometry":
        """h, h_prime: (N, D), unit rows, float64."""
        return cls(h, h_prime, cosines_between(h, h_prime), others(len(h)))

    @property
    def positive_angles(self) -> Tensor:
        """(N,): θ_ii' = 2 asin(‖h_i − h'_i‖/2), exact for small angles too."""
        return 2 * (self.positive_distances / 2).clamp(max=1).asin()

    @property
    def angles(self) -> Tensor:
        """(N, N): θ_ij', from the cosine: exact to 2·10⁻⁸ near 0 and π."""
        return self.cosines.clamp(-1, 1).acos()

    @property
    def negative_angles(self) -> Tensor:
        """(N (N − 1),): θ_ij' of every j ≠ i."""
        return self.angles[self.others]

    @property
    def positive_distances(self) -> Tensor:
        """(N,): ‖h_i − h'_i‖."""
        return vector_norm(self.h - self.h_prime, dim=1)

    @property
    def distances(self) -> Tensor:
        """(N, N): ‖h_i − h'_j‖."""
        return (2 - 2 * self.cosines).clamp(min=0).sqrt()

    def mean_gap(self) -> Tensor:
        """(N,): the mean over j ≠ i of ‖h_i − h'_j‖, less ‖h_i − h'_i‖ (003, Figure 3's d_ij)."""
        total = self.distances.masked_fill(~self.others, 0).sum(dim=1)
        return total / (len(self.h) - 1) - self.positive_distances

    def nearest_gap(self) -> Tensor:
        """(N,): min over j ≠ i of ‖h_i − h'_j‖, less ‖h_i − h'_i‖.

        003's text (§4.3) defines d_ij so, but for the sign; its Figure 3 draws `mean_gap`.
        """
        nearest = self.distances.masked_fill(~self.others, torch.inf).amin(dim=1)
        return nearest - self.positive_distances

    def alignment(self) -> Tensor:
        """L_align = mean ‖h_i − h'_i‖^α (003 Eq. 3), α = 2."""
        return self.positive_distances.pow(ALPHA).mean()

    def uniformity(self) -> Tensor:
        """L_uniform = log mean_{i, j≠i} e^(−t ‖h_i − h'_j‖²) (003 Eq. 4), t = 2."""
        n = len(self.h)
        exponents = -T * (2 - 2 * self.cosines[self.others])
        return exponents.logsumexp(dim=0) - torch.tensor(float(n * (n - 1))).double().log()

    def contrastive(self) -> Tensor:
        """L_cl = mean_i of InfoNCE (003 Eq. 1), τ = .05."""
        scores = self.cosines / TAU
        return (scores.logsumexp(dim=1) - scores.diagonal()).mean()

    def hardest_share(self, temperature: float) -> Tensor:
        """(N,): max_j W_ij of W_ij = e^(c_ij'/τ)/Σ_{k≠i} e^(c_ik'/τ) (001, Figures 3 and 7)."""
        scores = (self.cosines / temperature).masked_fill(~self.others, -torch.inf)
        return (scores.amax(dim=1) - scores.logsumexp(dim=1)).exp()


def cosines_between(h: Tensor, h_prime: Tensor) -> Tensor:
    """(N, N): ⟨h_i, h'_j⟩, the anchor by rows."""
    return h @ h_prime.T


def others(n: int) -> Tensor:
    """(n, n), bool: j ≠ i."""
    return ~torch.eye(n, dtype=torch.bool)
