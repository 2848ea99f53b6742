"""A figure or table that `reports build` knows: where it is printed, and what makes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.context import Context
    from reports.outputs import Output


@dataclass(frozen=True)
class Item:
    """name: `001-figure-2`; source: paper and number; title: what it shows, one line; maker:
    "module:function" below reports.papers, imported when it is made, which takes a `Context` and
    returns the outputs; recipes: the runs it is drawn from, names of `train recipes`, in order."""

    name: str
    source: str
    title: str
    maker: str
    recipes: Sequence[str] = ()

    @property
    def paper(self) -> str:
        """001, 002, 003 or 004."""
        return self.name.partition("-")[0]

    def make(self, context: "Context") -> "Sequence[Output]":
        """The pictures and tables. Raises `NeedsRunsError` where records are missing."""
        module, _, function = self.maker.partition(":")
        make: Callable[[Context], Sequence[Output]]
        make = getattr(import_module(f"reports.papers.{module}"), function)
        return make(context)
