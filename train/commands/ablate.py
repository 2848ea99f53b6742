"""`train ablate`: what each replaced component of a loss adds (001, Table 5)."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derive.commands import extra
from train.errors import ConfigError, TrainingInterrupted
from train.options import run_arguments, run_options

if TYPE_CHECKING:
    from train.sweeps.ablation import Step
    from train.sweeps.seeds import Seeds

FORMAT = "contragrad-ablation"


@click.command("ablate", short_help="Replace a loss's components one by one, and score each step.")
@click.option("--loss", required=True, metavar="LOSS", help="The loss to begin with.")
@click.option("--gd", metavar="COMPONENT", help="See `derive modify`. Default: as Table 5.")
@click.option("--weight", metavar="COMPONENT", help="See `derive modify`. Default: as Table 5.")
@click.option("--ratio", metavar="COMPONENT", help="See `derive modify`. Default: as Table 5.")
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True,
              help="Runs a step, with --seed and the numbers after it.")  # fmt: skip
@click.option("--out", metavar="DIR", help="Run folders and summary. Default: ablations/<loss>.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@run_options
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Train LOSS as it is, then with its dissipation, weight and ratio replaced in turn.

    For mhe, mhs, barlow_twins and vicreg the steps are those of Table 5 of 001; any other loss
    gets the baseline's components (hinge, softmax, r = 1), or yours. A star is a weight that is on
    the hardest negative alone already. Every step has the same budget; the mean is over the seeds,
    with its 95 % t-interval. Stop it and give the same command again: it goes on.

    Exit codes: 0 done (failed seeds are rows with their reason), 1 no run of any step finished or
    a step's loss is refuted, 2 bad input, 3 a step's loss has undecided checks, 4 the disk is full,
    130 stopped by Ctrl-C, 143 by SIGTERM.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # see `train run`
    with extra("train ablate", "train"):
        import scipy.stats  # noqa: F401 - missing: one message, before anything is made
        import sentence_transformers  # noqa: F401
    try:
        found = ablate(options)
    except (KeyboardInterrupt, TrainingInterrupted) as stop:
        click.echo("\nStopped. Finished runs are kept; the same command goes on.", err=True)
        ctx.exit(getattr(stop, "exit_code", 130))
    if not any(row.scores() for x in found.values() if x is not None for row in x.rows):
        raise nothing_finished(found)


def ablate(options: dict[str, Any]) -> "dict[str, Seeds | None]":
    """Run every step with every seed; what each came to, by its label."""
    from derive.sources import located
    from train.sweeps.ablation import steps
    from train.sweeps.runs import TrainingRuns

    loss = located(options["loss"])
    out = Path(options["out"] or f"ablations/{Path(options['loss'].rpartition(':')[2]).stem}")
    base = run_arguments(options)
    components = {role: options[role] for role in ("gd", "weight", "ratio")}
    plan = steps(loss, out.resolve() / "losses", components, base["settings"])
    runner = TrainingRuns()
    runs = [(step, options_of(step, base)) for step in plan]
    for _, given in runs:
        if given is not None:
            runner.check(given)
    return run_steps(runs, options, out, runner)


def options_of(step: "Step", base: dict[str, Any]) -> dict[str, Any] | None:
    """The run's options of a step, None for the star."""
    if step.loss is None:
        return None
    given = {**base, "loss": step.loss, "settings": dict(step.settings)}
    del given["seed"]
    return given


def run_steps(
    runs: "list[tuple[Step, dict[str, Any] | None]]",
    options: dict[str, Any],
    out: Path,
    runner: Any,
) -> "dict[str, Seeds | None]":
    """Run them in the order of the table, which is written after each."""
    from rich.console import Console

    from train.sweeps.seeds import run_seeds
    from train.sweeps.tables import print_steps

    console = Console(markup=False, highlight=False, emoji=False, stderr=True)
    seeds = range(options["seed"], options["seed"] + options["seeds"])
    found: dict[str, Seeds | None] = {}
    for step, given in runs:
        console.print(f"{step.label}: {step.loss or 'the weight needs no change'}")
        done = None if given is None else run_seeds(given, seeds, out / step.slug, runner, console)
        found[step.label] = done
        write(out, options["loss"], found)
    if options["form"] == "json":
        click.echo((out / "summary.json").read_text(encoding="utf-8"), nl=False)
    else:
        title = f"{options['loss']}, {options['seeds']} seed(s)"
        shown = Console(markup=False, highlight=False, emoji=False)
        print_steps(shown, title, "step", found)
        shown.print(f"Summary: {out / 'summary.json'}")
    return found


def write(out: Path, loss: str, found: "dict[str, Seeds | None]") -> None:
    """OUT/summary.json: the steps so far."""
    from train.sweeps.seeds import write_summary

    steps = {label: None if x is None else x.data() for label, x in found.items()}
    record = {"format": FORMAT, "loss": loss, "steps": steps}
    write_summary(out / "summary.json", json.loads(json.dumps(record)))


def nothing_finished(found: "dict[str, Seeds | None]") -> Exception:
    """The error of an ablation without a single score."""
    from train.errors import DivergedError

    reasons = {str(row.failure) for x in found.values() if x is not None for row in x.rows}
    if reasons == {"None"}:
        return ConfigError("the runs have no scores. Give --eval-data.")
    return DivergedError(f"no run of any step finished: {'; '.join(sorted(reasons))}")
