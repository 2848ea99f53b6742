"""The same run with several seeds: each in its own folder, none run twice, all in one summary.

OUT/seed-0/ … OUT/seed-2/    run folders
OUT/summary.json             options, per-seed rows, mean and interval of every score
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from train.errors import CollapsedError, DivergedError, SweepError, TrainingInterrupted
from train.folder import make, write_atomically
from train.storage import storage_errors
from train.sweeps.interval import Interval, interval
from train.sweeps.runs import Options, Result, Runner, Scores
from train.sweeps.same import differing

SUMMARY = "summary.json"
FORMAT = "contragrad-seeds"


@dataclass(frozen=True)
class Row:
    """One seed: its scores before and after, or why there are none (`failure`)."""

    seed: int
    folder: str
    before: Scores
    after: Scores
    failure: str | None = None

    def scores(self) -> dict[str, float]:
        """The scores after training that are defined; none of a run that failed."""
        if self.failure is not None:
            return {}
        return {name: x for name, x in self.after.items() if x is not None}


@dataclass(frozen=True)
class Seeds:
    """The rows of all seeds of one run."""

    options: Options
    rows: tuple[Row, ...]

    @property
    def failures(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.failure is not None)

    def intervals(self) -> dict[str, Interval]:
        """Every score's mean and interval over the seeds that have it, in the runs' order."""
        found: dict[str, list[float]] = {}
        for row in self.rows:
            for name, value in row.scores().items():
                found.setdefault(name, []).append(value)
        return {name: interval(values) for name, values in found.items()}

    def data(self) -> dict[str, Any]:
        """As summary.json holds it."""
        return {
            "format": FORMAT,
            "options": dict(self.options),
            "scores": {name: x.data() for name, x in self.intervals().items()},
            "failed": len(self.failures),
            "rows": [vars(row) for row in self.rows],
        }


def run_seeds(
    options: Options,
    seeds: Sequence[int],
    out: Path,
    runner: Runner,
    console: Console,
    *,
    stop_at_failure: bool = False,
    on_run: Callable[[int], None] = lambda seed: None,
) -> Seeds:
    """Run `options` with each seed, in `out`/seed-<seed>; what is finished there is only read.

    A run that diverges or collapses is a row with its reason, and is not run again (delete its
    folder to have it again). The summary has the seeds of earlier calls too. stop_at_failure: then
    the seeds that are left are not begun. on_run: called before each run that is not finished yet.

    Raises `SweepError` if `out` holds runs of other options, `TrainingInterrupted` after a signal
    (the same call goes on), and as the runs do.
    """
    known = on_record(out, options)
    if not (out / SUMMARY).is_file():  # before the first run: a kill leaves whose runs these are
        write_summary(out / SUMMARY, Seeds(options, ()).data())
    rows: list[Row] = []
    for seed in seeds:
        folder = out / f"seed-{seed}"
        row = known.get(seed) if folder.is_dir() else None
        if row is None or row.failure is None:
            row = one(dict(options) | {"seed": seed}, folder, runner, console, on_run)
        rows.append(row)
        known[seed] = row
        write_summary(out / SUMMARY, Seeds(options, kept(known, out)).data())
        if row.failure is not None and stop_at_failure:
            break
    return Seeds(options, tuple(rows))


def kept(known: Mapping[int, Row], out: Path) -> tuple[Row, ...]:
    """The rows on record whose folders are there, by seed: also those that this call does not ask
    for, so that a failure is not run again and no result is forgotten."""
    return tuple(known[seed] for seed in sorted(known) if (out / known[seed].folder).is_dir())


def one(
    options: Options, folder: Path, runner: Runner, console: Console, on_run: Callable[[int], None]
) -> Row:
    """The row of one seed, run if it is not finished."""
    seed, name, failure = options["seed"], folder.name, None
    runner.refuse_other(options, folder)  # summary.json may have been deleted
    result = runner.result(folder)
    if result is None:
        on_run(seed)
        try:
            runner.run(options, folder, console)
        except TrainingInterrupted as stop:
            raise TrainingInterrupted(
                f"Stopped in {folder}. Finished runs are kept; the same command goes on.",
                stop.exit_code - 128,
            ) from stop
        except (DivergedError, CollapsedError) as error:
            failure = str(error)
        result = runner.result(folder)
    if result is None and failure is None:
        raise SweepError(f"the run in {folder} has ended without a result. Delete it and go on.")
    undefined = [] if result is None else [x for x, y in result.after.items() if y is None]
    if failure is None and undefined:  # finished by a process that was killed before it said so
        failure = f"collapsed: {', '.join(undefined)} undefined"
    before, after = result or Result({}, {})
    return Row(seed, name, dict(before), dict(after), failure)


def on_record(out: Path, options: Options) -> dict[int, Row]:
    """The rows of an earlier call, by seed. Raises `SweepError` if it had other options."""
    path = out / SUMMARY
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        rows = {row["seed"]: Row(**row) for row in record["rows"]}
        before = record["options"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SweepError(
            f"{path} is damaged: {error}. Delete it: the runs beside it stay."
        ) from error
    other = differing(before, options)
    if other:
        raise SweepError(
            f"{out} holds runs of other options ({other}). Choose another folder with --out."
        )
    return rows


def write_summary(path: Path, record: Mapping[str, Any]) -> None:
    """Write JSON so that a kill leaves the old file or the new one.

    Raises `StorageError` on a full disk.
    """
    with storage_errors(path.parent):
        make(path.parent)
        write_atomically(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
