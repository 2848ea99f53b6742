"""docs/results.md from the summaries of `benchmarks.results run`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.results import DEV, PAIRS, RATES, RECIPES
from benchmarks.tables import table
from train.recipes import recipes
from train.sweeps.interval import Interval, interval

TEST = "STS-B test, Spearman"
SCORES = (DEV, TEST)
AVERAGE = "STS, average of seven"

HEAD = """# Results on a small encoder

Written by `python -m benchmarks.results page` from run folders; no number here was typed. The
question: does the ordering that 001 (arXiv 2402.18281) reports for BERT-base with a million
sentences show at this scale? The encoder is a stand-in ([encoders.md](encoders.md)), so the scores
themselves compare with nothing published.
"""


Found = Mapping[str, float | None]


def text(records: Mapping[str, Any], floor: Found, out: Path) -> str:
    """The page. records: by loss, the summary.json of its seeds; floor: of the embedding layer,
    empty where it was not measured."""
    some = next(iter(records.values()))
    shared = [HEAD, settings(some["options"]), rates(records), before(records, floor)]
    parts = [*shared, findings(records, floor), scores(records), pairs(records)]
    return "\n".join([*parts, per_seed(records, out)])


def settings(options: Mapping[str, Any]) -> str:
    """What all runs have in common."""
    o = options["overrides"]
    model, corpus = Path(options["model"]).name, Path(options["corpus"]).name
    longest = options["max_characters"]
    text = f"`{corpus}`" + (f", sentences of at most {longest} characters" if longest else "")
    return f"""- Encoder `{model}`, {o["pooling"]} pooling, no head; text {text}; two dropout views.
- {o["steps"]} steps of {o["batch_size"]} sentences, at most {o["max_length"]} tokens; AdamW,
  warm-up in a tenth of the steps, then linear decay; the last encoder is scored. Equal for all.
- Hyper-parameters of the losses: 001, Tables 3, 5 and 6, and ν of its code.
- Intervals: Student's t, 95 %, over the seeds, not corrected for the number of comparisons. With
  three seeds they are wide: "not told apart" is an interval of the difference that holds 0.
"""


def rates(records: Mapping[str, Any]) -> str:
    """Where the learning rates come from."""
    found = {record["options"]["overrides"]["lr"] for record in records.values()}
    if len(found) == 1:
        return (
            f"One learning rate for all, {found.pop():g}, not tuned for any of them: a rate of its "
            "own may change what a loss comes to.\n"
        )
    tried = ", ".join(f"{x:g}" for x in RATES)
    return (
        f"Learning rate: of {tried}, for each loss the one with the best STS-B dev after half the "
        "steps, on a seed that is not reported.\n"
    )


def before(records: Mapping[str, Any], floor: Found) -> str:
    """The encoder untrained, and its embedding layer alone: the same for all."""
    row = next(iter(records.values()))["rows"][0]["before"]
    said = f"Before training: {listed(row)}."
    if floor:
        said += (
            "\n\nThe encoder's embedding layer alone, averaged over the tokens, without any "
            f"training: {listed(floor)}. A training that does not pass it has not shown that it "
            "taught the encoder anything about sentences."
        )
    return said + "\n"


def listed(found: Found) -> str:
    """ "STS-B dev 39.31, STS-B test 25.84"."""
    known = ((short(name), value) for name, value in found.items() if value is not None)
    return ", ".join(f"{name} {100 * value:.2f}" for name, value in known)


def scores(records: Mapping[str, Any]) -> str:
    """A row a loss."""
    rows = []
    for loss, record in records.items():
        lr = f"{record['options']['overrides']['lr']:g}"
        cells = [shown(record["scores"].get(name)) for name in SCORES]
        rows.append([loss, lr, *cells, shown_published(loss)])
    head = ("loss", "lr", *(f"{short(x)} × 100" for x in SCORES), "published, other scale")
    return f"## Scores\n\n{table(head, rows)}\n"


def shown(score: Mapping[str, Any] | None) -> str:
    """ "61.20 ± 0.35", in hundredths."""
    if score is None:
        return "failed"
    width = score["half_width"]
    return f"{100 * score['mean']:.2f}" + (f" ± {100 * width:.2f}" if width is not None else "")


def pairs(records: Mapping[str, Any]) -> str:
    """Modified against original, seed by seed."""
    rows = [
        [
            f"{modified} − {original}",
            *(x.text(2) if (x := gained(records, original, modified, s)) else "failed"
              for s in SCORES),
            shown_published(original, modified),
        ]
        for original, modified in measured_pairs(records)
    ]  # fmt: skip
    head = ("difference", "STS-B dev × 100", "STS-B test × 100", "published (STS average)")
    return f"## Modified against original, paired by seed\n\n{table(head, rows)}\n"


def measured_pairs(records: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Originals and their modifications, where both are on record."""
    return [pair for pair in PAIRS if all(loss in records for loss in pair)]


