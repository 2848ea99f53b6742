"""Which figures and tables are meant."""

from collections.abc import Sequence

from derive.errors import UnknownNameError
from reports.errors import ReportError
from reports.items import Item
from reports.papers import ITEMS, known


def chosen(names: Sequence[str], paper: str | None) -> tuple[Item, ...]:
    """The items of these names, or of a paper, or all; in the order of the papers.

    Raises `UnknownNameError` with the nearest names, `ReportError` for both at once.
    """
    if names and paper is not None:
        raise ReportError(f"--paper {paper} with {', '.join(names)}: give names or a paper.")
    for name in names:
        if name not in known():
            raise UnknownNameError("figure", name, known())
    papers = sorted({item.paper for item in ITEMS})
    if paper is not None and paper not in papers:
        raise UnknownNameError("paper", paper, papers)
    return tuple(
        item for item in ITEMS if (item.name in names or not names) and paper in (None, item.paper)
    )
