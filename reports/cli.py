"""The `reports` command: the literature's figures and tables, pages and the atlas of losses.

One file a command; a command's file is imported when it is called, or for its line of help.
"""

import click

from derive.commands import LazyGroup

COMMANDS = ("list", "build", "record", "compare", "page", "atlas")


@click.group(cls=LazyGroup, package="reports.commands", commands=COMMANDS)
@click.version_option(package_name="contragrad", prog_name="reports")
def main() -> None:
    """Draw what is derived, verified and trained: figures, tables, pages, an atlas of losses."""


if __name__ == "__main__":
    main()
