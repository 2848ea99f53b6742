"""matplotlib figures as inline SVG that takes its colours from the page."""

import io
import re
from contextlib import AbstractContextManager
from html import escape
from typing import Any

import matplotlib
from matplotlib.figure import Figure

# Stand-ins in a figure for colours that the page decides (light or dark).
INK, ACCENT, FAINT = "#010203", "#010204", "#010205"
_COLOURS = {INK: "currentColor", ACCENT: "var(--accent)", FAINT: "var(--line)"}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",  # the page's fonts have other widths than the layout reckons with
    "svg.hashsalt": "contragrad",  # the same figure gives the same text
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def styled() -> AbstractContextManager[None]:
    """The page's style, around all drawing."""
    return matplotlib.rc_context(_STYLE)


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
    svg = re.sub(r'\sid="([^"]+)"', rf' id="{name}-\1"', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    for stand_in, colour in _COLOURS.items():
        svg = svg.replace(stand_in, colour)
    label = escape(alternative, quote=True)
    # The size comes from the page: only the view box stays.
    svg = re.sub(r'\s(width|height)="[\d.]+pt"', "", svg, count=2)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()
