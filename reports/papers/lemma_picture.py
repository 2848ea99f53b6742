"""The picture of 001, Figure 11, from its points and curves."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from reports.figures import in_pi
from reports.heatmap import Floats
from reports.outputs import Data, Picture, Value

if TYPE_CHECKING:
    from reports.papers.lemma import Configuration, Curves
    from reports.svg import Palette

_ORIGIN = np.zeros(2)
_FOOT = -0.66  # where the bounds are named, below the circles


def picture(columns: "Sequence[Curves]") -> Picture:
    """A column a step length."""
    at = columns[0].at
    return Picture(
        name="001-figure-11",
        title="Lemma 1: the ratios that bring the anchor closer to its positive",
        caption=_caption(columns),
        alternative=_alternative(columns),
        settings={
            "theta_pos": in_pi(at.theta),
            "theta_neg": in_pi(at.phi),
            "alpha": in_pi(at.alpha),
            "lambda": ", ".join(f"{x.at.step:g}" for x in columns),
            "cells": len(columns[0].r),
            "seed": None,
        },
        data=_data(columns),
        draw=partial(_draw, columns),
    )


def _data(columns: "Sequence[Curves]") -> Data:
    """The points of the plane, then the curves."""
    rows: list[tuple[Value, ...]] = []
    for x in columns:
        for name, r, point in points(x.at):
            rows.append((x.at.step, name, r, float(point[0]), float(point[1]), None, None))
        for r, plane, sphere in zip(x.r, x.plane, x.sphere, strict=True):
            rows.append((x.at.step, "curve", float(r), None, None, float(plane), float(sphere)))
        rows.append((x.at.step, "bound on the sphere", x.at.sphere, None, None, None, None))
    heads = ("lambda", "what", "r", "x", "y", "change_on_plane", "change_on_sphere")
    return Data.of_rows(heads, rows)


def points(at: "Configuration") -> list[tuple[str, float | None, Floats]]:
    """Every point of the construction: name, ratio (None: of no ratio), place on the plane."""
    low, high = at.bounds
    return [
        ("h_i", None, _ORIGIN),
        ("h'_i", None, at.positive),
        ("h'_j", None, at.negative),
        ("c", 0.0, at.moved(0.0)),
        ("first bound", low, at.moved(low)),
        ("between", (low + high) / 2, at.moved((low + high) / 2)),
        ("second bound", high, at.moved(high)),
    ]


def _caption(columns: "Sequence[Curves]") -> str:
    at = columns[0].at
    said = " ".join(
        f"λ = {x.at.step:g} (situation {x.at.situation} of the proof): {x.at.bounds[0]:.3f} < r < "
        f"{x.at.bounds[1]:.3f} on the plane, r > {x.at.sphere:.3f} on the sphere." for x in columns
    )  # fmt: skip
    return (
        f"Lemma 1 at θ_ii' = {in_pi(at.theta)}, θ_ij' = {in_pi(at.phi)}, α = {in_pi(at.alpha)} "
        "rad. Top: the anchor's tangent plane, where the paper proves the lemma. −λh'_j takes the "
        "anchor h_i to c, and λ r h'_i along the line from there; it is closer to h'_i than before "
        "inside the circle, between both bounds (dots, with their r; the arrow ends midway). The "
        "paper prints the first. Bottom: how the distance to h'_i changes with r, on the plane "
        "(shaded: closer), and on the sphere (chord; the move by λ(r h'_i − h'_j), then back to "
        f"length 1), where there is one exact bound (square). {said} The bounds are those that "
        "verify claims derives; nothing is drawn at random."
    )


def _alternative(columns: "Sequence[Curves]") -> str:
    said = "; ".join(
        f"for λ = {x.at.step:g} between r = {x.at.bounds[0]:.2f} and {x.at.bounds[1]:.2f}"
        for x in columns
    )
    return (
        "Anchor, positive, negative and the line of steps on the tangent plane, with a circle "
        "around the positive through the anchor; below, the change of distance against r. On the "
        f"plane the anchor comes closer {said}; on the sphere above one bound."
    )


def _draw(columns: "Sequence[Curves]", palette: "Palette") -> Figure:
    figure = Figure(figsize=(6.4, 4.7), layout="constrained")
    grid = figure.subplots(2, len(columns), gridspec_kw={"height_ratios": [1, 1.1]})
    for column, x in enumerate(columns):
        _plane(grid[0, column], x.at, palette)
        _change(grid[1, column], x, palette)
        grid[0, column].set_title(f"λ = {x.at.step:g}", fontsize=10, color=palette.ink)
    grid[0, 0].set_ylabel("on the tangent plane")
    grid[1, 0].set_ylabel("change of the distance to h'$_i$")
    return figure


def _plane(axes: Axes, at: "Configuration", palette: "Palette") -> None:
    good, bad, line = palette.series[2], palette.series[1], palette.series[0]
    place = {name: point for name, _, point in points(at)}
    low, high, c = place["first bound"], place["second bound"], place["c"]
    centre, radius = _pair(at.positive), float(np.linalg.norm(at.positive))
    axes.add_patch(Circle(centre, radius, facecolor=good, alpha=0.13))
    axes.add_patch(Circle(centre, radius, fill=False, edgecolor=good, linewidth=1.2))
    beyond = high + 0.3 * (high - low)
    axes.plot(*zip(c, beyond, strict=True), color=palette.ink, lw=0.9, linestyle=(0, (4, 2)))
    axes.plot(*zip(low, high, strict=True), color=good, linewidth=2.4)
    for start, end, colour in (
        (_ORIGIN, at.positive, good), (_ORIGIN, at.negative, bad), (_ORIGIN, c, line),
        (c, place["between"], line),
    ):  # fmt: skip
        axes.annotate("", _pair(end), _pair(start), arrowprops=_arrow(colour))
    axes.plot(0, 0, "o", color=palette.ink, markersize=5)
    _name_bounds(axes, at, palette)
    _say(axes, "h$_i$", _ORIGIN, (-4, 5), palette.ink, "right")
    _say(axes, "h'$_i$", at.positive, (6, 0), good, "left")
    _say(axes, "h'$_j$", at.negative, (6, 2), bad, "left")
    _say(axes, "c = −λh'$_j$", c, (2, -5), line, "right")
    _say(axes, "λrh'$_i$", c, (8, -5), line, "left")
    axes.set_aspect("equal")
    axes.set(xlim=(-1.3, 1.25), ylim=(-0.85, 0.6), xticks=[-1, 0, 1], yticks=[-0.5, 0, 0.5])
    axes.grid()


def _name_bounds(axes: Axes, at: "Configuration", palette: "Palette") -> None:
    for r, across in zip(at.bounds, (0.0, 0.95), strict=True):
        end = _pair(at.moved(r))
        axes.plot(*end, "o", color=palette.ink, markersize=5)
        axes.annotate(
            f"r = {r:.2f}", end, xytext=(across, _FOOT), color=palette.ink, fontsize=9,
            ha="center", va="top", arrowprops={"arrowstyle": "-", "color": palette.ink, "lw": 0.7},
        )  # fmt: skip


def _pair(point: Floats) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _arrow(colour: str) -> dict[str, object]:
    return {"arrowstyle": "-|>", "color": colour, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}


def _say(
    axes: Axes, text: str, at: Floats, offset: tuple[float, float], colour: str,
    side: str = "center",
) -> None:  # fmt: skip
    axes.annotate(
        text, _pair(at), xytext=offset, textcoords="offset points", color=colour, fontsize=9,
        ha=side, va="center" if offset[1] == 0 else "top" if offset[1] < 0 else "bottom",
    )  # fmt: skip


def _change(axes: Axes, x: "Curves", palette: "Palette") -> None:
    plane, sphere = palette.series[0], palette.series[1]
    axes.axhline(0, color=palette.ink, linewidth=0.8)
    axes.axvspan(*x.at.bounds, color=palette.series[2], alpha=0.13, linewidth=0)
    axes.plot(x.r, x.plane, color=plane, linewidth=1.6)
    axes.plot(x.r, x.sphere, color=sphere, linewidth=1.6, linestyle=(0, (5, 2)))
    axes.plot(x.at.bounds, [0, 0], "o", color=plane, markersize=5)
    axes.plot([x.at.sphere], [0], "s", color=sphere, markersize=5)
    low, high = x.at.bounds
    for value, offset, colour in (
        (low, (5, 3), plane), (high, (-5, 3), plane), (x.at.sphere, (-5, -3), sphere),
    ):  # fmt: skip
        _say(axes, f"{value:.2f}", np.array([value, 0]), offset, colour,
             "left" if offset[0] > 0 else "right")  # fmt: skip
    last = len(x.r) * 4 // 5
    _say(axes, "plane", np.array([x.r[0], x.plane[0]]), (12, 3), plane, "left")
    _say(axes, "sphere", np.array([x.r[last], x.sphere[last]]), (0, -5), sphere)
    axes.annotate(
        "closer", ((low + high) / 2, 1), xycoords=("data", "axes fraction"),
        xytext=(0, -4), textcoords="offset points", color=palette.series[2], fontsize=9,
        ha="center", va="top",
    )  # fmt: skip
    axes.margins(y=0.14)
    axes.set_xlim(x.r[0], x.r[-1])
    axes.set_xlabel("ratio r")
    axes.grid(axis="y")
