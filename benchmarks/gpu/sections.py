"""What a check returns: a titled table with a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any


@dataclass(frozen=True)
class Section:
    """about: what was done and what is demanded; failures: what was not met, empty if it passed;
    not_run: why it was not run, if it was not."""

    title: str
    about: str
    header: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    failures: Sequence[str] = field(default=())
    not_run: str = ""

    @property
    def verdict(self) -> str:
        """In a few words."""
        if self.not_run:
            return f"Not run: {self.not_run}"
        if self.failures:
            return f"FAILED ({len(self.failures)})."
        return "Passed."

    def markdown(self) -> str:
        """Heading, explanation, table and verdict."""
        about = fill(self.about, 100, break_long_words=False, break_on_hyphens=False)
        lines = [f"## {self.title}", "", *([about, ""] if about else [])]
        lines += [f"**{self.verdict}**", "", *[f"- {x}" for x in self.failures]]
        lines += [""] if self.failures else []
        if self.rows:
            table = [self.header, ["---"] * len(self.header), *self.rows]
            lines += ["| " + " | ".join(map(str, row)) + " |" for row in table] + [""]
        return "\n".join(lines)
