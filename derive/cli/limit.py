"""`derive limit`."""

import click

from derive.commands import format_option, loss_option, parse_settings, set_option


@click.command("limit", short_help="Show what a loss becomes as a parameter goes to 0 or ∞.")
@loss_option
@click.option(
    "--param", "parameter", required=True, metavar="NAME", help="The hyper-parameter, such as tau."
)
@click.option("--to", required=True, metavar="END", help="0 | oo | -oo, an end of its domain.")
@set_option
@format_option
def command(loss: str, parameter: str, to: str, settings: tuple[str, ...], form: str) -> None:
    """Show what a loss becomes as a hyper-parameter goes to an end of its domain."""
    from derive.asymptotics.limit import limit

    click.echo(limit(loss, parameter, to, **parse_settings(settings)).render(form))
