"""004: the pairwise importance α_ij of one anchor's negatives against their distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sympy import Expr

from derive.alpha import alpha_view
from derive.api import decompose
from derive.nodes import ANCHOR, H_PRIME, H, Inner
from derive.objectives import names
from derive.paradigm import Decomposition
from reports.context import Context
from reports.errors import ReportError
from reports.heatmap import Floats, centres, numbers, shown_hyper
from reports.heatmap import Settings as Simulation
from reports.outputs import Picture
from reports.papers.alpha_picture import picture
from reports.row_forms import obstacle, without_names
from reports.rows import evaluate_pairs

FAMILY = "alpha_"  # how the names of its members begin
POSITIVES = (0.3, 0.9, 1.5)  # ‖h_i − h'_i‖
NEGATIVES = 127
DISTANCES = (0.0, 2.0)  # of unit vectors


@dataclass(frozen=True)
class Importance:
    """alpha: (positives, negatives), one row a distance of the positive, one column one of the
    negative; in_family: whether ∇L = −∇E_α was proved; normalised: whether Σ_j α_ij is the same for
    every batch; of_positive: whether α_ij contains the positive's cosine."""

    loss: str
    title: str
    hyper: dict[str, str]
    in_family: bool
    normalised: bool
    of_positive: bool
    alpha: Floats


def figure(context: Context) -> Sequence[Picture]:
    """A panel a member of the catalogue."""
    members = [x for x in names() if x.startswith(FAMILY)]
    found = []
    for done, name in enumerate(members, 1):
        found.append(importance(name))
        context.tell(name, done, len(members))
    return [picture(found, POSITIVES, distances())]


def distances() -> Floats:
    """‖h_i − h_j‖ of the negatives: the centres of equal parts of [0, 2]."""
    return centres(DISTANCES, NEGATIVES)


def importance(loss: str) -> Importance:
    """α_ij of a loss as derived, at every distance of the positive.

    Raises `ReportError` for a loss with two pools, or with an α that the anchor's own angles do
    not determine.
    """
    d = decompose(loss)
    view = alpha_view(d)
    e = of_one_row(d)
    positive, negative = angles(np.array(POSITIVES)), angles(distances())
    values = numbers(d, Simulation(negatives=NEGATIVES))
    found: Floats = evaluate_pairs(e, positive[:, None], negative[None], values)[:, 0].numpy()
    return Importance(
        loss=loss,
        title=d.objective.title,
        hyper=shown_hyper(d, e),
        in_family=view.in_family,
        normalised=view.normalised,
        of_positive=any(x.args[3] == ANCHOR for x in e.atoms(Inner)),
        alpha=found,
    )


def of_one_row(d: Decomposition) -> Expr:
    """α_ij with the negatives' cosines as those of the other view: one row's angles either way."""
    parts = list(alpha_view(d).importance.values())
    if len(parts) != 1:
        raise ReportError(
            f"{d.objective.name} has {len(parts)} pools of negatives, and one curve is drawn. "
            "Choose a loss with one pool."
        )
    e = without_names(parts[0])
    rows = {x: Inner(H, x.args[1], H_PRIME, x.args[3]) for x in e.atoms(Inner) if x.args[2] == H}
    e = e.xreplace(rows)
    why = obstacle(e)
    if why:
        raise ReportError(f"{d.objective.name} has no curve of α: {why}. Choose another loss.")
    return e


def angles(chords: Floats) -> torch.Tensor:
    """The angle of unit vectors at a distance."""
    return torch.from_numpy(2 * np.arcsin(chords / 2))
