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
        return self.render("latex")

    def _repr_html_(self) -> str:
        return self.render("mathml")
