"""001, Figure 12c: an anchor that moves with a ratio below the bound of Lemma 1, and above it."""

from functools import partial
from math import pi
from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derive.api import modify
from reports.figures import in_pi
from reports.heatmap import Floats
from reports.outputs import Data, Picture, Value
from reports.papers.lemma import Configuration
from reports.papers.mechanisms.sphere import Sphere, two_spheres
from reports.papers.mechanisms.steps import Path, at, descend
from reports.svg import DASHES

if TYPE_CHECKING:
    from reports.svg import Palette

NAME = "001-figure-12-c"
LOSS = "mpt"
MARGIN = "0.8"  # so that the gate stays open
RATIOS = (1.0, 2.0)
THETA, PHI, ALPHA = pi / 6, 2 * pi / 7, pi / 12  # θ_ii', θ_ij', the angle between both planes
RATE, STEPS = 0.02, 50  # the step is λ = RATE: here GD·W = 1
_EYE = (0.25, 0.0, 0.97)


def configuration() -> Configuration:
    """At the start, in the names of the lemma."""
    return Configuration(THETA, PHI, ALPHA, RATE)


def paths() -> dict[float, Path]:
    """By ratio. The anchor alone moves; the second row is there for its negative h'_j."""
    anchor, positive, negative = at(0.0, 0.0), at(THETA, 0.0), at(PHI, ALPHA)
    h, h_prime = torch.stack([anchor, negative]), torch.stack([positive, negative])
    return {
        r: descend(
            modify(LOSS, ratio=f"{r:g}", m=MARGIN).objective, h, h_prime, rate=RATE, steps=STEPS,
            alone=True,
        )
        for r in RATIOS
    }  # fmt: skip


def angles(path: Path) -> Floats:
    """θ_ii' after every step."""
    return path.positive_angles()[:, 0]


def picture(seed: int) -> Picture:
    """Both paths, and the angle over the steps. Nothing depends on the seed."""
    found = paths()
    return Picture(
        name=NAME,
        title="Ratio: below the bound of Lemma 1 the anchor leaves its positive",
        caption=_caption(found),
        alternative=_alternative(found),
        settings={
            "loss": LOSS,
            "m": MARGIN,
            "ratios": ", ".join(f"{r:g}" for r in RATIOS),
            "theta_pos": in_pi(THETA),
            "theta_neg": in_pi(PHI),
            "alpha": in_pi(ALPHA),
            "lambda": RATE,
            "steps": STEPS,
            "seed": None,
        },
        data=_data(found),
        draw=partial(_draw, found),
    )


def _data(found: dict[float, Path]) -> Data:
    rows: list[tuple[Value, ...]] = []
    for r, path in found.items():
        fixed = (("h'_i", path.h_prime[0, 0]), ("h'_j", path.h_prime[0, 1]))
        rows += [(r, name, None, *place.tolist(), None) for name, place in fixed]
        for step, (place, angle) in enumerate(zip(path.h[:, 0], angles(path), strict=True)):
            rows.append((r, "h_i", step, *place.tolist(), float(angle)))
    heads = ("r", "what", "step", "x", "y", "z", "theta_pos_rad")
    return Data.of_rows(heads, rows)


def _ends(found: dict[float, Path]) -> str:
    ends = [f"{angles(x)[0]:.3f} to {angles(x)[-1]:.3f} rad at r = {r:g}" for r, x in found.items()]
    return " and from ".join(ends)


def _caption(found: dict[float, Path]) -> str:
    start = configuration()
    return (
        f"{STEPS} gradient steps (λ = {RATE:g}, each followed by normalisation) of an anchor by "
        f"{LOSS} with its ratio replaced by r, m = {MARGIN}; positive and negative stay. It starts "
        f"at θ_ii' = {in_pi(THETA)}, θ_ij' = {in_pi(PHI)}, and {in_pi(ALPHA)} between the planes "
        f"of both. There Lemma 1 asks for r > {start.printed:.3f} (and r < "
        f"{start.bounds[1]:.1f}; exact on the sphere: r > {start.sphere:.3f}). θ_ii' goes from "
        f"{_ends(found)}. Solid: the path; dotted: the geodesics to the positive, before and "
        "after. Orthographic, circles every 30°. Nothing is drawn at random."
    )


def _alternative(found: dict[float, Path]) -> str:
    return (
        "Two spheres with an anchor between its positive and a negative beyond it. The "
        f"angle to the positive goes from {_ends(found)}."
    )


def _draw(found: dict[float, Path], palette: "Palette") -> Figure:
    figure, above, below = two_spheres([_title(r) for r in found], palette)
    for axes, path in zip(above, found.values(), strict=True):
        _sphere(Sphere(axes, palette, _EYE), path)
    _curves(below, found, palette)
    return figure


def _title(r: float) -> str:
    bound = configuration().printed
    return f"r = {r:g}: {'below' if r < bound else 'above'} the bound, {bound:.2f}"


def _sphere(sphere: Sphere, path: Path) -> None:
    sphere.draw()
    ink, pull, push = sphere.palette.ink, sphere.palette.series[2], sphere.palette.series[1]
    positive, negative = path.h_prime[0]
    first, last = path.h[0, 0], path.h[-1, 0]
    for start in (first, last):
        sphere.arc(start, positive, pull, linewidth=1.0, linestyle=(0, (1, 1.5)))
    sphere.path(path.h[:, 0], ink, linewidth=1.8)
    sphere.point(first, ink, filled=False)
    sphere.point(last, ink)
    sphere.point(positive, pull, marker="D")
    sphere.point(negative, push)
    sphere.say("h$_i$, before", first, (2, 11), ink)
    sphere.say("after", last, (2, -11), ink)
    sphere.say("h'$_i$", positive, (6, -7), pull)
    sphere.say("h'$_j$", negative, (7, 6), push)


def _curves(axes: Axes, found: dict[float, Path], palette: "Palette") -> None:
    for (r, path), dash in zip(found.items(), DASHES, strict=False):
        angle = angles(path)
        axes.plot(angle, color=palette.ink, linestyle=dash, linewidth=1.6, markersize=4, marker=".")
        away = angle[-1] > THETA
        axes.annotate(
            f"r = {r:g}", (STEPS, angle[-1]), xytext=(-10, 6 if away else -6), fontsize=9.5,
            textcoords="offset points", ha="right", va="bottom" if away else "top",
        )  # fmt: skip
    axes.axhline(THETA, color=palette.ink, linewidth=0.8)
    axes.set_xlim(0, STEPS)
    axes.margins(y=0.25)
    axes.set_xlabel("gradient step")
    axes.set_ylabel(r"θ$_{ii'}$ [rad]")
    axes.grid(axis="y")
