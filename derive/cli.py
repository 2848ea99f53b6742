"""The `derive` command: what an objective's gradient does, derived while you wait."""

import click

from derive.commands import CommandGroup, parse_settings, set_option

_FORMATS = ("text", "latex", "json")


@click.group(cls=CommandGroup)
@click.version_option(package_name="contragrad", prog_name="derive")
def main() -> None:
    """Derive the gradient of a contrastive or self-supervised loss and take it apart."""


@main.command("list")
def list_objectives() -> None:
    """List every objective, with what is differentiated and the pool of its negatives."""
    from derive.objectives import load, names

    for name in names():
        objective = load(name)
        pool = "cross-view" if objective.pool.name.endswith("'") else "same-view"
        click.echo(f"{name:<10} {objective.differentiated:<7} {pool:<11} {objective.title}")


@main.command()
@click.option("--loss", required=True, metavar="NAME", help="An objective (see `derive list`).")
@set_option
@click.option("--format", "form", default="text", show_default=True, help=" | ".join(_FORMATS))
@click.option("--steps", is_flag=True, help="Show the derivation, rule by rule.")
def show(loss: str, settings: tuple[str, ...], form: str, steps: bool) -> None:
    """Show an objective: formula, gradient, dissipation, weight, ratio and remainder."""
    from derive.objectives import load
    from derive.paradigm import decompose
    from derive.printing import render

    result = decompose(load(loss), parse_settings(settings))
    click.echo(render(result, format=form, steps=steps))


if __name__ == "__main__":
    main()
