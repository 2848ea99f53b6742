"""`verify audit`."""

import sys
from collections.abc import Callable
from typing import Any

import click

from derive.commands import extra, parse_settings

_OPTIONS = (
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="An argument of the function or class, or a hyper-parameter: tau=0.05 for all that "
        "take it, A.tau=0.1 and B.tau=0.05 for one (repeatable).",
    ),
    click.option(
        "--inputs",
        metavar="FILE.py:FUNC",
        help="FUNC(seed) returns the batches (h, h_prime) to compare at [our own draws].",
    ),
    click.option(
        "--dtype",
        type=click.Choice(["float64", "float32", "float16", "bfloat16"]),
        default="float64",
        show_default=True,
    ),
    click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True),
    click.option(
        "--python",
        metavar="PATH",
        help="The Python that runs the code: of an environment with torch and what the code "
        "imports; it need not have contragrad [this one].",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=1),
        default=300,
        show_default=True,
        help="Seconds that the code may run.",
    ),
    click.option("--format", "form", type=click.Choice(["table", "json"]), default="table"),
)


def audit_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options that `verify audit` and `verify same` share."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command("audit", short_help="Say what somebody's loss really computes.")
@click.argument("function", metavar="FUNC")
@click.option("--against", metavar="LOSS", help="What it is meant to be [no reference].")
@audit_options
def command(function: str, against: str | None, **options: Any) -> None:
    """Audit a loss: against a definition, or alone; and say which definition it is.

    FUNC and LOSS: FILE.py:NAME, a function f(h, h_prime, **settings) → scalar or an nn.Module
    class that is built with the settings; a name of the catalogue; or a loss of a package that is
    installed: st:NAME (sentence-transformers), pml:NAME (pytorch-metric-learning), lightly:NAME,
    info-nce:InfoNCE. The code runs in a process of its own, for --timeout seconds.

    Exit code 0: the same as LOSS; 1: it differs; 2: it cannot run; 3: suspect, or undecided.
    """
    run("audit", function, against, **options)


def run(task: str, a: str, b: str | None, *, form: str, settings: Any, **options: Any) -> None:
    """Compares, prints, and leaves with the exit code."""
    with extra(f"verify {task}", "verify"):
        from verify.audits.front import Options, result
    found = result(task, a, b, Options(parse_settings(settings), **options))
    click.echo(found.render(form), err=found.verdict == "cannot run" and form == "table")
    sys.exit(found.exit_code)
