"""The `verify` command: proofs and tests of losses, of papers, and of anybody's code.

One file a command; a command's file is imported when it is called, or for its line of help.
"""

import click

from derive.commands import LazyGroup

COMMANDS = ("run", "mutants", "claims", "audit", "same", "distributed")


@click.group(cls=LazyGroup, package="verify.commands", commands=COMMANDS)
@click.version_option(package_name="contragrad", prog_name="verify")
def main() -> None:
    """Prove and test what `derive` derives, what papers print, and what others wrote."""
