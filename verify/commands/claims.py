"""`verify claims`."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from derive.commands import extra

if TYPE_CHECKING:
    from verify.claims.model import Claim, Judged

_FORMATS = ("table", "markdown", "json")
_COLOURS = {
    "exact": "green", "tangent": "green", "conditional": "cyan", "false": "bold red",
    "undecided": "yellow", "empirical": "dim",
}  # fmt: skip
_LEAST = 24  # characters of a statement in the table, however narrow the terminal is


@click.command("claims", short_help="Judge what the papers print.")
@click.option(
    "--paper",
    "papers",
    multiple=True,
    metavar="PAPER",
    help="001 | 002 | 003 | 004 (repeatable) [all].",
)
@click.option("--claim", "only", multiple=True, metavar="ID", help="Only this claim (repeatable).")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
def command(papers: tuple[str, ...], only: tuple[str, ...], seed: int, form: str) -> None:
    """Judge every printed formula: exact, tangent, conditional, false, undecided, empirical.

    A verdict is computed, by a proof with 50-digit numbers beside it, or by a counterexample; for
    what is false, small edits that mend it are searched for.

    Exit code 0: every verdict was computed; 2: bad input; 3: a claim is undecided that is not on
    the list of verify/claims/undecided.py.
    """
    with extra("verify claims", "verify"):
        from verify.claims import PAPERS, all_claims, listing

        chosen = _only(all_claims(dict.fromkeys(papers) or PAPERS), only)
        found = _judged(chosen, seed)
    if form == "json":
        click.echo(listing.as_json(found))
    elif form == "markdown":
        click.echo(listing.as_markdown(found), nl=False)
    else:
        _print_table(found)
    sys.exit(_exit_code(found))


def _only(claims: "list[Claim]", ids: Sequence[str]) -> "list[Claim]":
    """The claims of these ids (none: all). Raises `UnknownNameError`."""
    from derive.errors import UnknownNameError

    known = {x.id: x for x in claims}
    for name in ids:
        if name not in known:
            raise UnknownNameError("claim", name, known)
    return [known[name] for name in dict.fromkeys(ids)] if ids else claims


def _judged(claims: "Sequence[Claim]", seed: int) -> "list[Judged]":
    """Each in turn, with progress on the standard error."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(claims))
        found = []
        for at, claim in enumerate(claims, 1):
            bar.update(task, description=f"{claim.id} ({at} of {len(claims)})")
            found.append(claim.judged(seed))
            bar.advance(task)
    return found


def _exit_code(found: "Sequence[Judged]") -> int:
    """0, or 3 for an undecided claim that is not listed, or for nothing to judge."""
    from verify.claims.model import Outcome
    from verify.claims.undecided import ALLOWED

    unlisted = [
        x.claim.id
        for x in found
        if x.judgement.outcome is Outcome.UNDECIDED and x.claim.id not in ALLOWED
    ]
    for name in unlisted:
        click.echo(f"undecided, and not on the list: {name}", err=True)
    return 3 if unlisted or not found else 0


def _print_table(found: "Sequence[Judged]") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from verify.claims.listing import counts, number, shortened

    console, table = Console(), Table()
    for title in ("id", "printed", "claim", "verdict", "when, or what holds instead"):
        table.add_column(title, overflow="fold", no_wrap=title == "id")  # an id is copied whole
    for x in found:
        judgement = x.judgement
        said = [*judgement.conditions, *([judgement.correction] if judgement.correction else [])]
        if judgement.outcome.value in ("undecided", "empirical"):
            said += judgement.evidence
        colour = _COLOURS[judgement.outcome.value]
        table.add_row(
            x.claim.id,
            x.claim.equation,
            escape(shortened(x.claim.printed, max(_LEAST, console.width // 4))),
            f"[{colour}]{judgement.outcome.value}[/]",
            escape("; ".join(said)),
        )
    console.print(table)
    console.print(f"{number(found)}: {counts(found)}", markup=False)
