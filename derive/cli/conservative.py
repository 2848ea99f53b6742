"""`derive conservative`."""

import click

from derive.commands import format_option, loss_option, parse_settings, set_option


@click.command("conservative", short_help="Say whether the gradient is that of a scalar.")
@loss_option
@set_option
@format_option
def command(loss: str, settings: tuple[str, ...], form: str) -> None:
    """Is the gradient's field the gradient of a scalar? Yes, with the scalar, or no, with two
    cosines whose cross derivatives differ."""
    from derive.conservation import conservative
    from derive.sources import find

    result = conservative(find(loss), **parse_settings(settings))
    click.echo(result.render(form))
