"""`derive show`."""

import click

from derive.commands import loss_option, parse_settings, set_option

_FORMATS = ("text", "latex", "json")


@click.command("show")
@loss_option
@set_option
@click.option("--format", "form", default="text", show_default=True, help=" | ".join(_FORMATS))
@click.option("--steps", is_flag=True, help="Show the derivation, rule by rule.")
def command(loss: str, settings: tuple[str, ...], form: str, steps: bool) -> None:
    """Show an objective: formula, gradient, dissipation, weight, ratio and remainder."""
    from derive.paradigm import decompose
    from derive.printing import render
    from derive.sources import find

    result = decompose(find(loss), parse_settings(settings))
    click.echo(render(result, format=form, steps=steps))
