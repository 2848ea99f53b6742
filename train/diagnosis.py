"""Which component of a loss's decomposition broke down: GD, W or R, and of which anchors.

∂L/∂h_i = GD_i Σ_j W_ij (n_j − R_i h′_i) + … (arXiv 2402.18281, §3), from the derived parts on the
batch at hand, in float64: what is finite there needs more digits or more range than float32 has.
Computed after a failure only; nothing is derived before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from derive.errors import ContragradError
from derive.objective import Objective
from derive.sources import find
from train.breakdown import rows

if TYPE_CHECKING:
    from train.measuring.components import Parts


@dataclass(frozen=True)
class Diagnosis:
    """Called with the embeddings of a batch; says in a sentence what of the loss is not finite."""

    loss: str | Objective
    settings: Mapping[str, Any]
    shared: bool = False  # the batch lies on several processes, and here are only its own rows

    def __call__(self, views: Sequence[Tensor]) -> str:
        """views: anchors and positives, (N, D) each, finite and not zero."""
        if len(views) != 2:
            return "Its components are not computed with hard negatives."
        if self.shared:
            return "Its components are not computed on one process's share of the batch."
        from train.measuring.components import Components

        objective = find(self.loss) if isinstance(self.loss, str) else self.loss
        if objective.inputs:
            return f"Its components are not computed with {', '.join(objective.inputs)}."
        try:
            components = Components.of(objective, self.settings)
        except ContragradError as error:
            return f"It has no decomposition that could say where: {error}"
        h, h_prime = (view.detach().double().cpu() for view in views)
        if objective.embeddings != "raw":
            h, h_prime = functional.normalize(h), functional.normalize(h_prime)
        return in_words(not_finite(components.at(h, h_prime)))


def not_finite(parts: "Parts") -> dict[str, Tensor]:
    """Component → the anchors, (N,) booleans, where it is not finite; those that have some.

    Where GD_i is 0 no negative is active, and W and R need not exist.
    """
    active = torch.ones(len(parts.push), dtype=torch.bool)
    if parts.dissipation is not None:
        active = parts.dissipation != 0
    found = {
        "the gradient dissipation GD": bad_rows(parts.dissipation),
        "the weight W": bad_rows(parts.hardest, active),
        "the ratio R": bad_rows(parts.ratio, active),
    }
    found = {name: where for name, where in found.items() if where.any()}
    if found:
        return found  # the sums below hold them
    sums = {
        "the push": bad_rows(parts.push),
        "the pull": bad_rows(parts.pull),
        "the rest of the gradient": bad_rows(parts.rest),
    }
    return {name: where for name, where in sums.items() if where.any()}


def bad_rows(value: Tensor | None, among: Tensor | None = None) -> Tensor:
    """(N,) booleans: rows of (N,) or (N, D) that are not finite, of those `among`."""
    if value is None:
        return torch.zeros(1, dtype=torch.bool)
    bad = ~value.isfinite().reshape(len(value), -1).all(1)
    return bad if among is None else bad & among


def in_words(bad: Mapping[str, Tensor]) -> str:
    """A sentence; bad: of `not_finite`."""
    if not bad:
        return (
            "In float64 every component (GD, W, R) is finite on this batch: float32 has too few "
            "digits or too small a range for it, or only the loss's value breaks down."
        )
    named = [f"{name} (anchors: {rows(where)})" for name, where in bad.items()]
    return f"In float64 it is {', '.join(named)} that is not finite on this batch."
