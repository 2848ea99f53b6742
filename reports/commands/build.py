"""`reports build`: figures and tables of the papers, computed anew."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.commands import extra

if TYPE_CHECKING:
    from reports.building import Built


@click.command("build", short_help="Draw figures and tables of the papers.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--paper", metavar="PAPER", help="All of one paper: 001, 002, 003 or 004.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the files.")
@click.option("--runs", type=click.Path(path_type=Path), metavar="DIR",
              help="Where `reports record` made the training runs.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything drawn.")
@click.option("--cells", type=int, default=100, show_default=True, help="A side of a heatmap.")
@click.option("--batches", type=int, default=1000, show_default=True, help="A heatmap's cell.")
def command(
    names: tuple[str, ...],
    paper: str | None,
    out: Path,
    runs: Path | None,
    seed: int,
    cells: int,
    batches: int,
) -> None:
    """Draw figures and tables: those NAMEd (see `reports list`), a paper's, or all.

    Each becomes OUT/NAME.svg and .png, or .html and .md, with its values in NAME.csv and the
    settings in NAME.json; OUT/index.html shows those of the last call. What is drawn from training
    runs needs --runs, and is otherwise listed with the command that makes them. The defaults of
    --cells and --batches are the settings of arXiv:2402.18281, §3.1.1.

    Exit codes: 0 made, or waiting for runs; 2 bad input, or runs that cannot be drawn (the rest is
    made); 130 stopped (what was made stays).
    """
    with extra("reports build", "reports"):
        from reports.building import build
        from reports.choosing import chosen
        from reports.context import Context
        from reports.heatmap import Settings
        from reports.progress import progress
        from reports.records import Records

        items = chosen(names, paper)
        Settings(cells, batches, seed=seed)  # refuses what is too small before anything is made
        with progress() as tell:
            context = Context(seed, cells, batches, Records(runs), tell)
            built = build(items, context, out)
    _say(built, out)
    _refuse_failed(built)


def _say(built: "list[Built]", out: Path) -> None:
    for one in built:
        if one.waiting:
            click.echo(f"{one.item.name}: {one.waiting}")
        elif one.failed:
            click.echo(f"{one.item.name}: not made: {one.failed}")
        else:
            click.echo(f"{one.item.name}: {', '.join(one.files)} ({one.seconds:.1f} s)")
    waiting = [x.item.name for x in built if x.waiting]
    if waiting:
        click.echo(f"Make their runs: reports record {' '.join(waiting)} --small --runs RUNS")
    click.echo(f"The page: {(out / 'index.html').resolve()}")


def _refuse_failed(built: "list[Built]") -> None:
    """Raises `RunRecordError` if an item's runs could not be drawn."""
    from reports.errors import RunRecordError

    failed = [x.item.name for x in built if x.failed]
    if failed:
        raise RunRecordError(
            f"{len(failed)} of {len(built)} not made: {', '.join(failed)}. Mend or leave out the "
            "runs named above, and give the same command again."
        )
