"""`reports page`: chosen losses and runs on one page."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.commands import extra

if TYPE_CHECKING:
    from reports.page import Material, Request


@click.command("page", short_help="One self-contained page of chosen losses and runs.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the page.")
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="LOSS",
    help="A name of the catalogue, FILE.py:NAME, or a loss you saved (repeatable) [the catalogue].",
)
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="A folder that `train run` made (repeatable).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything drawn.")
@click.option("--cells", type=int, default=100, show_default=True, help="A side of a heatmap.")
@click.option("--batches", type=int, default=1000, show_default=True, help="A heatmap's cell.")
@click.option("--examples", type=int, default=20, show_default=True, help="A property test.")
@click.option("--verify/--no-verify", default=True, help="Verify every loss [yes].")
def command(
    out: Path,
    losses: tuple[str, ...],
    runs: tuple[Path, ...],
    seed: int,
    cells: int,
    batches: int,
    examples: int,
    verify: bool,
) -> None:
    """Build one self-contained HTML page: formulas, verification, heatmaps, training runs.

    The defaults of --cells and --batches are those of arXiv:2402.18281, Figure 2. The values of
    each heatmap lie beside the page as CSV. Exit code 0: the page is there, whatever verdicts it
    shows; 2: bad input.
    """
    with extra("reports page", "reports"):
        from reports.heatmap import Settings
        from reports.page import Request

        request = Request(
            losses, runs, Settings(cells, batches, seed=seed), examples if verify else None
        )
        page, material = _build(request, out)
    click.echo(_summary(material))
    click.echo(f"The page: {page.resolve()}")


def _build(request: "Request", out: Path) -> "tuple[Path, Material]":
    from reports.page import build as build_page
    from reports.progress import progress

    with progress() as tell:
        return build_page(request, out, tell)


def _summary(material: "Material") -> str:
    reports = [x.verification for x in material.losses]
    verdicts = Counter(x.verdict.value if x else "not verified" for x in reports)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    runs = f"; {_count(len(material.runs), 'training run')}" if material.runs else ""
    return f"{_count(len(reports), 'objective')}: {counts}{runs}."


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
