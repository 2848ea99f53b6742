"""The `derive` command: what an objective's gradient does, derived while you wait.

One file a command; a command's file is imported when it is called, or for its line of help.
"""

from importlib import import_module

import click

from derive.commands import CommandGroup

COMMANDS = ("list", "show", "limit", "compare", "modify", "compose", "conservative")


class _Commands(CommandGroup):
    """Loads `derive/cli/<name>.py` for the command <name>."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]  # `list` is the command of that name here

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"derive.cli.{name}").command
        return command


@click.group(cls=_Commands)
@click.version_option(package_name="contragrad", prog_name="derive")
def main() -> None:
    """Derive the gradient of a contrastive or self-supervised loss and take it apart."""
