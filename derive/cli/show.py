"""`derive show`."""

import click

from derive.commands import loss_option, parse_settings, set_option

_FORMATS = ("text", "latex", "markdown", "mathml", "json", "torch")


@click.command("show", short_help="Show a loss: gradient, dissipation, weight, ratio.")
@loss_option
@set_option
@click.option("--preset", metavar="NAME", help="Named settings from the loss's sources.")
@click.option("--format", "form", default="text", show_default=True, help=" | ".join(_FORMATS))
@click.option("--steps", is_flag=True, help="The derivation, rule by rule.")
@click.option("--wrt", metavar="EMBEDDING", help="Instead: the gradient by one embedding, "
              "anchor | positive | negative | raw.")  # fmt: skip
@click.option("--norms", is_flag=True, help="Norms of the pull and the push, in angles.")
@click.option(
    "--alpha", "alpha_view", is_flag=True, help="The α-CL view: the importance of each pair."
)
@click.option("--properties", is_flag=True, help="Range, limits, invariances, hardness.")
def command(
    loss: str,
    settings: tuple[str, ...],
    preset: str | None,
    form: str,
    wrt: str | None,
    **parts: bool,
) -> None:
    """Show an objective: formula, gradient, dissipation, weight, ratio and remainder.

    --format torch prints one Python file that needs only torch: the loss, its gradient in closed
    form, the formulas in its docstring. --format mathml prints a fragment of HTML.
    """
    from derive.paradigm import decompose
    from derive.sheets import Sheet, with_preset
    from derive.sources import find

    objective = find(loss)
    chosen = with_preset(objective, preset, parse_settings(settings))
    if wrt is None:
        click.echo(Sheet(decompose(objective, chosen), **parts).render(form))
        return
    _alone(parts)
    from derive.gradients import gradient

    click.echo(gradient(objective, wrt, **chosen).render(form))  # type: ignore[arg-type]


def _alone(parts: dict[str, bool]) -> None:
    """--wrt shows another gradient than the sheet's: the sheet's parts do not belong to it."""
    if any(parts.values()):
        names = ", ".join(f"--{name.partition('_')[0]}" for name, asked in parts.items() if asked)
        raise click.UsageError(f"--wrt and {names} are of different sheets. Run them one by one.")
