"""A comparison as files: one self-contained page, and every picture and table beside it."""

from pathlib import Path

from reports.comparison.comparison import Comparison
from reports.comparison.drawing import picture
from reports.comparison.tables import scores_table, settings_table
from reports.gallery import shown_in_page
from reports.outputs import Output
from reports.templating import render
from reports.writing import make_folder, write, write_text


def write_page(comparison: Comparison, out: Path) -> tuple[str, ...]:
    """OUT/index.html, and CSV, SVG, PNG, Markdown and settings of each part; the names.

    Raises `ReportError` for a place that cannot be written to.
    """
    make_folder(out)
    tables, pictures = outputs(comparison)
    files = [name for output in (*tables, *pictures) for name in write(output, out)]
    page = render(
        "compare.html.jinja",
        comparison=comparison,
        tables=[shown_in_page(x) for x in tables],
        pictures=[(x.name, x.title, shown_in_page(x)) for x in pictures],
    )
    write_text(out / "index.html", page)
    return ("index.html", *files)


def outputs(comparison: Comparison) -> tuple[list[Output], list[Output]]:
    """(tables, pictures)."""
    labels = [x.label for x in comparison.subjects]
    tables: list[Output] = [settings_table(comparison)]
    if comparison.scores:
        tables.append(scores_table(comparison))
    pictures: list[Output] = [
        picture(x.name, x.title, x.caption, x.panels, labels) for x in comparison.plots
    ]
    return tables, pictures
