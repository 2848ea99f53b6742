"""A formula that is written on one line, c_ij'/τ or e^(c_ik'/τ), as MathML.

Scripts and roots are set; fractions stay on the line, as they are printed in a claim. What stands
between two spaces is one <math>, so that a browser breaks a long formula as it breaks prose.
"""

import re
from html import escape

_FUNCTIONS = {"sin", "cos", "log", "exp", "max", "min", "lim", "arg", "tr", "rank", "GD"}
_FENCES = "()[]{}|‖⟨⟩⌈⌉"
_INDICES = set("ijklmnpqab")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹ⁿᵀ⁻", "0123456789nT−")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[A-Za-z]+(?:-[a-z]+)*")
_BELOW = re.compile(r"[A-Za-z0-9]+(?:['*]|[A-Za-z0-9])*(?:\+(?=$|[\s‖)]))?")
_ABOVE = re.compile(r"[−-]?(?:\d+|[A-Za-z]+(?=_)|[A-Za-z]+|[α-ω])")
_SINGLE = re.compile(r"<(m[inot]|mtext)>[^<]*</\1>|<msqrt>.*</msqrt>")
_SIGNS = re.compile(r"[=≤≥<>≈∂Σ∇_^→⟹≠∝√]")


def is_formula(text: str) -> bool:
    """Whether there is anything to set: a claim in words alone has no sign."""
    return bool(_SIGNS.search(text)) or len(text) < 4


def linear_html(text: str) -> str:
    """Words as words, everything else as <math>, in the order of the line."""
    return " ".join(_chunk(x) for x in _split(text))


def _split(text: str) -> list[str]:
    """At the spaces that stand in no script and in no root."""
    chunks, depth, opened = [""], 0, False
    for at, x in enumerate(text):
        opened = opened or (x in "{(" and at > 0 and text[at - 1] in "_^√")
        if opened:
            depth += (x in "{(") - (x in "})")
            opened = depth > 0
        if x == " " and not opened:
            chunks.append("")
        else:
            chunks[-1] += x
    return [x for x in chunks if x]


def _chunk(text: str) -> str:
    plain = text.strip(",.;:")
    if _WORD.fullmatch(plain) and plain not in _FUNCTIONS and len(plain) > 1:
        return escape(text)
    return f"<math>{_Reader(text).row()}</math>"


class _Reader:
    """Reads a text once, from left to right."""

    def __init__(self, text: str):
        self.text, self.at = text, 0

    def row(self, end: str = "") -> str:
        """Elements up to a closing bracket, which is read too, or to the end."""
        out = ""
        while self.at < len(self.text) and not (end and self._peek() == end):
            out += self._scripted()
        self.at += 1
        return out

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _scripted(self) -> str:
        """One element with everything that is set below, above and beside it."""
        base = self._base()
        below = above = marks = ""
        while self.at < len(self.text):
            x = self._peek()
            if x == "_" and not below:
                self.at += 1
                below = self._below()
            elif x == "^" and not above:
                self.at += 1
                above = self._above()
            elif x in "'*" and base.startswith("<mi"):
                self.at += 1
                marks += "′" if x == "'" else "*"
            elif x.translate(_RAISED) != x:
                self.at += 1
                above += f"<mi>{x.translate(_RAISED)}</mi>"
            elif x.translate(_LOWERED) != x:
                self.at += 1
                below += f"<mn>{x.translate(_LOWERED)}</mn>"
            else:
                break
        return _assembled(base, below, above, marks)

    def _base(self) -> str:
        x = self._peek()
        for pattern, set_ in ((_NUMBER, _number), (_WORD, _word)):
            if found := pattern.match(self.text, self.at):
                self.at = found.end()
                return set_(found[0])
        self.at += 1
        if x == "√":
            return f"<msqrt>{self._group() or self._scripted()}</msqrt>"
        if self._peek() == "\u0302":
            self.at += 1
            return f'<mover accent="true"><mi>{escape(x)}</mi><mo>^</mo></mover>'
        if x == " ":
            return '<mspace width="0.25em"/>'
        if x.isalpha():
            return f"<mi>{escape(x)}</mi>"
        if x in _FENCES:
            return f"<mi>{x}</mi>"  # as high as the line, and without space around it
        return f"<mo>{escape(x)}</mo>"

    def _group(self) -> str:
        """What stands in brackets here, without them; empty where there are none."""
        end = {"{": "}", "(": ")"}.get(self._peek(), "")
        if not end:
            return ""
        self.at += 1
        return self._balanced(end)

    def _balanced(self, end: str) -> str:
        start, depth, opening = self.at, 1, "{" if end == "}" else "("
        while self.at < len(self.text) and depth:
            depth += (self._peek() == opening) - (self._peek() == end)
            self.at += 1
        return _Reader(self.text[start : self.at - (not depth)]).row()

    def _below(self) -> str:
        """An index; a prime or a star after its letters belongs to it: c_ij', h_j*a."""
        if self._peek() in "{(":
            return self._group()
        found = _BELOW.match(self.text, self.at)
        if not found:
            return self._scripted()
        self.at = found.end()
        return _index(found[0])

    def _above(self) -> str:
        if self._peek() in "{(":
            return self._group()
        found = _ABOVE.match(self.text, self.at)
        if not found:
            return self._scripted()
        self.at = found.end()
        return f"<mi>{found[0]}</mi>"


def _number(text: str) -> str:
    return f"<mn>{text}</mn>"


def _word(text: str) -> str:
    """A function or a word upright, letters side by side as a product."""
    if text in _FUNCTIONS or len(text) > 3:
        return f"<mi>{text}</mi>"
    return "".join(f"<mi>{x}</mi>" for x in text)


def _index(text: str) -> str:
    """i j′ as letters, a word upright."""
    letters = [x for x in text if x.isalpha()]
    if set(letters) <= _INDICES or len(letters) < 2:
        return "".join(_index_letter(x) for x in text)
    return f"<mi>{text}</mi>"


def _index_letter(x: str) -> str:
    if x.isdigit():
        return f"<mn>{x}</mn>"
    return f"<mi>{'′' if x == chr(39) else x}</mi>"


def _assembled(base: str, below: str, above: str, marks: str) -> str:
    if marks:
        base += f"<mi>{marks}</mi>"
    if not below and not above:
        return base
    base, below, above = map(_one, (base, below, above))
    if below and above:
        return f"<msubsup>{base}{below}{above}</msubsup>"
    return f"<msub>{base}{below}</msub>" if below else f"<msup>{base}{above}</msup>"


def _one(elements: str) -> str:
    """Several elements as one; one element as it is."""
    return elements if _SINGLE.fullmatch(elements) or not elements else f"<mrow>{elements}</mrow>"
