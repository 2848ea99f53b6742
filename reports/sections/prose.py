"""Text with indices, as HTML."""

import re

from markupsafe import Markup, escape

# A symbol with an index, as `derive show` writes it: h'_j, c_ij', ν_inv, Σ_{k≠i}; not nu_inv.
_INDEXED = re.compile(r"(?<!\w)(\w\u0302?'?|max|min|GD)_(?:\{([^}]*)\}|([A-Za-z]+'?))")

_PRIMED = re.compile(r"(?<=\bh)'")


def typeset(text: str) -> Markup:
    """Text as HTML, escaped, with its indices set below the line and `code` as code."""
    out, end = Markup(), 0
    for match in _INDEXED.finditer(text):
        base, braced, plain = match.groups()
        base, below = (x.replace("'", "′") for x in (base, braced or plain))
        symbol = Markup("{}<sub>{}</sub>") if len(base) > 2 else Markup("<i>{}</i><sub>{}</sub>")
        out += _plain(text[end : match.start()]) + symbol.format(base, below)
        end = match.end()
    return out + _plain(text[end:])


def _plain(text: str) -> Markup:
    text = str(escape(_PRIMED.sub("′", text)))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", text))
