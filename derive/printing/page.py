r"""Sections as LaTeX to be put into a document."""

from collections.abc import Iterator

from derive.printing.display import to_display
from derive.printing.notations import runs, to_latex
from derive.printing.outline import titled
from derive.printing.sections import Formula, Section, Table

# What the preamble of the document has to load; any engine will do (pdfLaTeX, XeLaTeX, LuaLaTeX).
PREAMBLE = r"\usepackage{amsmath, amssymb}"
_ESCAPES = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "…": r"\dots{}",
    "–": "--", **{mark: f"\\{mark}" for mark in "&%#_{}$"},
}  # fmt: skip


def as_latex(sections: tuple[Section, ...]) -> str:
    r"""Subsections; the first line, a comment, says what the preamble needs."""
    title, sections = titled(sections)
    lines = [f"% The preamble needs {PREAMBLE}"]
    if title:
        lines.append(rf"\section*{{{_prose(title)}}}")
    return "\n".join([*lines, *(line for section in sections for line in _section(section))])


def _section(section: Section) -> Iterator[str]:
    if section.title:
        yield rf"\subsection*{{{_prose(section.title)}}}"
    for item in section.items:
        if isinstance(item, Formula):
            yield rf"\[ {to_display(item.box)} \]"
        elif isinstance(item, Table):
            yield from _table(item)
        else:
            yield rf"\noindent {_prose(item)}\par"


def _table(table: Table) -> Iterator[str]:
    """The last column takes what is left of the line, and breaks."""
    width = len(table.rows[0])
    share = {1: 0.95, 2: 0.7, 3: 0.5}.get(width, 0.35)
    yield r"\par\noindent"
    yield rf"\begin{{tabular}}{{@{{}}{'l' * (width - 1)}p{{{share}\linewidth}}@{{}}}}"
    for n, cells in enumerate(table.rows):
        yield (
            " & ".join(map(_prose, cells))
            + r" \\"
            + (r" \hline" if table.heading and n == 0 else "")
        )
    yield r"\end{tabular}\par\smallskip"


def _prose(text: str) -> str:
    return "".join(f"${to_latex(x.text)}$" if x.math else _escaped(x.text) for x in runs(text))


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(mark, mark) for mark in text)
