"""Notations inside prose (h'_j, c_ij', Σ_{k≠i}, τ > 0, d^α), found and set as LaTeX or HTML.

Sheets hold plain text; a renderer that can do better asks here which runs of it are mathematics.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

_HAT = "\u0302"
_WORDS = r"(?:GD|max|min|lim|std|cov|lse)"
_BELOW = (
    r"(?:\{(?P<braced>[^{}]*)\}"
    r"|(?P<plain>(?![a-z]{4})[A-Za-z0-9]+(?:(?:'(?!s\b))|\*|[A-Za-z0-9])*))"
)
_INDEXED = rf"(?<!\w)(?P<base>{_WORDS}|[^\W\d_]{_HAT}?|Σ)(?P<primes>'*)_{_BELOW}"
_MARKED = r"(?<!\w)(?P<letter>[A-Za-z])(?P<marks>\*+(?:\([a-z]\))?'*|'+)(?![\w'])"
_ROOT = r"√(?:\((?P<radicand>[^()]*)\)|(?P<radical>\w))"
_POWER = rf"(?<!\w)(?P<of>[^\W\d_]{_HAT}?|\d+)\^(?:\((?P<exponent>[^()]*)\)|(?P<simple>[\w−-]+))"
_SIDE = r"(?<!\w)(?P<side>[A-Za-z])(?= [≠≤≥=<>∈→] )|(?<=[≠≤≥=<>∈→] )(?P<other>[A-Za-z])(?![\w.'])"
_SYMBOL = r"(?P<symbol>[α-ωΑ-Ωℓ∂∞≠≤≥⟨⟩‖→−·½≈∈∝∇√′⌈⌉×]|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ]+|ᵀ)"
_ALONE = r"\d+(?:\.\d+)?"
_NUMBER = (
    rf"(?P<number>(?<![\w.]){_ALONE}(?= [≠≤≥<>=] )"
    rf"|(?<=[≠≤≥<>=] ){_ALONE}(?:/\d+)?(?!\w|\.\d))"
)
_TOKEN = re.compile("|".join((_INDEXED, _MARKED, _ROOT, _POWER, _NUMBER, _SIDE, _SYMBOL)))
# What may stand between two notations of one run.
_LINK = re.compile(r"(?:[\s=+<>()\[\],|/\d-]|\d\.\d|\b(?:cos|sin|log|arg|max|min|[NDWR])\b)*")
# What may stand between the last notation of a run and the bracket that it leaves open.
_CLOSING = re.compile(r"(?: ?\w{1,2})?\)")
_FUNCTION = re.compile(r"\b(cos|sin|log|arg|max|min)\b")
_LATEX = {
    "∂": r"\partial", "∞": r"\infty", "≠": r"\neq", "≤": r"\le", "≥": r"\ge", "⟨": r"\langle",
    "⟩": r"\rangle", "‖": r"\Vert", "→": r"\to", "−": "-", "·": r"\cdot", "×": r"\times",
    "½": r"\tfrac{1}{2}", "≈": r"\approx", "∈": r"\in", "∝": r"\propto", "∇": r"\nabla",
    "√": r"\surd", "′": r"'", "ℓ": r"\ell", "Σ": r"\sum", "ε": r"\varepsilon",
    "⌈": r"\lceil", "⌉": r"\rceil", "ᵀ": r"^{\top}",
}  # fmt: skip
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ", "-0123456789n")


@dataclass(frozen=True)
class Run:
    """A stretch of prose, or of mathematics (math)."""

    text: str
    math: bool


def runs(text: str) -> Iterator[Run]:
    """The text in order; neighbouring notations are one run, with what links them."""
    start = end = 0  # of the run of mathematics so far
    done = 0
    for token in _TOKEN.finditer(text):
        if end > start and _LINK.fullmatch(text, end, token.start()):
            end = token.end()
            continue
        end = _closed(text, start, end)
        yield from _between(text, done, start, end)
        done, start, end = max(end, done), token.start(), token.end()
    end = _closed(text, start, end)
    yield from _between(text, done, start, end)
    if text[max(end, done) :]:
        yield Run(text[max(end, done) :], False)


def _closed(text: str, start: int, end: int) -> int:
    """The end of a run, past the brackets that close what it opens."""
    while end > start and text.count("(", start, end) > text.count(")", start, end):
        closing = _CLOSING.match(text, end)
        if closing is None:
            break
        end = closing.end()
    return end


def _between(text: str, done: int, start: int, end: int) -> Iterator[Run]:
    """The prose before a run of mathematics, and the run."""
    if end > start:
        if text[done:start]:
            yield Run(text[done:start], False)
        yield Run(text[start:end], True)


def to_latex(run: str) -> str:
    """A run of mathematics for math mode."""
    out, end = "", 0
    for token in _TOKEN.finditer(run):
        out += _linked(run[end : token.start()]) + _latex_token(token.groupdict())
        end = token.end()
    out = re.sub(r" +", " ", out + _linked(run[end:]))
    return re.sub(r"(\\[a-zA-Z]+) (?=[^a-zA-Z])", r"\1", out).strip()


def _linked(text: str) -> str:
    return _FUNCTION.sub(r"\\\1 ", text)


def _latex_token(x: dict[str, str | None]) -> str:
    if x["base"]:
        below = to_latex(x["braced"]) if x["braced"] else _index(x["plain"] or "")
        return f"{_letter(x['base'])}{x['primes']}_{{{below}}}"
    if x["letter"]:
        marks = x["marks"] or ""
        rest = marks.lstrip("*")
        stars = marks[: len(marks) - len(rest)]
        return x["letter"] + (f"^{{{stars}}}" if stars else "") + rest
    if x["radicand"] or x["radical"]:
        return rf"\sqrt{{{to_latex(x['radicand'] or x['radical'] or '')}}}"
    if x["of"]:
        above = to_latex(x["exponent"] or x["simple"] or "")
        return f"{_letter(x['of'])}^{{{above}}}"
    return _letter(x["side"] or x["other"] or x["number"] or x["symbol"] or "")


def _index(text: str) -> str:
    """ij', a word upright."""
    if len(text) > 2 and text.isalpha() and text.islower() and not set(text) <= set("ijklmnpqab"):
        return rf"\mathrm{{{text}}}"
    return re.sub(r"\*+", lambda stars: f"^{{{stars.group()}}}", text)


