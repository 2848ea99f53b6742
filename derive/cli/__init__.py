"""The `derive` command: what an objective's gradient does, derived while you wait.

One file a command; a command's file is imported when it is called, or for its line of help.
"""

import click

from derive.commands import LazyGroup

COMMANDS = ("list", "show", "limit", "compare", "modify", "compose", "conservative")


@click.group(cls=LazyGroup, package="derive.cli", commands=COMMANDS)
@click.version_option(package_name="contragrad", prog_name="derive")
def main() -> None:
    """Derive the gradient of a contrastive or self-supervised loss and take it apart."""
