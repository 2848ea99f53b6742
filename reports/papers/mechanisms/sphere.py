"""The unit sphere in orthographic projection: what is behind it is drawn faint."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from reports.heatmap import Floats

if TYPE_CHECKING:
    from reports.svg import Palette

_FAINT = 0.3  # opacity of what is behind
_GRID = pi / 6
_POINTS = 181  # of a circle


def two_spheres(titles: Sequence[str], palette: "Palette") -> tuple[Figure, list[Axes], Axes]:
    """The frame of the figure's parts: two axes for spheres, and one below both."""
    figure = Figure(figsize=(6.4, 4.9), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[2.1, 1])
    above = [figure.add_subplot(grid[0, column]) for column in range(2)]
    for axes, title in zip(above, titles, strict=True):
        axes.set_title(title, fontsize=10, color=palette.ink)
    return figure, above, figure.add_subplot(grid[1, :])


@dataclass(frozen=True)
class Sphere:
    """towards: (3,), from the centre to the eye. Screen: x to the right, y upwards."""

    axes: Axes
    palette: "Palette"
    towards: Sequence[float]

    @property
    def frame(self) -> Floats:
        """Rows: the screen's x and y, and the direction to the eye."""
        eye = np.asarray(self.towards, dtype=float) / np.linalg.norm(self.towards)
        right = np.cross([0.0, 1.0, 0.0], eye)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(eye, right), eye])

    def seen(self, points: Floats) -> Floats:
        """(…, 3): x, y and height towards the eye."""
        found: Floats = np.asarray(points) @ self.frame.T
        return found

    def draw(self) -> None:
        """The ball, with circles of equal angle from (0, 0, 1), and their meridians, every 30°."""
        self.axes.add_patch(Circle((0, 0), 1, facecolor=self.palette.faint, alpha=0.3, lw=0))
        turns = np.linspace(0, 2 * pi, _POINTS)
        for theta in np.arange(_GRID, pi - _GRID / 2, _GRID):
            self._front(directions(theta, turns))
        for azimuth in np.arange(0, 2 * pi - _GRID / 2, _GRID):
            self._front(directions(np.linspace(_GRID, pi - _GRID, _POINTS), azimuth))
        self.axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor=self.palette.ink, lw=0.8))
        self.axes.set_aspect("equal")
        self.axes.set_axis_off()
        self.axes.set_xlim(-1.04, 1.04)
        self.axes.set_ylim(-1.04, 1.04)

    def _front(self, points: Floats) -> None:
        x, y, height = self.seen(points).T
        x = np.where(height >= 0, x, np.nan)
        self.axes.plot(x, y, color=self.palette.faint, linewidth=0.7)

    def path(self, points: Floats, colour: str, **style: Any) -> None:
        """(n, 3), joined; the parts behind the sphere are faint."""
        x, y, height = self.seen(points).T
        before = np.where(height >= 0, x, np.nan)
        self.axes.plot(x, y, color=colour, alpha=_FAINT, **style)
        self.axes.plot(before, y, color=colour, **style)

    def arc(self, start: Floats, end: Floats, colour: str, **style: Any) -> None:
        """The geodesic between two points that are not opposite."""
        angle = np.arccos(np.clip(start @ end, -1, 1))
        share = np.linspace(0, 1, 60)[:, None]
        if angle > 0:
            points = np.sin((1 - share) * angle) * start + np.sin(share * angle) * end
            self.path(points / np.sin(angle), colour, **style)

    def point(self, place: Floats, colour: str, *, filled: bool = True, **style: Any) -> None:
        """A marker; hollow where a path begins."""
        x, y, height = self.seen(place)
        look: dict[str, Any] = {"marker": "o", "markersize": 6, "linestyle": "none"} | style
        self.axes.plot(
            x, y, markeredgecolor=colour, markerfacecolor=colour if filled else "none",
            alpha=1 if height >= 0 else _FAINT, zorder=3, **look,
        )  # fmt: skip

    def arrow(self, start: Floats, end: Floats, colour: str, width: float = 1.2) -> None:
        """A straight arrow in space, in front."""
        (x, y, _), (u, v, _) = self.seen(start), self.seen(end)
        self.axes.annotate(
            "", (u, v), (x, y), zorder=4,
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0,
                        "shrinkB": 0, "mutation_scale": 4 + 3 * width},
        )  # fmt: skip

    def say(
        self, text: str, place: Floats, offset: tuple[float, float], colour: str, **style: Any
    ) -> None:
        """A label beside a point; offset in points."""
        x, y, _ = self.seen(place)
        self.axes.annotate(
            text, (x, y), xytext=offset, textcoords="offset points", color=colour, fontsize=9,
            ha="left" if offset[0] > 0 else "right", va="center", zorder=5, **style,
        )  # fmt: skip


def directions(theta: float | Floats, azimuth: float | Floats) -> Floats:
    """Unit vectors at angles from (0, 0, 1); (n, 3)."""
    theta, azimuth = np.broadcast_arrays(theta, azimuth)
    found: Floats = np.stack(
        [np.sin(theta) * np.cos(azimuth), np.sin(theta) * np.sin(azimuth), np.cos(theta)], axis=-1
    )
    return found
