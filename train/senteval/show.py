"""The results as a table, and the evaluation's progress on the standard error."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from train.senteval.record import Results
from train.senteval.tasks import TASKS

UNDEFINED = "undefined"
MEANING = {  # of the diagnostics, in the table's order
    "alignment": "E |u − v|² of positive pairs; 0 is best",
    "uniformity": "log E exp(−2|u − v|²); lower is more uniform",
    "tolerance": "mean cosine within a class of TREC",
    "average_cosine": "of two different sentences; 0 is isotropic",
    "partition_ratio": "min Z / max Z; 1 is isotropic",
    "effective_rank": "axes in use, of {dimension}",
    "first_axis": "its share of the variance",
    "dead_dimensions": "coordinates that do not vary",
}


def per_cent(score: float | None) -> str:
    """ "72.37", or "undefined" for None."""
    return UNDEFINED if score is None else f"{100 * score:.2f}"


def print_results(results: Results, console: Console) -> None:
    """The scores in per cent, the averages of seven, and the diagnostics."""
    model = results.identity["model"]
    console.print(
        f"{model['name']}: {model['dimension']} wide, at most {model['max_length']} tokens, "
        f"pooling {model['pooling']}, text {results.identity['text']}",
        soft_wrap=True,
    )
    table = Table()
    for title in ("task", "score", "measure", "n", "seconds"):
        table.add_column(title, justify="left" if title in ("task", "measure") else "right")
    for name in (x for x in TASKS if x in results.tasks):
        record = results.tasks[name]
        cells = (record["measure"], f"{record['n']:,}", f"{record['seconds']:.1f}")
        table.add_row(name, per_cent(record["score"]), *cells)
    averages = [(name, x) for name, x in results.averages().items() if x is not None]
    if averages and results.tasks:
        table.add_section()
    for name, average in averages:
        table.add_row(f"average, {name}", per_cent(average), "of seven")
    if results.tasks:
        console.print(table)
    if results.diagnostics:
        print_diagnostics(results.diagnostics, console)
    for name, record in results.tasks.items():
        if record.get("unconverged_fits"):
            console.print(f"{name}: {record['unconverged_fits']} fits stopped before converging")


def print_diagnostics(record: Mapping[str, Any], console: Console) -> None:
    """The embedding space's table."""
    table = Table(title=f"Embeddings of {record['sentences']:,} sentences of STS-B dev")
    table.add_column("diagnostic")
    table.add_column("value", justify="right")
    table.add_column("what it is")
    for name, meaning in MEANING.items():
        value = record[name]
        shown = "–" if value is None else str(value) if isinstance(value, int) else f"{value:.4f}"
        table.add_row(name.replace("_", " "), shown, meaning.format(dimension=record["dimension"]))
    console.print(table)


class Screen:
    """A bar in a terminal; elsewhere a line for each finished task."""

    def __init__(self, console: Console):
        self.console = console
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.stage = self.bar.add_task("", total=None)

    def __enter__(self) -> "Screen":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()  # leaves the terminal as it was, however the evaluation ended

    def begin(self, name: str, what: str, total: int) -> Callable[[int], None]:
        """A new stage on the bar."""
        self.bar.reset(self.stage, description=f"{name}: {what}", total=total)
        return lambda more: self.bar.advance(self.stage, more)

    def done(self, name: str, record: Mapping[str, Any]) -> None:
        """A line above the bar."""
        score = per_cent(record["score"]) if "score" in record else "measured"
        self.console.print(f"{name:12}{score:>10}{record['seconds']:>10.1f} s", highlight=False)
