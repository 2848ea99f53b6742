"""`train pretrain`: a small BERT by masked language modelling."""

import os
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from derive.commands import extra
from train.errors import ConfigError, TrainingInterrupted


@click.command(short_help="Pretrain a small BERT on your sentences.")
@click.option("--corpus", metavar="FILE", help="Text, one sentence a line, or a table.")
@click.option("--out", metavar="DIR", help="New folder for the model and its records.")
@click.option("--layers", type=int, default=4, show_default=True)
@click.option("--width", type=int, default=256, show_default=True)
@click.option("--heads", type=int, default=4, show_default=True)
@click.option("--vocabulary", type=int, default=16_000, show_default=True, help="Word pieces.")
@click.option("--steps", type=int, help="Default: ten times through the text.")
@click.option("--minutes", type=float, help="Instead of --steps: as many as fit in this time.")
@click.option("--batch-size", type=int, default=64, show_default=True, help="Sentences.")
@click.option("--max-length", type=int, default=64, show_default=True, help="Tokens.")
@click.option("--lr", type=float, default=5e-4, show_default=True, help="Peak learning rate.")
@click.option("--warmup", type=int, help="Steps. Default: a tenth; with --minutes, 300.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--save-every", type=int, help="Checkpoint every so many steps. Default: a tenth.")
@click.option("--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto")
@click.option("--resume", metavar="DIR", help="Go on with the run in DIR, with its options.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Pretrain a small BERT on sentences: an encoder for --model that no similarity has tuned.

    The vocabulary is made from the text. With --minutes, the speed measured in the warm-up decides
    the number of steps, so that the learning rate reaches zero in time; the number goes on record.

    Exit codes: 0 done, 1 the loss diverged, 2 bad input, 4 the disk is full, 130 stopped by
    Ctrl-C, 143 by SIGTERM (the message says how to go on).
    """
    # Before torch is loaded: waiting threads that spin starve other work on the machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        start_or_resume(ctx, options)
    except TrainingInterrupted as stop:
        click.echo(f"\n{stop}", err=True)
        ctx.exit(stop.exit_code)


def start_or_resume(ctx: click.Context, options: dict[str, Any]) -> None:
    """Pretrain; the heavy imports happen here."""
    out, resume = options.pop("out"), options.pop("resume")
    if resume is not None:
        refuse_others(ctx)
    elif options["corpus"] is None or out is None:
        missing = "--corpus" if options["corpus"] is None else "--out"
        raise ConfigError(
            f"{missing} is missing. Write: train pretrain --corpus FILE --out DIR, "
            "or --resume DIR to go on with a run."
        )
    with extra("train pretrain", "train"):
        from rich.console import Console

        from train.encoders import pretrain
        from train.encoders.settings import Pretraining

    console = Console(markup=False, highlight=False, emoji=False)  # a path may hold [brackets]
    if resume is not None:
        pretrain.resume(Path(resume), console)
        return
    if Path(options["corpus"]).exists():  # on record as found from any directory
        options["corpus"] = str(Path(options["corpus"]).resolve())
    pretrain.start(Pretraining(**options), Path(out), console)


def refuse_others(ctx: click.Context) -> None:
    """Raises `ConfigError` for options beside --resume: the run has its own on record."""
    given = [
        "--" + name.replace("_", "-")
        for name in ctx.params
        if name != "resume" and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise ConfigError(
            f"{', '.join(given)} cannot go with --resume: the run keeps the options it began "
            "with. Leave them out, or start a new run."
        )
