"""What measuring costs a run: its share of the step time, in runs that alternate.

    python -m benchmarks.measuring --steps 500 --runs 3

One small BERT (4 layers, 256 wide), batches of 64 rows of 32 tokens, on the CPU. Runs without and
with measuring alternate; each step and each measurement is timed apart, and their medians compared.
Seconds are the CPU's, of all threads: those of the clock follow what else the machine does. A run
of 500 steps has 11 measurements; what its share would be is worked out from a shorter one
(--steps 12 --every 2).
"""

import argparse
import json
import statistics
import sys
import time
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers import SentenceTransformerTrainingArguments as Arguments
from transformers import PrinterCallback, TrainerCallback

from derive.objectives import load
from derive.torch.sentences import SentenceLoss
from train import encoder
from train.config import RunConfig
from train.corpus import DROPOUT, Corpus
from train.measuring import measuring
from train.measuring.records import COST, MEASUREMENT
from train.protocols import Protocol

BATCH, TOKENS, ROWS = 64, 32, 4096
STEPS, IN_500 = 500, 11  # of a run at the defaults, and its measurements
LIMIT = 0.03  # the share that measuring may take


def sentences(seed: int, words: int = 24) -> list[str]:
    """Random words: as many tokens as the encoder reads, so that every batch is full."""
    random = Random(seed)
    known = [
        "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 5)))
        for _ in range(3000)
    ]
    return [" ".join(random.choices(known, k=words)) for _ in range(ROWS)]


def small_bert(texts: list[str], width: int, layers: int) -> SentenceTransformer:
    """`train.encoder.build` in another shape."""
    return encoder.build(texts, 0, TOKENS, "cpu", encoder.SmallBert(width=width, layers=layers))


class Before(TrainerCallback):
    """The end of every step, before the callbacks that follow."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.times = [time.process_time()]

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.times.append(time.process_time())


class After(Before):
    """The same after the callbacks that come first."""


def run(
    loss: str, steps: int, every: int | None, width: int, layers: int, *, measures: bool
) -> dict[str, Any]:
    """One run: seconds of its steps, of its measurements, and the share on its own record."""
    texts = sentences(0)
    model = small_bert(texts, width, layers)
    held_out, kept = (Corpus("", DROPOUT, x, x) for x in (texts[:400], texts[400:]))
    records: list[dict[str, Any]] = []
    protocol = Protocol(steps=steps, batch_size=BATCH, measure_every=every)
    objective = load(loss)
    made = measuring(RunConfig(loss), protocol, objective, held_out, kept, model, records.append)
    callbacks = [made] if measures else []
    before, after = Before(), After()
    with TemporaryDirectory() as folder:
        args = Arguments(
            output_dir=folder, max_steps=steps, per_device_train_batch_size=BATCH, use_cpu=True,
            dataloader_drop_last=True, dataloader_pin_memory=False, disable_tqdm=True,
            report_to="none", save_strategy="no", logging_steps=10_000,
        )  # fmt: skip
        rows = Dataset.from_dict({"anchor": list(kept.anchors)})
        trainer = SentenceTransformerTrainer(
            model=model, args=args, train_dataset=rows, loss=SentenceLoss(model, loss),
            callbacks=[before, *callbacks, after],
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return _read(before.times, after.times, records)


def _read(before: list[float], after: list[float], records: list[dict[str, Any]]) -> dict[str, Any]:
    """A step is from the end of the callbacks of the one before to the begin of its own."""
    found = {"step": statistics.median(b - a for a, b in zip(after, before[1:], strict=False))}
    cost = next((x for x in records if x["event"] == COST), None)
    if cost is None:
        return found
    between = [b - a for a, b in zip(before, after, strict=True)]
    steps = (x["step"] for x in records if x["event"] == MEASUREMENT)
    seconds = [between[step] for step in steps]
    found |= {"measurement": statistics.median(seconds), "n": len(seconds)}
    found |= {"setup": cost["setup_seconds"], "share": cost["share"]}
    found["kilobytes"] = sum(len(json.dumps(x)) for x in records) / 1000
    whole = STEPS * found["step"]
    found["at_500"] = (seconds[0] + (IN_500 - 1) * found["measurement"] + found["setup"]) / whole
    return found


def options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.measuring", description=__doc__)
    parser.add_argument("--loss", action="append", help="default: infonce, mvicreg, vicreg")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--every", type=int, help="default: that of runs")
    parser.add_argument("--runs", type=int, default=1, help="of each loss, in turn")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    a = options(given)
    torch.set_num_threads(a.threads)
    worst = 0.0
    for number in range(1, a.runs + 1):
        for loss in a.loss or ("infonce", "mvicreg", "vicreg"):
            shape = a.steps, a.every, a.width, a.layers
            without, found = (run(loss, *shape, measures=x) for x in (False, True))
            worst = max(worst, found["at_500"])
            print(
                f"run {number} {loss}: step {without['step']:.3f} s without, {found['step']:.3f} s "
                f"with; a measurement {found['measurement']:.3f} s = "
                f"{found['measurement'] / found['step']:.2f} steps, {found['n']} of them; set-up "
                f"{found['setup']:.2f} s; share {found['share']:.2%} here, {found['at_500']:.2%} "
                f"of {STEPS} steps; {found['kilobytes']:.0f} kB",
                flush=True,
            )
    if worst >= LIMIT:
        sys.exit(f"Error: measuring took {worst:.2%} of the step time; the limit is {LIMIT:.0%}.")


if __name__ == "__main__":
    main()
