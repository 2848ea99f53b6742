"""003, Figures 2 and 4: lengths of the pull and of the push of one negative over the two angles.

As in the paper every θ_ij' of an anchor is the same and 1/‖h_i‖ is left out. The lengths are the
derived ones (`derive.norms`); nothing is drawn at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import torch
from sympy import Expr, Integer
from sympy.core.numbers import Pi

from derive.api import decompose
from derive.nodes import N
from derive.norms import norms
from reports.context import Context
from reports.errors import ReportError
from reports.heatmap import Floats, centres, one_thread
from reports.outputs import Picture
from reports.papers.norms_picture import Drawn, picture
from reports.rows import evaluate_pairs
from train.recipes.listing import known_recipe

NEGATIVES = 64  # 003, §3.2: "under the condition of 64 negative sample size"
CROWDS = (64, 1024, 16384, 262144)  # of L_cl; the paper draws four and names none but the first
RECIPE = "003-table-2"  # whose settings are drawn, as the caption of 003's figures has it


@dataclass(frozen=True)
class Part:
    """What is drawn of a loss. label: as 003 writes it; loss: of the catalogue; recipe: the row of
    Table 2 that its hyper-parameters are from."""

    label: str
    loss: str
    recipe: str


CL = Part("cl", "infonce", "cl")
DCL = Part("dcl", "dcl", "dcl")
DCL_PLUS = Part("dcl+", "dcl_plus", "dcl_plus")
TRIPLETS = (Part("mpt", "mpt", "mpt"), Part("met", "met", "met"), Part("mat", "mat", "mat"))


@dataclass(frozen=True)
class NormMap:
    """values: (θ_ii', θ_ij'), a length times ‖x_i‖, at the centres of equal parts of [0, π];
    negatives: N − 1; hyper: display name → value; assumed: those that no text of 003 states."""

    label: str
    loss: str
    kind: str
    negatives: int
    hyper: dict[str, str]
    assumed: tuple[str, ...]
    values: Floats


def figure_2(context: Context) -> Sequence[Picture]:
    """a: L_cl for four numbers of negatives, L_align, L_dcl; b: the four with dissipation."""
    decoupled = (Part("align", "align", "au"), DCL)
    return _pictures("003-figure-2", "pull", decoupled, context)


def figure_4(context: Context) -> Sequence[Picture]:
    """The same of the push: L_uniform stands for L_align."""
    decoupled = (Part("uniform", "uniform", "au"), DCL)
    return _pictures("003-figure-4", "push", decoupled, context)


def _pictures(name: str, kind: str, decoupled: Sequence[Part], context: Context) -> list[Picture]:
    wanted = [(CL, count) for count in CROWDS] + [(x, NEGATIVES) for x in decoupled]
    gated = [(x, NEGATIVES) for x in (DCL_PLUS, *TRIPLETS)]
    made = []
    for letter, row in (("a", wanted), ("b", gated)):
        maps: list[NormMap] = []
        for part, count in row:
            context.tell(f"{kind} of {part.label}", len(maps), len(row))
            maps.append(norm_map(part, kind, count, context.cells))
        made.append(picture(Drawn(f"{name}-{letter}", kind, tuple(maps))))
    return made


def norm_map(part: Part, kind: str, negatives: int, cells: int) -> NormMap:
    """The length of the pull or of the push of a loss over both angles.

    cells: parts of [0, π]. A scalar of the batch is taken N times, so that, as for a loss of one
    anchor's term, an anchor counts once. Raises `ReportError` where there is no such curve.
    """
    found = known_recipe(f"{RECIPE}-{part.recipe}")
    own = {x.name for x in decompose(part.loss).objective.hyper}
    settings = {name: value for name, value in found.settings.items() if name in own}
    d = decompose(part.loss, **settings)
    derived = norms(d)
    if kind not in derived.curves:
        why = derived.no_curves or "it has no such part"
        raise ReportError(f"{part.loss} has no {kind} at equal angles: {why}. Take another loss.")
    e = derived.curves[kind].value * (N if d.objective.differentiated == "batch" else 1)
    shown = {x.display: _shown(d.objective.defaults(settings)[x.name]) for x in d.objective.hyper}
    assumed = tuple(x.display for x in d.objective.hyper if x.name in found.assumed)
    return NormMap(
        part.label, part.loss, kind, negatives, shown, assumed, evaluate(e, negatives, cells)
    )


def evaluate(e: Expr, negatives: int, cells: int) -> Floats:
    """An expression of θ_ii', θ_ij' and N over both, (cells, cells), θ_ii' first."""
    angles = torch.from_numpy(centres((0, pi), cells))
    pairs = e.xreplace({N: Integer(negatives + 1)})
    with one_thread():
        positive = angles[:, None].expand(cells, cells).clone()
        found: Floats = evaluate_pairs(pairs, positive, angles[:, None], {})[:, :, 0].numpy()
    return found


def _shown(value: Expr) -> str:
    """0.05 as it is set, 3π/20."""
    number = float(value)
    return str(value).replace("*pi", "π").replace("pi", "π") if value.has(Pi) else f"{number:g}"
