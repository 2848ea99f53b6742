"""`derive modify`."""

import click

from derive.commands import format_option, loss_option, parse_settings, save_option, set_option


@click.command("modify", short_help="Replace dissipation, weight or ratio of a loss.")
@loss_option
@click.option(
    "--gd", metavar="COMPONENT", help="one | hinge:m=0.3 | infonce:tau=… | arccon:tau=…,u=…"
)
@click.option(
    "--weight",
    metavar="COMPONENT",
    help="softmax:tau=0.05,over=row|batch,view=own|cross | energy:tau=… | hardest | "
    "inverse-distance | uniform | power:p=… | linear",
)
@click.option(
    "--ratio",
    metavar="COMPONENT",
    help="a number | arccon:u=… | met | pull (keep the pull of LOSS)",
)
@set_option
@save_option
@format_option
def command(
    loss: str,
    gd: str | None,
    weight: str | None,
    ratio: str | None,
    settings: tuple[str, ...],
    save: str | None,
    form: str,
) -> None:
    """Replace components of a loss's gradient; the others stay as derived from LOSS."""
    from derive.modification import explain, modify

    modified = modify(loss, gd=gd, weight=weight, ratio=ratio, **parse_settings(settings))
    text = explain(modified).render(form)
    if save is not None:
        from derive.modification import recipe_of
        from derive.store import save as store

        path = store(save, recipe_of(modified))
        click.echo(f"Saved as {path}", err=True)
    click.echo(text)