def _letter(text: str) -> str:
    if text.endswith(_HAT):
        return rf"\hat{{{_letter(text[:-1]).strip()}}}"
    if text in _LATEX:
        return _LATEX[text] + " "
    if re.fullmatch(_WORDS, text):
        return rf"\{text} " if text in ("max", "min", "lim") else rf"\mathrm{{{text}}}"
    if text.translate(_RAISED) != text:
        return f"^{{{text.translate(_RAISED)}}}"
    name = unicodedata.name(text[:1], "")
    if name.startswith("GREEK SMALL LETTER "):
        return f"\\{name.rpartition(' ')[2].lower().replace('lamda', 'lambda')} "
    if name.startswith("GREEK CAPITAL LETTER "):
        return f"\\{name.rpartition(' ')[2].capitalize()} "
    return text


def to_html(run: str) -> str:
    """A run of mathematics as HTML: letters in italics, indices below the line."""
    out, end = "", 0
    for token in _TOKEN.finditer(run):
        out += escape(run[end : token.start()]) + _html_token(token.groupdict(), token.group())
        end = token.end()
    return out + escape(run[end:])


def _html_token(x: dict[str, str | None], text: str) -> str:
    if x["base"]:
        base = f"{_italic(x['base'])}{'′' * len(x['primes'] or '')}"
        return f"{base}<sub>{_plain(x['braced'] or x['plain'] or '')}</sub>"
    if x["letter"]:
        return f"{_italic(x['letter'])}{_plain(x['marks'] or '')}"
    if x["of"]:
        above = x["exponent"] or x["simple"] or ""
        return f"{_italic(x['of'])}<sup>{to_html(above)}</sup>"
    return _italic(text) if text.isalpha() else _plain(text)


def _italic(text: str) -> str:
    return f"<i>{escape(text)}</i>" if text[:1].isalpha() and len(text) < 3 else escape(text)


def _plain(text: str) -> str:
    return escape(text.replace("'", "′"), quote=False)
