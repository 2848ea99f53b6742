"""`derive compare`."""

import click

from derive.commands import LossName, format_option, parse_settings


@click.command("compare", short_help="Say how two losses are related, proved or by numbers.")
@click.option(
    "--loss",
    "losses",
    type=LossName(),
    required=True,
    multiple=True,
    metavar="LOSS",
    help="Give it twice: A, then B (each as for `derive show`).",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A.tau=0.1 sets it in A, B.m=0 in B, tau=0.1 in both (repeatable).",
)
@format_option
def command(losses: tuple[str, ...], settings: tuple[str, ...], form: str) -> None:
    """Compare two losses: side by side, and how they are related, with a proof or numbers."""
    from derive.comparison.compare import compare
    from derive.errors import InputError

    if len(losses) != 2:
        raise InputError(
            f"--loss is given {len(losses)} time{'s' if len(losses) != 1 else ''}: compare takes "
            "two losses. Write --loss A --loss B."
        )
    click.echo(compare(*losses, parse_settings(settings)).render(form))
