"""`train`: encoders trained with verified losses."""

import os
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from derive.commands import CommandGroup, extra, parse_settings, set_option
from train.errors import ConfigError, TrainingInterrupted


@click.group(cls=CommandGroup)
@click.version_option(package_name="contragrad")
def main() -> None:
    """Train sentence encoders with verified contrastive losses."""


@main.command()
@click.option(
    "--loss",
    metavar="LOSS",
    help="A name that `derive list` shows, FILE.py:NAME, or a loss you saved.",
)
@set_option
@click.option("--model", help="Encoder: a folder or hub name. Default: a small new BERT.")
@click.option("--corpus", help="Training text, one sentence a line. Default: embedded texts.")
@click.option("--eval-data", help="SentEval's data folder: scores STS-B and SICK-R.")
@click.option("--out", help="Run folder. Default: runs/<loss>-<seed>-<n>.")
@click.option("--resume", metavar="DIR", help="Go on with the run in DIR, with its options.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--steps", type=int, help="Default: 150; with --model, once through the text.")
@click.option("--batch-size", type=int, help="Rows, each of two views. Default: 64.")
@click.option("--lr", type=float, help="Peak learning rate. Default: 1e-3; with --model, 3e-5.")
@click.option("--max-length", type=int, help="Tokens. Default: 64; with --model, 32.")
@click.option("--max-sentences", type=int, help="Draw so many rows of the text. Default: all.")
@click.option("--eval-every", type=int, help="Also score every so many steps.")
@click.option("--save-every", type=int, help="Checkpoint every so many steps. Default: a tenth.")
@click.option("--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto")
@click.option("--accept-undecided", is_flag=True, help="Train a loss with undecided checks.")
@click.pass_context
def run(ctx: click.Context, /, **options: Any) -> None:
    """Verify a loss, then train an encoder with it and score it before and after.

    With --loss alone this is a demonstration, not a benchmark: a small BERT made on the spot
    learns from verses in two of three English Bible translations (public domain, installed
    with the package, no download) and is scored on books it has not seen, in minutes on a CPU.
    With --corpus, a sentence and itself under another dropout mask are the two views.

    Exit codes: 0 done, 1 the loss is refuted or diverged or the embeddings have collapsed, 2 bad
    input, 3 the loss has undecided checks, 130 stopped by Ctrl-C (the message says how to go on).
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

        from train import run as runs

    console = Console(markup=False, highlight=False, emoji=False)  # a path may hold [brackets]
    if options["resume"] is not None:
        check_only_resume(ctx)
        given = ctx.get_parameter_source("device") is ParameterSource.COMMANDLINE
        runs.resume(Path(options["resume"]), options["device"] if given else None, console)
    else:
        runs.start(*configuration(options), console)


def configuration(options: dict[str, Any]) -> tuple[Any, Path | None]:
    """The run's configuration and folder from the command's options."""
    from train.config import RunConfig

    values = {name: value for name, value in options.items() if name not in ("out", "resume")}
    if values["loss"] is None:
        raise ConfigError("--loss is missing. `derive list` shows the losses; try --loss mvicreg.")
    from derive.sources import located

    values["loss"] = located(values["loss"])
    values["settings"] = parse_settings(values["settings"])
    for name in ("corpus", "eval_data", "model"):  # on record as found from any directory
        if values[name] is not None and Path(values[name]).exists():
            values[name] = str(Path(values[name]).resolve())
    return RunConfig(**values), Path(options["out"]) if options["out"] else None


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
