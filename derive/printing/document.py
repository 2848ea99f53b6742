"""Sections in every format that is one text; each renderer is loaded when it is asked for.

as_text(sections), as_latex(sections), as_markdown(sections), as_mathml(sections) -> str
"""

from importlib import import_module
from typing import Any

_HOMES = {"as_text": "plain", "as_latex": "page", "as_markdown": "markdown", "as_mathml": "html"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"derive.printing.{_HOMES[name]}"), name)
