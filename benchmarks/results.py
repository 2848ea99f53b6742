"""Originals against modified losses on one encoder: 3 seeds each, equal budgets, STS-B and SICK-R.

    python -m benchmarks.results floor --model DIR --eval-data DIR --out runs/results
    python -m benchmarks.results run --model DIR --corpus FILE --eval-data DIR --out runs/results
    python -m benchmarks.results page --out runs/results

`run` can be stopped and called again, and several can share the losses (--losses a,b): a finished
run is only read. Without --lr each loss first takes the learning rate that has the best STS-B dev
after half the steps, on a seed of its own, so that none is judged at another's; then the seeds are
trained at that rate. With --lr all have that one, which takes a third of the time. Losses and
hyper-parameters are those of 001 (arXiv 2402.18281), Tables 3, 5 and 6. `floor` scores the
average of the encoder's own embedding layer, which a training has to pass to have shown anything.
"""

import json
from pathlib import Path
from typing import Any

import click

RECIPES = {
    "infonce": "001-table-3-infonce-bert", "met": "001-table-3-met-bert",
    "mhe": "001-table-5-mhe", "mmhe": "001-table-6-mmhe",
    "mhs": "001-table-5-mhs", "mmhs": "001-table-6-mmhs",
    "barlow_twins": "001-table-5-barlow_twins", "mbarlow": "001-table-6-mbarlow",
    "vicreg": "001-table-5-vicreg", "mvicreg": "001-table-6-mvicreg",
}  # fmt: skip
PAIRS = (("mhe", "mmhe"), ("mhs", "mmhs"), ("barlow_twins", "mbarlow"), ("vicreg", "mvicreg"))
RATES = (3e-5, 1e-4, 3e-4)
RATE_SEED = 1000  # not among the seeds that are reported
DEV = "STS-B dev, Spearman"
FLOOR = "floor.json"
MAX_LENGTH = 32
HERE = Path(__file__).parents[1]


@click.group()
def main() -> None:
    """Train and compare; write the page."""


@main.command()
@click.option("--model", required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--eval-data", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
def floor(model: str, eval_data: Path, out: Path) -> None:
    """Score the average of the untrained encoder's embedding layer."""
    from benchmarks.embedding_layer import floor as measured
    from benchmarks.results_page import listed

    out.mkdir(parents=True, exist_ok=True)
    found = measured(model, eval_data, MAX_LENGTH)
    (out / FLOOR).write_text(json.dumps(found, indent=1) + "\n")
    click.echo(listed(found))


@main.command()
@click.option("--model", required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--corpus", required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--eval-data", required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--losses", default=",".join(RECIPES), show_default=True)
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--steps", type=int, default=200, show_default=True)
@click.option("--lr", type=float, help="For all losses. Default: chosen for each.")
@click.option("--pooling", default="mean", show_default=True)
@click.option("--max-characters", type=int, help="Longer sentences are left out.")
def run(losses: str, out: Path, seeds: int, lr: float | None, **given: Any) -> None:
    """Choose each loss's rate, unless it is given, then train its seeds."""
    from rich.console import Console

    from train.sweeps.runs import TrainingRuns
    from train.sweeps.seeds import run_seeds

    console = Console(markup=False, highlight=False)
    for loss in losses.split(","):
        rate = chosen(loss, out, given, console) if lr is None else lr
        console.print(f"{loss}: learning rate {rate:g}")
        options = options_of(loss, rate, given)
        run_seeds(options, range(seeds), out / loss / "seeds", TrainingRuns(), console)


def chosen(loss: str, out: Path, given: dict[str, Any], console: Any) -> float:
    """The rate with the best STS-B dev after half the steps, at the seed that is for this alone."""
    from train.sweeps.runs import TrainingRuns
    from train.sweeps.seeds import run_seeds

    scores = {}
    for rate in RATES:
        options = options_of(loss, rate, given | {"steps": given["steps"] // 2})
        where = out / loss / f"rate-{rate:g}"
        found = run_seeds(options, [RATE_SEED], where, TrainingRuns(), console)
        scores[rate] = found.rows[0].scores().get(DEV, float("-inf"))
    return max(scores, key=scores.__getitem__)


def options_of(loss: str, rate: float, given: dict[str, Any]) -> dict[str, Any]:
    """What `RunConfig` takes: the recipe's loss and hyper-parameters, the same budget for all."""
    from train.recipes import recipe

    found = recipe(RECIPES[loss])
    return {
        "loss": found["loss"], "settings": found["settings"], "model": given["model"],
        "corpus": given["corpus"], "max_characters": given["max_characters"],
        "eval_data": given["eval_data"], "protocol": "default",
        "overrides": {"pooling": given["pooling"], "steps": given["steps"], "lr": rate,
                      "batch_size": 64, "max_length": MAX_LENGTH},
    }  # fmt: skip


@main.command()
@click.option("--out", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--page", default=HERE / "docs" / "results.md", type=click.Path(path_type=Path))
def page(out: Path, page: Path) -> None:
    """Write docs/results.md from the finished runs."""
    from benchmarks.results_page import text

    records = {
        loss: json.loads(path.read_text())
        for loss in RECIPES
        if (path := out / loss / "seeds" / "summary.json").is_file()
    }
    least = json.loads((out / FLOOR).read_text()) if (out / FLOOR).is_file() else {}
    page.write_text(text(records, least, out), encoding="utf-8")
    click.echo(f"Written: {page}, {len(records)} of {len(RECIPES)} losses")


if __name__ == "__main__":
    main()