def gained(records: Mapping[str, Any], original: str, modified: str, name: str) -> Interval | None:
    """Modified minus original in hundredths, over the seeds of both; None where there are none."""
    a, b = (by_seed(records[x], name) for x in (original, modified))
    seeds = sorted(a.keys() & b.keys())
    return interval([100 * (b[s] - a[s]) for s in seeds]) if seeds else None


def findings(records: Mapping[str, Any], floor: Found) -> str:
    """What the intervals say, and what they do not."""
    lines = []
    for name in SCORES:
        found = {modified: gained(records, original, modified, name)
                 for original, modified in measured_pairs(records)}  # fmt: skip
        lines.append(f"- {short(name)}, modified against original: {sides(found)}.")
    for name in SCORES:
        least = floor.get(name)
        if least is None:
            continue
        above = {
            loss: interval([100 * (x - least) for x in scored.values()]) if scored else None
            for loss, record in records.items()
            for scored in (by_seed(record, name),)
        }
        lines.append(f"- {short(name)}, trained against the untrained embedding layer: "
                     f"{sides(above)}.")  # fmt: skip
    return "## What it shows\n\n" + "\n".join(lines) + "\n"


def sides(differences: Mapping[str, Interval | None]) -> str:
    """Who is above, who is below, and of whom the interval holds 0."""
    by_side: dict[str, list[str]] = {}
    for loss, x in differences.items():
        if x is None:
            side = "failed"
        elif x.half_width is None or abs(x.mean) <= x.half_width:
            side = "not told apart"
        else:
            side = "higher" if x.mean > 0 else "lower"
        by_side.setdefault(side, []).append(loss)
    order = ("higher", "lower", "not told apart", "failed")
    return "; ".join(f"{side}: {', '.join(by_side[side])}" for side in order if side in by_side)


def short(name: str) -> str:
    """ "STS-B dev"."""
    return name.split(",")[0]


def published(loss: str) -> float | None:
    """Per cent, BERT-base: as the recipe has it from the paper."""
    found = {x.score: x.value for x in recipes()[RECIPES[loss]].published}
    return found.get(AVERAGE)


def shown_published(*losses: str) -> str:
    """Of one loss, or the second minus the first; a dash where the paper has none."""
    values = [x for x in map(published, losses) if x is not None]
    if len(values) < len(losses):
        return "–"
    return f"{values[0]:.2f}" if len(values) == 1 else f"{values[1] - values[0]:+.2f}"


def by_seed(record: Mapping[str, Any], name: str) -> dict[int, float]:
    """A score by seed, of the runs that did not fail."""
    return {
        row["seed"]: row["after"][name]
        for row in record["rows"]
        if row["failure"] is None and row["after"].get(name) is not None
    }


def per_seed(records: Mapping[str, Any], out: Path) -> str:
    """Every run, and the command that makes it again."""
    rows, commands = [], []
    for loss, record in records.items():
        for row in record["rows"]:
            cells = [f"{100 * (row['after'].get(x) or float('nan')):.2f}" for x in SCORES]
            rows.append([loss, str(row["seed"]), *cells, row["failure"] or ""])
        config = json.loads((out / loss / "seeds" / "seed-0" / "config.json").read_text())
        commands.append(command(config))
    head = ("loss", "seed", *map(short, SCORES), "failure")
    shown = "\n".join(commands)
    return (
        f"## Every run\n\n{table(head, rows)}\n\nThe runs of seed 0, one by one:\n\n"
        f"```sh\n{shown}\n```\n\nAll of them, and this page:\n\n"
        f"```sh\n{whole(records)}\n```\n"
    )


def whole(records: Mapping[str, Any]) -> str:
    """The commands behind the page."""
    options = next(iter(records.values()))["options"]
    o, longest = options["overrides"], options["max_characters"]
    found = {record["options"]["overrides"]["lr"] for record in records.values()}
    more = f" --lr {found.pop():g}" if len(found) == 1 else ""
    more += f" --max-characters {longest}" if longest else ""
    main = "python -m benchmarks.results"
    return f"""{main} floor --model DIR --eval-data DIR --out RUNS
{main} run --model DIR --corpus FILE --eval-data DIR --out RUNS \\
  --steps {o["steps"]} --pooling {o["pooling"]}{more} --losses {",".join(records)}
{main} page --out RUNS"""


def command(config: Mapping[str, Any]) -> str:
    """The run's own command, with the folders' names in place of their paths."""
    words: str = config["command"]
    for name in ("model", "corpus", "eval_data"):
        path = config["options"][name]
        words = words.replace(path, Path(path).name)
    return words
