"""How fast training is:

    python -m benchmarks.training trainer          # against sentence-transformers' trainer
    python -m benchmarks.training caching          # against its gradient caching, batch 4096
    python -m benchmarks.training levers           # speed of each lever
    python -m benchmarks.training scores --model FOLDER   # held-out score with each lever
    python -m benchmarks.training page             # docs/training-speed.md from the records

On a machine that does nothing else. The trainers take turns step by step. What is on record is not
measured again; --fresh forgets it. Sentences and STS-B dev come from the folder CONTRAGRAD_DATA.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.training import page, parts, records, shape, text
from derive.errors import ContragradError
from train.trainer import quiet

PARTS = ("trainer", "caching", "levers", "scores", "page", "all")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--model", help="a folder; default: a new BERT, 4 layers, 256 wide")
    parser.add_argument("--steps", type=int, default=30, help="timed, of each trainer")
    parser.add_argument("--large-steps", type=int, default=3, help="timed, with caching")
    parser.add_argument("--batch", type=int, default=4096, help="with caching")
    parser.add_argument("--lever", action="append", choices=list(parts.LEVERS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--train-steps", type=int, default=50, help="before a score")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, default=records.DEFAULT, help="the records")
    parser.add_argument("--out", type=Path, default=page.PAGE)
    parser.add_argument("--fresh", action="store_true", help="forget the records of the part")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    a = arguments(given)
    quiet()
    kept = records.Records(a.json)
    if a.part != "page":
        measure(a, kept)
    if a.part in ("page", "all"):
        page.write(kept.held, a.out)
        print(f"Written: {a.out}")


def measure(a: argparse.Namespace, kept: records.Records) -> None:
    sentences, source = text.texts(100_000)
    with shape.folder(a.model, sentences) as model:
        setting = parts.Setting(model, sentences, a.threads, a.steps)
        named = Path(a.model).name if a.model else shape.NEW
        kept.about(a.part, a.fresh, text=source, model=named, threads=a.threads)
        levers = a.lever or list(parts.LEVERS)
        if a.part in ("trainer", "all"):
            parts.trainers(setting, kept.keep)
        if a.part in ("caching", "all"):
            parts.caching(setting, kept.keep, a.batch, a.large_steps)
        if a.part in ("levers", "all"):
            parts.speeds(setting, kept.keep, levers)
        if a.part in ("scores", "all"):
            if "CONTRAGRAD_DATA" in os.environ:
                data = Path(os.environ["CONTRAGRAD_DATA"], "senteval")
                parts.scores(setting, kept.keep, levers, a.seeds, a.train_steps, data)
            else:
                print("No held-out scores: CONTRAGRAD_DATA is not set.")


if __name__ == "__main__":
    try:
        main()
    except ContragradError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from here.")
