"""`train run`: verify a loss, then train an encoder with it."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from derive.commands import extra
from train.errors import ConfigError, TrainingInterrupted
from train.options import as_found, run_arguments, run_options


@click.command(short_help="Verify a loss, then train an encoder.")
@click.option(
    "--loss",
    metavar="LOSS",
    help="A name that `derive list` shows, FILE.py:NAME, or a loss you saved.",
)
@click.option("--recipe", metavar="NAME", help="Loss and settings of a paper's run: see recipes.")
@click.option("--small", is_flag=True, help="The recipe scaled down for a CPU.")
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Train so many, with --seed and the numbers after it; mean and interval.",
)
@click.option("--out", help="Run folder. Default: runs/<loss>-<seed>-<n>, runs/<loss>-seeds.")
@click.option("--resume", metavar="DIR", help="Go on with the run in DIR, with its options.")
@run_options
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Verify a loss, then train an encoder with it and score it before and after.

    With --loss alone this is a demonstration, not a benchmark: a small BERT made on the spot
    learns from verses in two of three English Bible translations (public domain, installed
    with the package, no download) and is scored on books it has not seen, in minutes on a CPU.
    With --corpus, a sentence and itself under another dropout mask are the two views; a corpus
    with columns gives pairs, or triples with a hard negative.

    Several processes, one loss of the whole batch:
    torchrun --nproc-per-node 2 -m train.cli run ...

    Exit codes: 0 done, 1 the loss is refuted or diverged, the embeddings have collapsed or a
    process was lost, 2 bad input, 3 the loss has undecided checks, 4 the disk is full, 130 stopped
    by Ctrl-C, 143 by SIGTERM (the message says how to go on).
    """
    # Before torch is loaded: threads that spin while they wait make a run five times slower when
    # the machine has other work (37 against 177 rows a second, measured with two such runs).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        start_or_resume(ctx, options)
    except TrainingInterrupted as stop:
        click.echo(f"\n{stop}", err=True)
        ctx.exit(stop.exit_code)
    except KeyboardInterrupt:
        click.echo("\nStopped before the run had a folder: nothing to go on with.", err=True)
        ctx.exit(130)


def start_or_resume(ctx: click.Context, options: dict[str, Any]) -> None:
    """Train; the heavy imports happen here."""
    with extra("train run", "train"):
        from rich.console import Console

        from train import ranks
        from train import run as runs

    console = Console(markup=False, highlight=False, emoji=False)  # a path may hold [brackets]
    try:
        with ranks.one_message():
            if options["resume"] is not None:
                check_only_resume(ctx)
                given = ctx.get_parameter_source("device") is ParameterSource.COMMANDLINE
                runs.resume(Path(options["resume"]), options["device"] if given else None, console)
            else:
                begin(configuration(ctx, options), options, console)
    finally:
        ranks.leave()


def begin(config: Any, options: dict[str, Any], console: Any) -> None:
    """Train a new run, or one with several seeds."""
    from train import ranks
    from train import run as runs

    out = Path(options["out"]) if options["out"] else None
    if options["seeds"] == 1:
        runs.start(config, out, console)
        return
    if ranks.world() > 1:
        raise ConfigError(f"--seeds {options['seeds']} under torchrun: give one --seed a call.")
    from train.sweeps.several import run_several

    run_several(asdict(config), options["seeds"], out, console)


def configuration(ctx: click.Context, options: dict[str, Any]) -> Any:
    """The run's configuration from the command's options and, below them, its recipe's."""
    from train.config import RunConfig

    values = {"loss": options["loss"], **run_arguments(options)}
    if options["recipe"] is not None:
        values = over_recipe(ctx, options, values)
    elif options["small"]:
        raise ConfigError("--small scales a recipe down. Give --recipe, or settings of your own.")
    if values["loss"] is None:
        raise ConfigError("--loss is missing. `derive list` shows the losses; try --loss mvicreg.")
    from derive.sources import located

    return RunConfig(**values | {"loss": located(values["loss"])})


def over_recipe(
    ctx: click.Context, options: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    """The recipe's arguments, replaced by what the command line gives.

    Raises `ConfigError` for another loss than the recipe's.
    """
    from train.recipes import over, recipe

    values = recipe(options["recipe"], options["small"])
    if given["loss"] not in (None, values["loss"]):
        raise ConfigError(
            f"--recipe {options['recipe']} is of --loss {values['loss']}. Leave --loss out."
        )
    told = {
        name: value
        for name, value in given.items()
        if isinstance(value, dict)
        or (ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and name != "loss")
    }
    return as_found(over(values, told))


def check_only_resume(ctx: click.Context) -> None:
    """A resumed run has its options on record: raises `ConfigError` for any but --device."""
    given = [
        "--" + {"settings": "set"}.get(name, name).replace("_", "-")
        for name in ctx.params
        if name not in ("resume", "device")
        and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise ConfigError(
            f"{', '.join(given)} cannot go with --resume: the run keeps the options it began "
            "with. Leave them out, or start a new run."
        )
