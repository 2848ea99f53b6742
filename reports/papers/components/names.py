"""Names of losses as the papers have them, their scripts low and high."""

import re
from html import escape

from markupsafe import Markup

from reports.outputs import Cell


def name_cell(text: str) -> Cell:
    """L_i^{u,MHS} as text, and with its scripts."""
    low = re.sub(r"_(\w)", r"<sub>\1</sub>", escape(text))
    return Cell(text, Markup(re.sub(r"\^(?:\{([^}]*)\}|(\w+))", r"<sup>\1\2</sup>", low)))
