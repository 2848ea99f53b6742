"""The page of what `reports build` made: every picture and table, and what waits for runs."""

from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.outputs import Output, Picture
from reports.svg import PAGE, inline_svg, styled
from reports.tabular import table_html
from reports.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.building import Built


def gallery(built: "Sequence[Built]") -> str:
    """One self-contained HTML file."""
    shown = [(one, [shown_in_page(output) for output in one.outputs]) for one in built]
    return render("gallery.html.jinja", items=shown)


def shown_in_page(output: Output) -> Markup:
    """The picture inline, taking its colours from the page, or the table."""
    if not isinstance(output, Picture):
        return Markup(table_html(output))
    with styled():
        svg = Markup(inline_svg(output.draw(PAGE), output.name, output.alternative))
    return render("picture.html.jinja", picture=output, svg=svg)
