"""The `train` command: encoders trained with verified losses, and their scores.

One file a command; a command's file is imported when it is called, or for its line of help.
"""

import click

from derive.commands import LazyGroup

COMMANDS = (
    "run", "eval", "data", "recipes", "ablate", "sweep", "pretrain", "encoder",
)  # fmt: skip


@click.group(cls=LazyGroup, package="train.commands", commands=COMMANDS)
@click.version_option(package_name="contragrad", prog_name="train")
def main() -> None:
    """Train sentence encoders with verified contrastive losses, and score them."""


if __name__ == "__main__":
    main()
