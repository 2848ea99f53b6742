"""What was counted, as a table or as JSON."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from train.data.check import CountedCorpus, CountedSplit, State

MARK: dict[State, str] = {"official": "yes", "differs": "NO", "missing": "MISSING"}


@dataclass(frozen=True)
class Checked:
    """A tree with its counts, or text files, or both; tree None: only text files were given."""

    tree: Path | None
    splits: list[CountedSplit]
    corpora: list[CountedCorpus]

    @property
    def complete(self) -> bool:
        """Whether every count is official."""
        states = [split.state for split in self.splits] + [text.state for text in self.corpora]
        return all(state == "official" for state in states)

    def summary(self) -> str:
        """One line about the tree."""
        wrong = [f"{s.task} {s.split} ({s.state})" for s in self.splits if s.state != "official"]
        if wrong:
            return f"{len(wrong)} of {len(self.splits)} splits are not official: {', '.join(wrong)}"
        return f"all {len(self.splits)} splits have the official number of rows"


def as_json(checked: list[Checked]) -> dict[str, Any]:
    """Everything that was counted. state: "official", "differs" or "missing"."""
    return {
        "complete": all(x.complete for x in checked),
        "trees": [tree_json(x) for x in checked if x.tree is not None],
        "corpora": [
            asdict(c) | {"path": str(c.path), "state": c.state} for x in checked for c in x.corpora
        ],
    }


def tree_json(checked: Checked) -> dict[str, Any]:
    """A tree and its splits."""
    splits = [asdict(s) | {"found": s.found, "state": s.state} for s in checked.splits]
    return {"tree": str(checked.tree), "complete": checked.complete, "splits": splits}


def show(console: Console, checked: Checked) -> None:
    """Print the tables."""
    if checked.tree is not None:
        console.print(f"SentEval's tree in {checked.tree}", soft_wrap=True)
        console.print(tree_table(checked.splits))
        console.print(checked.summary(), soft_wrap=True)
    for corpus in checked.corpora:
        console.print(line(corpus), soft_wrap=True)


def tree_table(splits: list[CountedSplit]) -> Table:
    """A row a split."""
    table = Table("task", "split", box=None, pad_edge=False)
    for heading in ("rows", "officially"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("official")
    table.add_column("notes")
    for s in splits:
        notes = "\n".join(s.notes())
        table.add_row(s.task, s.split, f"{s.found:,}", f"{s.official:,}", MARK[s.state], notes)
    return table


def line(corpus: CountedCorpus) -> str:
    """A text file in one line."""
    official = "" if corpus.official is None else f", officially {corpus.official:,}"
    differs = "" if corpus.state == "official" else " (NOT THE OFFICIAL NUMBER)"
    return (
        f"{corpus.path}: {corpus.lines:,} lines{official}{differs}; {corpus.empty:,} empty, "
        f"{corpus.undecodable:,} undecodable, {corpus.repeated:,} repeated; "
        f"the longest has {corpus.longest:,} characters"
    )
