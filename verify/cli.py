"""The `verify` command: proofs and tests of losses, of papers, and of anybody's code.

One file a command; a command's file is imported when it is called, or for its line of help.
"""

from importlib import import_module
from importlib.util import find_spec

import click

from derive.commands import CommandGroup

COMMANDS = ("run", "mutants", "claims", "audit", "same", "distributed")


class _Commands(CommandGroup):
    """Loads `verify/commands/<name>.py` for the command <name>."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if find_spec(f"verify.commands.{name}")]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS or find_spec(f"verify.commands.{name}") is None:
            return None
        command: click.Command = import_module(f"verify.commands.{name}").command
        return command


@click.group(cls=_Commands)
@click.version_option(package_name="contragrad", prog_name="verify")
def main() -> None:
    """Prove and test what `derive` derives, what papers print, and what others wrote."""
