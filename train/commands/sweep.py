"""`train sweep`: a grid or a search over settings, by any number of workers."""

import json
import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derive.commands import extra, parse_settings
from train.errors import SweepError, TrainingInterrupted

if TYPE_CHECKING:
    from train.sweeps.spec import Spec

REPLACED = ("loss", "model", "corpus", "eval_data", "max_sentences", "device", "protocol")


@click.command("sweep", short_help="Search the settings of a loss, by one worker or many.")
@click.option("--spec", required=True, metavar="NAME|FILE.toml", help="See docs/sweeps.md.")
@click.option("--storage", metavar="URL", help="Database. Default: sqlite:///OUT/sweep.db.")
@click.option("--out", metavar="DIR", help="Run folders and logs. Default: sweeps/<name>.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True,
              help="Processes on this machine.")  # fmt: skip
@click.option("--status", is_flag=True, help="Show where it stands, and run nothing.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.option("--grace", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True,
              help="Seconds of silence after which a worker elsewhere is dead.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(1), help="Runs a trial, in place of the spec's.")
@click.option("--small", is_flag=True, help="The base's recipe scaled down for a CPU.")
@click.option("--loss", metavar="LOSS", help="In place of the base's.")
@click.option("--model", help="In place of the base's.")
@click.option("--corpus", metavar="SPEC", help="In place of the base's.")
@click.option("--eval-data", metavar="DIR", help="SentEval's data folder.")
@click.option("--max-sentences", type=click.IntRange(2), help="Draw so many rows of the text.")
@click.option("--protocol", help="In place of the base's.")
@click.option("--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]))
@click.option("--override", "overrides", multiple=True, metavar="NAME=VALUE",
              help="A setting of the protocol, as in [base.overrides] (repeatable).")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Run a sweep: its stages in turn, each trial once, with the score of the held-out data.

    Any number of workers, on any number of machines that reach the database, share the trials.
    Kill them and start them again: what is finished is not repeated, a trial that was cut short
    goes on from its last checkpoint, one that diverges or collapses is failed with its reason.

    Exit codes: 0 all stages are done, 1 every trial of a stage failed, 2 bad input, 4 the disk is
    full or the database has failed, 130 stopped by Ctrl-C, 143 by SIGTERM. After these three the
    same command goes on.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # see `train run`
    with extra("train sweep", "train"):
        import optuna  # noqa: F401 - missing: one message, before anything is made
        import sentence_transformers  # noqa: F401
    spec = chosen(options)
    out = Path(options["out"] or f"sweeps/{spec.name}")
    from train.sweeps.failing import database_errors
    from train.sweeps.storage import sqlite

    url = options["storage"] or sqlite(out / "sweep.db")
    with database_errors(url):
        if not options["status"]:
            try:
                run(spec, options, out, url)
            except (KeyboardInterrupt, TrainingInterrupted) as stop:
                said = "\nStopped. Finished trials are kept; the same command goes on."
                click.echo(said, err=True)
                ctx.exit(getattr(stop, "exit_code", 130))
        show(spec, url, options["form"])


def chosen(options: dict[str, Any]) -> "Spec":
    """The specification with what the command line replaces."""
    from dataclasses import replace

    from train.sweeps.reader import read

    given = {name: options[name] for name in REPLACED if options[name] is not None}
    words = parse_settings(options["overrides"], "--override")
    if words:
        given["overrides"] = {name: typed(text) for name, text in words.items()}
    spec = read(options["spec"], given, small=options["small"])
    if options["loss"] is not None:  # several losses' sweeps in one database
        spec = replace(spec, name=f"{spec.name}-{Path(options['loss']).stem}")
    if options["seeds"]:
        first = spec.seeds[0]
        spec = replace(spec, seeds=tuple(range(first, first + options["seeds"])))
    return spec


def typed(text: str) -> Any:
    """A value of TOML: 3e-5, 64, true; any other text is itself."""
    import tomllib

    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def run(spec: "Spec", options: dict[str, Any], out: Path, url: str) -> None:
    """Run what is left of the sweep, in this process or in several."""
    from rich.console import Console

    from train.folder import make
    from train.sweeps.pool import Job, run_pool
    from train.sweeps.runs import TrainingRuns
    from train.sweeps.worker import Pace, Worker

    runner, pace = TrainingRuns(), Pace(grace=options["grace"])
    runner.check(spec.options({}))
    refuse_unmeasured(spec)
    make(out)
    console = Console(markup=False, highlight=False, emoji=False, stderr=True)
    if options["workers"] > 1:
        run_pool(Job(spec, url, out, runner, pace), options["workers"], console)
    else:
        Worker(spec, url, out, runner, console, pace).work()


def refuse_unmeasured(spec: "Spec") -> None:
    """Raises `SweepError` if the data that the metric is measured on are not given."""
    if spec.metric.startswith(("STS", "SICK")) and not spec.base.get("eval_data"):
        raise SweepError(
            f"the sweep chooses by {spec.metric!r}, and there are no data for it. Give --eval-data "
            "DIR, or another metric in the specification."
        )
    from train.materials import score_names

    names = score_names(spec.base.get("corpus"), spec.base.get("eval_data"))
    if spec.metric not in names:
        near = get_close_matches(spec.metric, names, n=1)
        raise SweepError(
            f"the sweep chooses by {spec.metric!r}, which its runs do not measure. "
            + (f"Did you mean {near[0]!r}? " if near else "")
            + f"They measure {', '.join(names)}."
        )


def show(spec: "Spec", url: str, form: str) -> None:
    """Print the status, as a table or as JSON."""
    from rich.console import Console

    from train.sweeps.status import print_status, refuse_missing, status_of
    from train.sweeps.storage import Storage

    refuse_missing(url)
    status = status_of(Storage(url), spec)
    if form == "json":
        click.echo(json.dumps(status.data(), indent=2, ensure_ascii=False))
    else:
        print_status(Console(markup=False, highlight=False, emoji=False), status)
