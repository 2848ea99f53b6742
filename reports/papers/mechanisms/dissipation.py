"""001, Figure 12a: the same pairs trained with gradient dissipation, and with GD = 1."""

from functools import partial
from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from derive.api import load, modify
from derive.objective import Objective
from reports.heatmap import Floats
from reports.outputs import Data, Picture, Value
from reports.papers.mechanisms.sphere import Sphere, two_spheres
from reports.papers.mechanisms.steps import Path, descend, unit
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.svg import Palette

NAME = "001-figure-12-a"
LOSS = "mpt"
PAIRS = 4
RATE, STEPS = 0.0075, 1000
SPREAD, NOISE = 0.35, 0.25  # of the anchors around (0, 0, 1), of a positive around its anchor
_TITLES = {"one": "GD = 1", "own": "with GD"}


def losses() -> dict[str, Objective]:
    """Without dissipation (the loss with GD replaced by 1), and with its own."""
    return {"one": modify(LOSS, gd="one").objective, "own": load(LOSS)}


def start(seed: int) -> tuple[Tensor, Tensor]:
    """Anchors and positives, (PAIRS, 3) each."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(2, PAIRS, 3, generator=generator, dtype=torch.float64)
    h = unit(SPREAD * noise[0] + torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))
    return h, unit(h + NOISE * noise[1])


def gap(path: Path) -> Floats:
    """Mean over the anchors of (nearest negative's angle − positive's angle), (steps + 1,)."""
    found: Floats = (path.nearest_negatives() - path.positive_angles()).mean(axis=1)
    return found


def cosine_gap(h: Floats, h_prime: Floats) -> Tensor:
    """c_ii' − max_{j≠i} c_ij', (N,): what the gate compares with m."""
    cosines = torch.from_numpy(h @ h_prime.T)
    own = torch.eye(len(cosines), dtype=torch.bool)
    return cosines.diagonal() - cosines.masked_fill(own, -1).amax(dim=1)


def picture(seed: int) -> Picture:
    """Both paths, and the gap over the steps."""
    h, h_prime = start(seed)
    paths = {
        name: descend(loss, h, h_prime, rate=RATE, steps=STEPS) for name, loss in losses().items()
    }
    margin = load(LOSS).defaults()["m"]
    closed = int(cosine_gap(paths["own"].h[-1], paths["own"].h_prime[-1]).ge(float(margin)).sum())
    return Picture(
        name=NAME,
        title="Gradient dissipation: pairs trained without it and with it",
        caption=_caption(paths, seed, str(margin), closed),
        alternative=_alternative(paths),
        settings={
            "loss": LOSS,
            "m": str(margin),
            "pairs": PAIRS,
            "rate": RATE,
            "steps": STEPS,
            "spread": SPREAD,
            "noise": NOISE,
            "seed": seed,
        },
        data=_data(paths),
        draw=partial(_draw, paths),
    )


def _data(paths: dict[str, Path]) -> Data:
    rows: list[tuple[Value, ...]] = []
    for name, path in paths.items():
        for step, value in enumerate(gap(path).tolist()):
            for view, points in (("h", path.h[step]), ("h'", path.h_prime[step])):
                for pair, place in enumerate(points.tolist(), 1):
                    rows.append((_TITLES[name], step, value, view, pair, *place))
    heads = ("gradient", "step", "mean_gap_rad", "view", "pair", "x", "y", "z")
    return Data.of_rows(heads, rows)


def _ends(paths: dict[str, Path]) -> str:
    free, gated = (gap(paths[x])[-1] for x in ("one", "own"))
    return f"{free:.2f} rad with GD = 1, {gated:.2f} rad with GD"


def _caption(paths: dict[str, Path], seed: int, margin: str, closed: int) -> str:
    return (
        f"{PAIRS} anchors (discs) and their positives (diamonds) on the unit sphere, one colour a "
        f"pair, moved by {STEPS:,} gradient steps of {RATE:g} of Σ_i L_i, each followed by "
        f"normalisation; hollow: the start. Left: {LOSS} with its derived gradient dissipation "
        f"replaced by 1; right: {LOSS} itself (m = {margin}). The start is the same: anchors "
        f"normal around one point (σ = {SPREAD:g}), positives normal around them (σ = {NOISE:g}), "
        f"seed {seed}. Below: mean of min_j θ_ij' − θ_ii'. It ends at {_ends(paths)}, where "
        f"{closed} of {PAIRS} gates are closed. Orthographic, circles every 30°; "
        "what is behind the sphere is faint."
    )


def _alternative(paths: dict[str, Path]) -> str:
    return (
        f"Two spheres with the paths of {PAIRS} pairs from one start, without and with gradient "
        "dissipation. The gap between the angles of nearest negative and positive ends at "
        f"{_ends(paths)}."
    )


def _draw(paths: dict[str, Path], palette: "Palette") -> Figure:
    figure, above, below = two_spheres([_TITLES[name] for name in paths], palette)
    for axes, path in zip(above, paths.values(), strict=True):
        _sphere(Sphere(axes, palette, path.h[0].mean(axis=0)), path)
    _gaps(below, paths, palette)
    return figure


def _sphere(sphere: Sphere, path: Path) -> None:
    sphere.draw()
    for pair, colour in zip(range(PAIRS), sphere.palette.series, strict=False):
        for points, marker in ((path.h, "o"), (path.h_prime, "D")):
            sphere.path(points[:, pair], colour, linewidth=1.0)
            sphere.point(points[0, pair], colour, filled=False, marker=marker, markersize=4)
            sphere.point(points[-1, pair], colour, marker=marker, markersize=6)


def _gaps(axes: Axes, paths: dict[str, Path], palette: "Palette") -> None:
    for (name, path), dash in zip(paths.items(), DASHES, strict=False):
        found = gap(path)
        axes.plot(found, color=palette.ink, linestyle=dash, linewidth=1.6)
        axes.annotate(
            _TITLES[name], (STEPS, found[-1]), xytext=(-2, 3), textcoords="offset points",
            fontsize=9.5, ha="right", va="bottom",
        )  # fmt: skip
    axes.set_xlim(0, STEPS)
    axes.margins(y=0.18)
    axes.set_xlabel("gradient step")
    axes.set_ylabel(r"min$_j$ θ$_{ij'}$ − θ$_{ii'}$ [rad]")
    axes.grid(axis="y")
