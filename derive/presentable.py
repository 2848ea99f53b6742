"""What every result of `derive` can do: print itself in each format, and render in a notebook."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from derive.errors import UnknownNameError

if TYPE_CHECKING:
    from derive.printing.sections import Section

FORMATS = ("text", "latex", "markdown", "json", "mathml")


class Presentable(ABC):
    """A frozen result that knows its sections; renderers draw them."""

    @abstractmethod
    def sections(self) -> "tuple[Section, ...]":
        """Titled paragraphs, formulas and tables, in order."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """The result as plain data for JSON."""

    def render(self, format: str = "text") -> str:
        """The result in one of `FORMATS`, without the last newline.

        Raises `UnknownNameError` for another format.
        """
        if format not in FORMATS:
            raise UnknownNameError("format", format, FORMATS)
        if format == "json":
            from json import dumps

            return dumps(self.data(), indent=2, ensure_ascii=False)
        from derive.printing import document

        renderer = getattr(document, f"as_{format}")
        text: str = renderer(self.sections())
        return text

    def __str__(self) -> str:
        return self.render("text")

    def _repr_latex_(self) -> str:
        """The formulas alone, which a notebook's MathJax can draw."""
        from derive.printing.latex import to_latex
        from derive.printing.sections import Formula

        lines = [
            to_latex(item.box)
            for section in self.sections()
            for item in section.items
            if isinstance(item, Formula)
        ]
        return r"$$\begin{gathered} " + r" \\ ".join(lines) + r" \end{gathered}$$"

    def _repr_html_(self) -> str:
        return self.render("mathml")
