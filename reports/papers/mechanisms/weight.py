"""001, Figure 12b: what each negative adds to the step of an anchor, with equal weights and with
those of InfoNCE."""

from dataclasses import dataclass
from functools import partial
from math import pi
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derive.api import decompose, modify
from derive.nodes import H_PRIME
from derive.paradigm import Decomposition, revealed
from reports.figures import in_pi
from reports.heatmap import Floats, numbers, shown_hyper
from reports.heatmap import Settings as Simulation
from reports.outputs import Data, Picture, Value
from reports.papers.mean_angles import values
from reports.papers.mechanisms.sphere import Sphere, directions, two_spheres
from reports.rows import evaluate_pairs

if TYPE_CHECKING:
    from reports.svg import Palette

NAME = "001-figure-12-b"
LOSS = "infonce"
POSITIVE = pi / 6  # θ_ii'
HARDEST = (pi / 7, 5 * pi / 4)  # angle from the anchor and azimuth of the nearest negative
OTHERS = 6
FAR = (pi / 4, 5 * pi / 12)  # the angles of the others are uniform on it
SECTOR = (-pi / 3, pi / 2)  # and their azimuths
_LONGER = 1.5  # arrows, than the pushes: seven of them share a length of 1
_ANCHOR = np.array([0.0, 0.0, 1.0])
_TITLES = {"uniform": "equal weights", "own": "weights of InfoNCE"}


@dataclass(frozen=True)
class Pushes:
    """weight: a_ij / Σ_k a_ik, (n,); push: what negative j adds, on the tangent plane, (n, 3)."""

    weight: Floats
    push: Floats

    @property
    def whole(self) -> Floats:
        return self.push.sum(axis=0)


def negatives(seed: int) -> Floats:
    """The nearest first, then the others by angle; (n, 3)."""
    generator = np.random.default_rng(seed)
    angles = np.sort(generator.uniform(*FAR, OTHERS))
    azimuths = generator.permutation(np.linspace(*SECTOR, OTHERS))
    return np.vstack([directions(*HARDEST)[None], directions(angles, azimuths)])


def decompositions() -> dict[str, Decomposition]:
    """The loss with W replaced by equal weights, and the loss."""
    return {"uniform": modify(LOSS, weight="uniform").decomposition, "own": decompose(LOSS)}


def pushes(d: Decomposition, points: Floats) -> Pushes:
    """−a_ij (n_j − ⟨n_j, h_i⟩ h_i) / Σ_k a_ik, from the derived a_ij."""
    cosines = points @ _ANCHOR
    e = revealed(d.coefficients.push[H_PRIME])
    found = evaluate_pairs(
        e, torch.full((1, 1), POSITIVE, dtype=torch.float64),
        torch.from_numpy(np.arccos(cosines))[None], numbers(d, Simulation(negatives=len(points))),
    )[0, 0].numpy()  # fmt: skip
    weight = found / found.sum()
    return Pushes(weight, -weight[:, None] * (points - cosines[:, None] * _ANCHOR))


def picture(seed: int) -> Picture:
    """Both sets of arrows, and their lengths."""
    points = negatives(seed)
    d = decompositions()
    found = {name: pushes(x, points) for name, x in d.items()}
    hyper = values(shown_hyper(d["own"], d["own"].weight[H_PRIME]))
    return Picture(
        name=NAME,
        title="Weight: what each negative adds to the step of an anchor",
        caption=_caption(found, seed, hyper),
        alternative=_alternative(found),
        settings={
            "loss": LOSS,
            "hyper-parameters": hyper,
            "theta_pos": in_pi(POSITIVE),
            "hardest_angle": in_pi(HARDEST[0]),
            "others": OTHERS,
            "other_angles": f"[{in_pi(FAR[0])}, {in_pi(FAR[1])}]",
            "seed": seed,
        },
        data=_data(points, found),
        draw=partial(_draw, points, found),
    )


def _data(points: Floats, found: dict[str, Pushes]) -> Data:
    rows: list[tuple[Value, ...]] = []
    for name, x in found.items():
        for k, (place, weight, push) in enumerate(zip(points, x.weight, x.push, strict=True), 1):
            angle = float(np.arccos(place @ _ANCHOR))
            rows.append((_TITLES[name], k, angle, *place.tolist(), float(weight), *push.tolist()))
    heads = ("weights", "negative", "theta_rad", "x", "y", "z", "weight", "push_x", "push_y",
             "push_z")  # fmt: skip
    return Data.of_rows(heads, rows)


