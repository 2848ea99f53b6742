"""`verify same`."""

from typing import Any

import click

from verify.commands.audit import audit_options, run


@click.command("same", short_help="Say whether two implementations are one loss.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@audit_options
def command(first: str, second: str, **options: Any) -> None:
    """Compare two losses: value and gradients, low precision, and where they are not finite.

    A and B are as FUNC of `verify audit`: FILE.py:NAME, a name of the catalogue, or a loss of an
    installed package (st:, pml:, lightly:, info-nce:).

    Exit code 0: the same at every point; 1: they differ; 2: cannot run; 3: undecided.
    """
    run("same", first, second, **options)
