"""`derive list`."""

from collections.abc import Iterator

import click

Line = tuple[str, str, str, str]  # name, what is differentiated, pool, title


@click.command("list", short_help="List the losses by name.")
def command() -> None:
    """List every objective, with what is differentiated and the pool of its negatives.

    Saved losses and those of installed packages come last, marked as such.
    """
    lines = [*_catalogue(), *_saved(), *_packages()]
    width = max(len(line[0]) for line in lines) + 1
    for name, differentiated, pool, title in lines:
        click.echo(f"{name:<{width}} {differentiated:<7} {pool:<11} {title}")


def _catalogue() -> Iterator[Line]:
    from derive.objectives import load, names

    for name in names():
        objective = load(name)
        yield name, objective.differentiated, objective.pool, objective.title


def _saved() -> Iterator[Line]:
    """What the recipes say; they are not built."""
    from derive import store
    from derive.errors import ContragradError

    for name in store.saved():
        try:
            title = store.summary(store.read(name))
        except ContragradError as error:
            title = f"damaged: {error}"
        yield name, "saved", "", title


def _packages() -> Iterator[Line]:
    """Where they come from; the packages are not imported."""
    from derive.packages import entry_points

    for x in entry_points():
        yield x.name, "package", x.package, x.target
