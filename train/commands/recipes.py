"""`train recipes`: the published runs, and the command lines that repeat them."""

import click

from derive.commands import extra


@click.command("recipes", short_help="List the papers' runs, or show one in full.")
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json", "toml"]), default="table")
def command(name: str | None, form: str) -> None:
    """List the runs of papers 001 and 003 as recipes, or show NAME in full.

    A recipe is a loss with its hyper-parameters, an encoder, a text, a protocol and its changes;
    `train run --recipe NAME` runs it, with --small in a form that a CPU finishes. The figures
    beside it are the paper's. What a paper does not state is listed as such.
    """
    from train.recipes.listing import known_recipe, recipes

    found = list(recipes().values()) if name is None else [known_recipe(name)]
    if form == "toml":
        from train.recipes.show import as_toml

        click.echo(as_toml(found))
        return
    with extra("train recipes", "train"):
        from rich.console import Console

        from train.recipes.show import as_json, print_recipe, print_recipes
    if form == "json":
        click.echo(as_json(found, name is not None))
        return
    console = Console(markup=False, highlight=False, emoji=False)
    if name is not None:
        print_recipe(console, found[0])
    else:
        from train.sweeps.reader import read, shipped

        print_recipes(console, found, {x: read(x).source for x in shipped()})
