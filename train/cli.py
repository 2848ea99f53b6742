"""The `train` command: encoders trained with verified losses, and their scores.

One file a command; a command's file is imported when it is called, or for its line of help.
"""

from importlib import import_module
from importlib.util import find_spec

import click

from derive.commands import CommandGroup

COMMANDS = (
    "run", "eval", "data", "recipes", "ablate", "sweep", "pretrain", "encoder",
)  # fmt: skip


class _Commands(CommandGroup):
    """Loads `train/commands/<name>.py` for the command <name>."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if find_spec(f"train.commands.{name}")]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS or find_spec(f"train.commands.{name}") is None:
            return None
        command: click.Command = import_module(f"train.commands.{name}").command
        return command


@click.group(cls=_Commands)
@click.version_option(package_name="contragrad", prog_name="train")
def main() -> None:
    """Train sentence encoders with verified contrastive losses, and score them."""


if __name__ == "__main__":
    main()
