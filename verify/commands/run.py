"""`verify run`: the ladder, for losses of the catalogue and of the user."""

import sys
from typing import TYPE_CHECKING

import click

from derive.commands import extra, parse_settings, set_option

if TYPE_CHECKING:
    from verify.parallel import Plan
    from verify.report import LossReport


@click.command("run")
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="LOSS",
    help="A name of the catalogue, FILE.py:NAME, or a loss you saved (repeatable) [the catalogue].",
)
@set_option
@click.option(
    "--rung",
    "rungs",
    multiple=True,
    metavar="RUNG",
    help="A rung by name or number, 1 to 6 (repeatable) [all].",
)
@click.option(
    "--profile",
    default="ci",
    show_default=True,
    help="How much is tried: ci | dev | thorough.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    help="Examples of each rung, instead of the profile's.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes [one for each core].")
@click.option("--format", "form", type=click.Choice(["table", "json", "junit"]), default="table")
def command(
    losses: tuple[str, ...],
    settings: tuple[str, ...],
    rungs: tuple[str, ...],
    profile: str,
    examples: int | None,
    seed: int,
    jobs: int | None,
    form: str,
) -> None:
    """Check losses rung by rung: from algebra to edges.

    1 identity, 2 points with 50 digits, 3 autograd of an oracle, 4 the fast objective in four
    dtypes, 5 relations without a reference, 6 singular inputs. A loss of the catalogue is compared
    with an oracle written from its paper; a loss of your own with its formula under autograd,
    which checks the derivation, not the formula.

    Exit code 0: all proved or agreeing; 1: something is refuted; 2: bad input; 3: something is
    undecided that is not on the list of verify/undecided.py; 130: interrupted. What an example
    refutes is printed with a program that shows it; the same --seed and --profile find it again.
    """
    with extra("verify run", "verify"):
        from verify.ladder import exit_code
        from verify.parallel import Plan, chosen_rungs

        plan = Plan(
            tuple(parse_settings(settings).items()), chosen_rungs(rungs), profile, examples, seed
        )
        reports = _verified(_checked(losses, plan), plan, jobs)
    code = exit_code(reports)
    _print(reports, form, code, plan)
    sys.exit(code)


def _checked(losses: tuple[str, ...], plan: "Plan") -> list[str]:
    """The losses, each once. Bad input is reported before the first check runs."""
    from derive.errors import ContragradError, HyperparameterError
    from derive.hyper import read_settings
    from derive.objectives import names
    from derive.sources import find
    from verify.inputs import check_inputs
    from verify.profiles import profile_of

    profile_of(plan.profile)
    chosen = list(dict.fromkeys(losses)) or names()
    for loss in chosen:
        objective = find(loss)
        check_inputs(objective)
        try:
            read_settings(objective.hyper, dict(plan.settings))
        except ContragradError as error:
            raise HyperparameterError(
                f"{loss}: {error} --set holds for every loss of the run: choose them with --loss."
            ) from error
    return chosen


def _verified(chosen: list[str], plan: "Plan", jobs: int | None) -> "list[LossReport]":
    """Every report, in the order of the losses, with the progress on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from verify.parallel import verified

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=len(chosen))

        def show(text: str, done: int) -> None:
            bar.update(task, description=text, completed=done)

        return verified(chosen, plan, jobs, show)


def _print(reports: "list[LossReport]", form: str, code: int, plan: "Plan") -> None:
    if form == "json":
        import json

        document = {
            "exit_code": code,
            "profile": plan.profile,
            "seed": plan.seed,
            "losses": [report.to_json() for report in reports],
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif form == "junit":
        from verify.junit import document_of

        click.echo(document_of(reports))
    else:
        from verify.table import print_table

        print_table(reports, plan)
