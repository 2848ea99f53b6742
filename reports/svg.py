"""matplotlib figures as SVG and PNG: inline, with the colours of the page, or files on white."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from reports.outputs import Picture

# Stand-ins in a figure for colours that the page decides (light or dark).
INK, ACCENT, FAINT = "#010203", "#010204", "#010205"
_SERIES = tuple(f"#0102{10 + n:02x}" for n in range(8))
_COLOURS = {
    INK: "currentColor",
    ACCENT: "var(--accent)",
    FAINT: "var(--line)",
    **{colour: f"var(--series-{n})" for n, colour in enumerate(_SERIES, 1)},
}


@dataclass(frozen=True)
class Palette:
    """Colours of a drawing: ink: text and axes; faint: grids; accent: a single curve; series: of
    up to eight curves, told apart by readers who are colour-blind, and by their dashes, DASHES."""

    ink: str
    faint: str
    accent: str
    series: tuple[str, ...]


PAGE = Palette(INK, FAINT, ACCENT, _SERIES)
# The eight of Okabe and Ito, yellow and sky blue darker: a contrast of 3 on white.
PAPER = Palette("#1b1d22", "#d9dce2", "#0072b2", (
    "#0072b2", "#c04a00", "#007a5a", "#b0558c", "#8a6d00", "#2a86bd", "#1b1d22", "#7a6f9b",
))  # fmt: skip
DASHES: tuple[Any, ...] = (
    "-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)),
    (0, (4, 1.5)), (0, (1, 1)), (0, (9, 3)), (0, (5, 1.5, 1.5, 1.5, 1.5, 1.5)),
)  # fmt: skip


def styled(palette: Palette = PAGE) -> AbstractContextManager[None]:
    """The style, around all drawing."""
    style: dict[Any, Any] = {
        "svg.fonttype": "path",  # the page's fonts have other widths than the layout reckons with
        "svg.hashsalt": "contragrad",  # the same figure gives the same text
        "font.size": 10.0,
        "text.color": palette.ink,
        "axes.labelcolor": palette.ink,
        "axes.edgecolor": palette.ink,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": palette.ink,
        "ytick.color": palette.ink,
        "grid.color": palette.faint,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
    }
    return matplotlib.rc_context(style)


def _once(form: str) -> Callable[[re.Match[str]], str]:
    """The replacement of an id by `form`; nothing the second time: equal images have one id."""
    seen: set[str] = set()

    def replaced(found: re.Match[str]) -> str:
        known = found[1] in seen
        seen.add(found[1])
        return "" if known else form.format(found[1])

    return replaced


def inline_svg(figure: Figure, name: str, alternative: str) -> str:
    """A figure as an <svg> element for HTML: no prolog, no namespaces, ids that begin with `name`.

    alternative: what a reader who does not see the picture is told.
    """
    text = io.StringIO()
    with styled():
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'\sid="([^"]+)"', _once(rf' id="{name}-{{}}"'), svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    for stand_in, colour in _COLOURS.items():
        svg = svg.replace(stand_in, colour)
    label = escape(alternative, quote=True)
    # The size comes from the page: only the view box stays.
    svg = re.sub(r'\s(width|height)="[\d.]+pt"', "", svg, count=2)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()


def picture_svg(picture: "Picture") -> str:
    """A picture as a file of its own, on white, with its title and description inside."""
    text = io.StringIO()
    with styled(PAPER):
        figure = picture.draw(PAPER)
        figure.savefig(text, format="svg", facecolor="white", metadata={"Date": None})
    svg = text.getvalue()
    said = f"<title>{escape(picture.title)}</title><desc>{escape(picture.caption)}</desc>"
    start = svg.index(">", svg.index("<svg")) + 1
    return svg[:start] + said + svg[start:]


def picture_png(picture: "Picture") -> bytes:
    """The same as pixels, 200 an inch."""
    data = io.BytesIO()
    with styled(PAPER):
        picture.draw(PAPER).savefig(data, format="png", dpi=200, facecolor="white")
    return data.getvalue()
