"""docs/training-speed.md from the records."""

import statistics
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from typing import Any

from benchmarks.training.parts import LENGTHS, LEVERS, MINI_BATCHES
from benchmarks.training.records import PACKAGES

PAGE = Path(__file__).parents[2] / "docs" / "training-speed.md"
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # Student's t, two-sided, by number of seeds

HEAD = """# The speed of training

Written by `python -m benchmarks.training page` from what `python -m benchmarks.training trainer`,
`caching`, `levers` and `scores` measured. Trainers that are compared run in a process each and
take turns, one step at a time; a ratio is of two neighbouring steps, loading, logging and
optimiser included. Above 1 is faster. Beside the ratio of wall-clock time stands the one of
processor time, over all threads, which a busy machine disturbs less.
"""

LEVER_NAMES = {
    "none": "none of them (`--no-one-pass --no-trim`)",
    "one_pass": "one pass for both views (`--one-pass`)",
    "trim": "less padding (`--trim`)",
    "one_pass, trim": "the last two (default)",
    "bucket": "batches of like length (`--bucket`)",
    "freeze": "frozen embedding tables (`--freeze embeddings`)",
    "bf16": "bfloat16 activations (`--precision bf16`)",
    "compile": "compiled encoder (`--compile`)",
}


def write(held: dict[str, Any], out: Path) -> None:
    """The page, of the parts that are on record."""
    cells, about = held["cells"], held["about"]
    lines = [HEAD]
    for section, of in ((trainer, ("trainer",)), (caching, ("caching",)), (levers, LEVER_PARTS)):
        found = list(section(cells))
        if found:
            notes = dict.fromkeys(x for part in of if part in about for x in how(about[part]))
            lines += [*found, "", *notes, ""]
    out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def how(about: dict[str, Any]) -> Iterator[str]:
    """On what it was measured."""
    versions = ", ".join(f"{x} {about[x]}" for x in PACKAGES)
    yield (
        f"Measured {about['date']} with {about['model']}; {about['text']}; {about['threads']} "
        f"thread(s) of {about['cpu']}; {versions}."
    )


def spread(cell: dict[str, Any]) -> str:
    """Columns: smallest, median and largest ratio, that of processor time, and the seconds."""
    ratio = cell["ratio"]
    seconds = list(cell["seconds"].values())
    return (
        f"{ratio['min']:.2f} | **{ratio['median']:.2f}** | {ratio['max']:.2f} | "
        f"{cell['processor']:.2f} | {seconds[0]:.2f} | {seconds[1]:.2f} | {cell['steps']}"
    )


LEVER_PARTS = ("levers", "scores")
RATIO = "smallest | median | largest | processor time | s, this | s, other | steps"
RULES = " | ".join(["---:"] * 7)


def trainer(cells: dict[str, Any]) -> Iterator[str]:
    """Section of the two trainers."""
    if "trainer" not in cells:
        return
    yield "## Against sentence-transformers' trainer\n"
    yield (
        "InfoNCE with τ = 1/20 as `train run` trains it against `SentenceTransformerTrainer` with "
        "`MultipleNegativesRankingLoss(scale=20)`: the same weights, the same batches of 64 "
        "sentences cut at 32 tokens (their checksums are compared), each sentence under two "
        "dropout masks. Ours has the sentence as one column, tokenised once, and both views in one "
        "pass, the long sentences and the short ones in calls of their own (`--trim`).\n"
    )
    yield f"| | {RATIO} |\n|---|{RULES}|"
    yield f"| `train run` | {spread(cells['trainer'])} |"


def caching(cells: dict[str, Any]) -> Iterator[str]:
    """Section of gradient caching."""
    found = [k for k in cells if k.startswith("caching/")]
    if not found:
        return
    yield "## Gradient caching\n"
    yield (
        "The same against `CachedMultipleNegativesRankingLoss` with the same mini-batch size. Ours "
        "encodes the sentences of a batch in the order of their lengths, without the padding "
        "that a mini-batch does not need, and of the shorter ones as many at a time as have the "
        "tokens of a mini-batch of the longest. Loss and gradient are the same to rounding "
        "(`tests/derive/test_lengths.py`).\n"
    )
    yield f"| batch | tokens, at most | mini-batch | {RATIO} |\n|---:|---:|---:|{RULES}|"
    for key in sorted(found, key=_place):
        _, batch, length, mini = key.split("/")
        yield f"| {batch} | {length} | {mini} | {spread(cells[key])} |"


def _place(key: str) -> tuple[int, int, int]:
    _, batch, length, mini = key.split("/")
    return int(batch), LENGTHS.index(int(length)), MINI_BATCHES.index(int(mini))


def levers(cells: dict[str, Any]) -> Iterator[str]:
    """Section of the levers: speed, and what it costs."""
    if not any(k.startswith(("speed/", "score/")) for k in cells):
        return
    yield "## Each lever, and what it costs\n"
    yield (
        "Each alone against none of them: the speed, and Spearman's correlation (in hundredths) "
        "after training the same number of steps from the same encoder. The difference is of "
        "equal seeds, with its 95% interval by Student's t: an interval that holds 0 shows no "
        "cost, and no proof that there is none.\n"
    )
    yield (
        f"| lever | {RATIO} | score, seed by seed | mean | difference |\n"
        f"|---|{RULES}|---|---:|---:|"
    )
    for lever, name in LEVER_NAMES.items():
        speed = spread(cells[f"speed/{lever}"]) if f"speed/{lever}" in cells else " | " * 6
        yield f"| {name} | {speed} | {scored(cells, lever)} |"
    before = cells.get("score/none/0")
    if before:
        yield (
            f"\n{before['name']}; before training {100 * before['before']:.2f}; "
            f"{before['settings']['steps']} steps of 64 sentences."
        )
        if before["after"] < before["before"]:
            yield (
                "\nTraining lowers the score of this encoder: a lever that ends higher may have "
                "trained less, and is not better for it."
            )


def scored(cells: dict[str, Any], lever: str) -> str:
    """Columns: each seed, the mean, the difference to no lever."""
    seeds = [k.split("/")[2] for k in cells if k.startswith(f"score/{lever}/")]
    scores = [100 * cells[f"score/{lever}/{x}"]["after"] for x in seeds]
    if not scores:
        return " | | "
    shown = f"{', '.join(f'{x:.2f}' for x in scores)} | {statistics.mean(scores):.2f}"
    held = [x for x in seeds if f"score/none/{x}" in cells]
    if lever == "none" or len(held) < 2:
        return f"{shown} | "
    apart = [
        100 * (cells[f"score/{lever}/{x}"]["after"] - cells[f"score/none/{x}"]["after"])
        for x in held
    ]
    half = T_95.get(len(apart), 2.0) * statistics.stdev(apart) / sqrt(len(apart))
    return f"{shown} | {statistics.mean(apart):+.2f} ± {half:.2f}"


assert set(LEVER_NAMES) == set(LEVERS)
