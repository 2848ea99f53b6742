"""make bench, or parts of it:

    python -m benchmarks targets --n 2048 --loss infonce
    python -m benchmarks sides --n 1024
    python -m benchmarks large
    python -m benchmarks page

All of it takes some hours, on a machine that does nothing else. Results are kept in a JSON
file; what is in it is not measured again.
"""

import argparse
import sys
import warnings
from pathlib import Path

import torch

from benchmarks import large, page, side_by_side, store, targets
from derive.errors import ContragradError

PARTS = ("targets", "sides", "large", "page", "all")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--n", type=int, action="append", help="batch sizes (repeat the option)")
    parser.add_argument("--loss", action="append", help="a loss, or case of sides (repeat)")
    parser.add_argument("--repeats", type=int, default=5, help="of each step, interleaved")
    parser.add_argument("--d", type=int, default=targets.FEATURES, help="features")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, default=store.DEFAULT, help="where results are kept")
    parser.add_argument("--out", type=Path, default=page.FOLDER, help="where the page goes")
    parser.add_argument("--fresh", action="store_true", help="forget what the file holds")
    parser.add_argument("--keep", action="store_true", help="mix with results of other sources")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    a = arguments(given)
    torch.set_num_threads(a.threads)
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch._inductor")
    if a.part == "page":
        page.write(store.read(a.json), a.out)
        return
    results = store.Results(a.json, a.d, a.fresh, a.keep)
    if a.part in ("targets", "all"):
        targets.measure(results, tuple(a.n or targets.SIZES), a.loss, a.repeats, a.d)
    if a.part in ("sides", "all"):
        side_by_side.measure(results, tuple(a.n or side_by_side.SIZES), a.loss, a.repeats, a.d)
    if a.part in ("large", "all"):
        large.measure(results, tuple(a.n or large.SIZES) if a.part == "large" else large.SIZES)
    if a.part == "all":
        page.write(results.held(), a.out)


if __name__ == "__main__":
    try:
        main()
    except ContragradError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from here.")