def _shares(x: Pushes) -> Floats:
    """The length of each push in shares of their sum."""
    lengths = np.linalg.norm(x.push, axis=1)
    found: Floats = lengths / lengths.sum()
    return found


def _said(found: dict[str, Pushes]) -> str:
    equal, own = (_shares(found[name])[0] for name in ("uniform", "own"))
    return f"{equal:.0%} of the summed lengths with equal weights, {own:.0%} with those of InfoNCE"


def _caption(found: dict[str, Pushes], seed: int, hyper: str) -> str:
    count = OTHERS + 1
    return (
        f"What each of {count} negatives adds to the step of an anchor (black dot), projected on "
        "its tangent plane: −a_ij (n_j − cos θ_ij' h_i), in units of Σ_k a_ik, with the derived "
        f"a_ij; arrows {_LONGER:g} times as long. Left: {LOSS} with its weight replaced by "
        f"1/(N − 1); right: {LOSS} ({hyper}). The hardest negative, 1, is at "
        f"{in_pi(HARDEST[0])} from the anchor, the others at angles uniform on "
        f"[{in_pi(FAR[0])}, {in_pi(FAR[1])}], seed {seed}; θ_ii' = {in_pi(POSITIVE)}. "
        "Thick arrow: their sum; the pull is not drawn. Below: length of each arrow, in shares of "
        f"the summed lengths. The hardest has {_said(found)}. Orthographic, circles every 30°."
    )


def _alternative(found: dict[str, Pushes]) -> str:
    equal, own = (_apart(found[name]) for name in ("uniform", "own"))
    return (
        "Two spheres with an anchor, its negatives and the push of each on the anchor. The push of "
        f"the hardest negative has {_said(found)}. The sum of all pushes is {equal:.2f} rad from "
        f"the direction of that one with equal weights, and {own:.2f} rad with those of InfoNCE."
    )


def _apart(x: Pushes) -> float:
    """The angle between the sum and the push of the hardest."""
    lengths = np.linalg.norm(x.whole) * np.linalg.norm(x.push[0])
    return float(np.arccos(np.clip(x.whole @ x.push[0] / lengths, -1, 1)))


def _draw(points: Floats, found: dict[str, Pushes], palette: "Palette") -> Figure:
    figure, above, below = two_spheres([_TITLES[name] for name in found], palette)
    for axes, x in zip(above, found.values(), strict=True):
        _sphere(Sphere(axes, palette, _ANCHOR + points.mean(axis=0)), points, x)
    _bars(below, found, palette)
    return figure


def _sphere(sphere: Sphere, points: Floats, x: Pushes) -> None:
    sphere.draw()
    hard, soft = sphere.palette.series[1], sphere.palette.series[0]
    sphere.arrow(_ANCHOR, _ANCHOR + _LONGER * x.whole, sphere.palette.ink, 3.0)
    for k, (place, push) in enumerate(zip(points, x.push, strict=True)):
        colour = hard if k == 0 else soft
        sphere.arc(_ANCHOR, place, colour, linewidth=0.7, linestyle=(0, (2, 2)))
        sphere.point(place, colour)
        sphere.say(str(k + 1), place, (6, 3), colour)
        sphere.arrow(_ANCHOR, _ANCHOR + _LONGER * push, colour)
    sphere.point(_ANCHOR, sphere.palette.ink)


def _bars(axes: Axes, found: dict[str, Pushes], palette: "Palette") -> None:
    for side, (name, x) in enumerate(found.items()):
        shares = _shares(x)
        at = np.arange(1, len(shares) + 1) + 0.4 * side - 0.2
        colours = [palette.series[1] if k == 0 else palette.series[0] for k in range(len(shares))]
        axes.bar(
            at, shares, 0.36, edgecolor=colours, linewidth=1.2, label=_TITLES[name],
            color=colours if side else "none",
        )  # fmt: skip
    axes.set_xticks(range(1, OTHERS + 2))
    axes.set_xlabel("negative, from the hardest on (hollow: equal weights; filled: InfoNCE)")
    axes.set_ylabel("share of the length")
    axes.set_ylim(0, 1)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
