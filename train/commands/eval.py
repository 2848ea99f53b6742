"""`train eval`."""

import os
import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derive.commands import INTERRUPTED, extra

if TYPE_CHECKING:
    from train.senteval.record import Results


@click.command("eval", short_help="Score an encoder on STS and transfer tasks.")
@click.argument("model", metavar="MODEL")
@click.option("--data", required=True, metavar="DIR", help="SentEval's folder `downstream`.")
@click.option(
    "--tasks",
    default="all",
    show_default=True,
    metavar="NAMES",
    help="all | sts | transfer | diagnostics, or tasks: STS12,MR (comma-separated).",
)
@click.option(
    "--text",
    type=click.Choice(["auto", "senteval", "original"]),
    default="auto",
    show_default=True,
    help="Text of the STS tasks: as SentEval tokenises it, or as published.",
)
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True)
@click.option("--max-length", type=click.IntRange(3), help="Tokens of a sentence. Default: 128.")
@click.option("--pooling", metavar="MODE", help="mean, cls, first_last, ... Default: its own.")
@click.option("--out", metavar="FILE.json", help="Keep each finished task here, and go on from it.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.option("--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto")
@click.option("--threads", type=click.IntRange(1), help="CPU threads. Default: all cores.")
@click.pass_context
def command(ctx: click.Context, /, out: str | None, form: str, **options: Any) -> None:
    """Score an encoder: seven STS tasks, seven transfer tasks, diagnostics of its embeddings.

    MODEL: the folder of a `train run`, any sentence-transformers or transformers folder, or a hub
    name. Scores are of test data: Spearman over a year's pairs, accuracy of a logistic regression.

    Exit codes: 0 done, 1 a score is undefined (collapsed embeddings) or embeddings are not finite,
    2 bad input, 130 stopped by Ctrl-C (with --out, the same command goes on).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads: see `train run`
    path = Path(out) if out else None
    try:
        results = evaluate(path, options)
    except KeyboardInterrupt:
        click.echo(f"\n{stopped(path)}", err=True)
        ctx.exit(INTERRUPTED)
    if form == "json":
        click.echo(results.as_json(), nl=False)
    else:
        from rich.console import Console

        from train.senteval.show import print_results

        print_results(results, Console(markup=False, highlight=False, emoji=False))
    refuse_undefined(results)


def stopped(path: Path | None) -> str:
    """How to go on after Ctrl-C."""
    if path is None:
        return "Stopped. Nothing is kept: give --out FILE.json to keep finished tasks."
    kept = f"Finished tasks are in {shlex.quote(str(path))}; " if path.exists() else ""
    return f"Stopped. {kept}the same command goes on."


def evaluate(path: Path | None, options: dict[str, Any]) -> "Results":
    """The finished evaluation; the heavy imports happen here."""
    with extra("train eval", "train"):
        from rich.console import Console
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        from train.senteval import data, evaluate, model, record, tasks, tree
        from train.senteval.show import Screen
        from train.trainer import pick_device, quiet
    quiet()
    names = tasks.chosen(options["tasks"])  # what is wrong is said before the long part
    check_pooling(options["pooling"])
    if path is not None:
        record.refuse_unwritable(path)
    found = tree.find(Path(options["data"]))
    text = found.text(options["text"])
    loaded = data.read_all(names, found, text)
    device = pick_device(options["device"])
    encoder = model.encoder(options["model"], options["max_length"], options["pooling"], device)
    identity = {"model": model.describe(encoder, options["model"]), "text": text}
    results = record.Results(identity, settings(options, names, device))
    if path is not None:
        record.take_up(results, path)
    threads = options["threads"]
    limit = threadpool_limits(threads) if threads else nullcontext()
    with limit, Screen(Console(stderr=True, markup=False, emoji=False)) as screen:
        encode = model.encoding(encoder, options["batch_size"])
        evaluate.run(names, loaded, encode, results, path, screen)
    return results


def settings(options: dict[str, Any], names: tuple[str, ...], device: str) -> dict[str, Any]:
    """What the numbers do not depend on, but for rounding."""
    import torch

    if options["threads"]:
        torch.set_num_threads(options["threads"])
    return {
        "data": str(Path(options["data"]).resolve()),
        "tasks": list(names),
        "batch_size": options["batch_size"],
        "device": device,
        "threads": torch.get_num_threads(),
    }


def check_pooling(mode: str | None) -> None:
    """Raises `ConfigError` for a pooling that there is not."""
    from train.errors import ConfigError
    from train.protocols import POOLING

    if mode is not None and mode not in POOLING:
        raise ConfigError(f"--pooling {mode!r}. Choose one of {', '.join(POOLING)}.")


def refuse_undefined(results: "Results") -> None:
    """Raises `CollapsedError` if a score is undefined; everything is shown and kept by then."""
    from train.errors import CollapsedError

    undefined = [name for name, record in results.tasks.items() if record["score"] is None]
    if undefined:
        raise CollapsedError(
            f"{', '.join(undefined)}: undefined, for all pairs of sentences have the same "
            "similarity. The encoder has collapsed: see the diagnostics, and train it again."
        )
