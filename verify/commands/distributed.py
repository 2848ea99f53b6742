"""`verify distributed`."""

import json
import sys
from typing import TYPE_CHECKING

import click

from derive.commands import extra, parse_settings, set_option

if TYPE_CHECKING:
    from verify.distributed.check import Options
    from verify.distributed.report import Report


class Numbers(click.ParamType):  # type: ignore[type-arg]
    """Whole numbers, with commas between them."""

    name = "numbers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        try:
            return tuple(int(x) for x in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of whole numbers, such as 2,4.", param, ctx)


@click.command("distributed", short_help="Train on several processes as on one?")
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="LOSS",
    help="A name of the catalogue, FILE.py:NAME of a loss, or FILE.py:FUNC, a function f(h, "
    "h_prime, **hyper) that exchanges what it wants (repeatable) [the catalogue].",
)
@click.option(
    "--world", type=Numbers(), default="2", show_default=True, help="Numbers of processes: 2,4."
)
@set_option
@click.option("--pairs", type=Numbers(), help="Pairs of ranks 0, 1, …, in turn: 6, or 5,8 "
              "[6 for a function; 5,8,1,4 for a loss].")  # fmt: skip
@click.option(
    "--embeddings",
    type=click.Choice(["unit", "raw"]),
    default="unit",
    show_default=True,
    help="What a function is given.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--timeout", type=click.FloatRange(min=1), help="Seconds for one start of the "
              "processes [120 for a function, 1800 for losses].")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def command(
    losses: tuple[str, ...],
    world: tuple[int, ...],
    settings: tuple[str, ...],
    pairs: tuple[int, ...] | None,
    embeddings: str,
    seed: int,
    timeout: float | None,
    form: str,
) -> None:
    """Check that processes train as one process does.

    Real processes (gloo) and DistributedDataParallel in float64: every parameter's gradient after
    averaging against one process with the whole batch, and the value each rank returns. Losses of
    the catalogue run with gather=True. For a function, it says which way of sharing a batch it
    behaves like, by what factor or cosine its gradient is off, and what to change.

    Exit code 0: all exact; 1: one differs; 2: one cannot run; 3: undecided.
    """
    with extra("verify distributed", "verify"):
        from verify.distributed.check import Options
        from verify.distributed.report import exit_code

        given = parse_settings(settings)
        options = Options(world, given, embeddings == "unit", pairs, seed, timeout)
        reports = _reports(losses, options)
    code = exit_code(reports)
    if form == "json":
        document = {"exit_code": code, "reports": [x.to_json() for x in reports]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print(reports)
    sys.exit(code)


def _reports(losses: tuple[str, ...], options: "Options") -> "list[Report]":
    from rich.console import Console

    from derive.objectives import names
    from verify.distributed.check import check

    chosen = list(dict.fromkeys(losses)) or names()
    for loss in chosen:
        _check_input(loss, dict(options.settings or {}))
    with Console(stderr=True).status("") as status:
        return check(chosen, options, status.update)


def _check_input(loss: str, settings: dict[str, str]) -> None:
    """Bad input is told before a process starts; what is in a user's file only the ranks see."""
    from derive.hyper import read_settings
    from derive.sources import find
    from verify.distributed.check import is_file
    from verify.distributed.subjects import file_of

    if is_file(loss):
        file_of(loss)
    else:
        read_settings(find(loss).hyper, settings)


def _print(reports: "list[Report]") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    colours = {"exact": "green", "differs": "bold red", "cannot run": "red", "undecided": "yellow"}
    table = Table()
    for title in ("loss", "W", "verdict", "what it does"):
        table.add_column(title, overflow="fold")
    for x in reports:
        verdict = f"[{colours[x.verdict]}]{x.verdict}[/]"
        told = "\n".join(x.lines).replace("[", "\\[")
        table.add_row(x.loss.replace("[", "\\["), str(x.world), verdict, told)
    console.print(table)
    counts: dict[str, int] = {}
    for x in reports:
        counts[x.verdict] = counts.get(x.verdict, 0) + 1
    console.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
