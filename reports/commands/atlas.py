"""`reports atlas`: a site of losses to read and to try."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.commands import extra

if TYPE_CHECKING:
    from reports.atlas.site import Built


@click.command("atlas", short_help="A site of losses: formulas, plots, claims, results.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the site.")
@click.option("--loss", "losses", multiple=True, metavar="LOSS",
              help="A name of the catalogue, FILE.py:NAME, or a loss you saved (repeatable) "
              "[the catalogue].")  # fmt: skip
@click.option("--runs", type=click.Path(path_type=Path), metavar="DIR",
              help="Training runs, a folder a recipe, for the page of results.")  # fmt: skip
@click.option("--run", "folders", multiple=True, metavar="FOLDER", type=click.Path(path_type=Path),
              help="A folder that `train run` made (repeatable).")  # fmt: skip
@click.option("--bench", type=click.Path(path_type=Path), metavar="FILE",
              help="Results of `make bench` [build/bench/results.json].")  # fmt: skip
@click.option("--claims/--no-claims", default=True, help="Judge the papers' claims [yes].")
@click.option("--examples", type=int, default=20, show_default=True, help="A property test.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything drawn.")
@click.option("--jobs", type=int, help="Processes [one for each core].")
@click.option("--fresh", is_flag=True, help="Compute anew what was computed before.")
def command(
    out: Path,
    losses: tuple[str, ...],
    runs: Path | None,
    folders: tuple[Path, ...],
    bench: Path | None,
    claims: bool,
    examples: int,
    seed: int,
    jobs: int | None,
    fresh: bool,
) -> None:
    """Build a static site: a page a loss, and pages of claims, results and search.

    A page has the loss's formula and derived gradient, a plot to try, its relations to other
    losses, verification, the claims about it, and code to copy. The site works from the disk and
    without a network: open OUT/index.html. What was computed is kept (in the user's cache, or
    CONTRAGRAD_HOME/atlas) and taken from there as long as the sources are the same.

    Exit codes: 0 the site is there, whatever verdicts it shows; 2 bad input; 130 stopped (what was
    computed is kept).
    """
    with extra("reports atlas", "reports"):
        from reports.atlas.request import BENCHMARKS, Request
        from reports.atlas.site import build
        from reports.progress import progress
        from reports.records import Records

        request = Request(
            losses, Records(runs), folders, examples=examples, seed=seed, jobs=jobs,
            benchmarks=bench or BENCHMARKS, fresh=fresh, **({} if claims else {"papers": ()}),
        )  # fmt: skip
        if bench is not None:
            _check_file(bench)
        with progress() as tell:
            built = build(request, out, tell)
    _say(built, out)


def _check_file(file: Path) -> None:
    """Raises `ReportError` for results that were named and are not there."""
    from reports.errors import ReportError

    if not file.is_file():
        raise ReportError(f"--bench {str(file)!r} is no file. Measure first: make bench.")


def _say(built: "Built", out: Path) -> None:
    from collections import Counter

    verdicts = Counter(x.report.verdict.value for x in built.entries)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    click.echo(f"{len(built.entries)} losses: {counts}.")
    for kind, (number, size, heaviest) in built.weights().items():
        most = f", the heaviest {heaviest / 1000:.0f}" if number > 1 else ""
        click.echo(f"  {kind}: {size / 1000:.0f} kB{f' ({number}{most})' if number > 1 else ''}")
    click.echo(f"In all {sum(built.sizes.values()) / 1e6:.2f} MB.")
    if built.left:
        click.echo(f"Not of this build, left as they were: {', '.join(built.left)}.")
    click.echo(f"The site: {(out / 'index.html').resolve()}")
