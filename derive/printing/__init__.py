"""Results for reading: one layout, one renderer a format; JSON; and torch code."""

from derive.errors import UnknownNameError
from derive.paradigm import Decomposition

FORMATS = ("text", "latex", "markdown", "mathml", "json", "torch")


def render(decomposition: Decomposition, *, format: str = "text", steps: bool = False) -> str:
    """What `derive show` prints, without the last newline.

    steps: with the derivation, rule by rule (not in "json" and "torch").
    """
    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    if format == "json":
        from derive.printing.json import as_json

        return as_json(decomposition)
    if format == "torch":
        from derive.printing.torchcode import standalone

        return standalone(decomposition.objective, decomposition.coefficients.settings)
    from derive.printing import document
    from derive.printing.sheet import build_sheet

    text: str = getattr(document, f"as_{format}")(build_sheet(decomposition, steps=steps))
    return text
