"""Results for reading: one layout, one renderer a format (text, LaTeX, MathML), and JSON."""

from derive.errors import UnknownNameError
from derive.paradigm import Decomposition

FORMATS = ("text", "latex", "json")


def render(decomposition: Decomposition, *, format: str = "text", steps: bool = False) -> str:
    """What `derive show` prints, without the last newline."""
    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    if format == "json":
        from derive.printing.json import as_json

        return as_json(decomposition)
    from derive.printing.sheet import render_sheet

    return render_sheet(decomposition, format=format, steps=steps)
