"""`reports compare`: training runs side by side."""

from pathlib import Path

import click

from derive.commands import extra


@click.command("compare", short_help="Training runs side by side: curves, scores, settings.")
@click.argument("runs", metavar="RUN RUN...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for a page, pictures and CSV.")  # fmt: skip
def command(runs: tuple[Path, ...], out: Path | None) -> None:
    """Compare training runs: what differs between their settings, final scores with intervals,
    training curves and, where the runs measured them, curves of the gradient's components.

    A RUN is a folder of `train run`, or one with the runs of several seeds (seed-0, seed-1, …).
    The comparison is printed; with --out, OUT/index.html has its pictures, and every table and
    picture is beside it as CSV.

    Exit codes: 0 compared, unfinished or damaged runs with notes; 2 bad input.
    """
    with extra("reports compare", "reports"), extra("reports compare", "train"):
        from rich.console import Console

        from reports.comparison.comparison import compare
        from reports.comparison.terminal import print_comparison

        comparison = compare(runs)
        print_comparison(comparison, Console(markup=False, highlight=False, emoji=False))
        if out is not None:
            from reports.comparison.page import write_page

            files = write_page(comparison, out)
            click.echo(f"The page: {(out / files[0]).resolve()} and {len(files) - 1} files.")
