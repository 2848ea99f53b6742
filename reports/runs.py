"""What a training run left on disk, read for a page (`train.folder` says where what lies)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

from reports.errors import RunRecordError
from reports.run_config import read_config
from reports.sample_shape import is_number
from train.folder import RunFolder
from train.measuring import read_measurements

Scores = Mapping[str, float | None]  # None: undefined, the encoder has collapsed


@dataclass(frozen=True)
class Step:
    """One record of the training: loss is the training scalar (NaN if it was no number)."""

    step: int
    loss: float


@dataclass(frozen=True)
class Evaluation:
    """Scores by name; when: "before", "during" or "after"."""

    when: str
    step: int
    scores: Scores


@dataclass(frozen=True)
class Run:
    """A run on record. notes: what is missing or damaged, in sentences; finished: whether it
    trained to its end."""

    path: str
    loss: str
    config: Mapping[str, Any]
    steps: tuple[Step, ...]
    evaluations: tuple[Evaluation, ...]
    notes: tuple[str, ...]
    finished: bool = True

    def scores(self, when: str) -> Scores | None:
        """The latest scores of that kind."""
        found = [x.scores for x in self.evaluations if x.when == when]
        return found[-1] if found else None

    @cached_property
    def measurements(self) -> tuple[Mapping[str, Any], ...]:
        """What was measured while it trained, by step, as docs/measuring.md describes a record.

        Empty if nothing was. Raises `MeasurementError` for records of another version,
        `RunRecordError` for damaged ones.
        """
        if not RunFolder(Path(self.path)).metrics.is_file():
            return ()
        found = tuple(read_measurements(Path(self.path)))
        for record in found:
            if not {"held_out", "train"} <= record.keys():
                raise RunRecordError(
                    f"{self.path}: the measurement at step {record['step']} lacks its samples. "
                    "Make the run again in another folder, or leave it out."
                )
        return found


def read_run(path: Path) -> Run:
    """A run folder. Raises `RunRecordError` unless it holds the configuration of a run.

    A run that is not finished and a line of the metrics that cannot be read are notes.
    """
    folder = RunFolder(path)
    config = read_config(folder)
    records, notes = _records(folder)
    finished = any(x["event"] == "finished" for x in records)
    if not finished:
        notes.append("The run is not finished: what follows is what it recorded so far.")
    steps, evaluations = _steps(records), _evaluations(records)
    if any(not isfinite(x.loss) for x in steps):
        notes.append("Some recorded losses are not finite; the curve has gaps there.")
    if any(None in x.scores.values() for x in evaluations):
        notes.append("Some scores are undefined: every pair of sentences had the same similarity.")
    if not isinstance(_mapping(config, "corpus").get("rows", 0), int):
        notes.append("config.json is damaged: the number of rows of the text is no number.")
    loss = config["options"]["loss"]
    return Run(str(path), loss, config, steps, evaluations, tuple(notes), finished)


def _records(folder: RunFolder) -> tuple[list[dict[str, Any]], list[str]]:
    """Every whole line of metrics.jsonl, and a note about each other one.

    Raises `RunRecordError` where the file cannot be read.
    """
    if not folder.metrics.exists():
        return [], ["There is no metrics.jsonl: nothing was recorded."]
    records, notes = [], []
    try:
        lines = folder.metrics.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise RunRecordError(
            f"{folder.metrics} cannot be read ({error}). Restore it or leave this run out."
        ) from error
    for number, line in enumerate(lines, 1):
        record = _record(line)
        if record is not None:
            records.append(record)
        elif line.strip():
            last = " It is the last: a kill may have cut it short." if number == len(lines) else ""
            notes.append(f"Line {number} of metrics.jsonl is damaged and left out.{last}")
    if not records and len(notes) > 1:
        raise RunRecordError(
            f"{folder.metrics}: none of its {len(notes)} lines can be read. Restore it or leave "
            "this run out."
        )
    return records, notes


def _record(line: str) -> dict[str, Any] | None:
    """A record with what its event needs, or None."""
    try:
        record = json.loads(line)
        whole = isinstance(record["step"], int) and isinstance(record["event"], str)
        if record["event"] == "step":
            whole = whole and type(record["loss"]) in (int, float)
        elif record["event"] == "evaluation":
            scores = record["scores"].values()
            whole = whole and isinstance(record["when"], str)
            whole = whole and all(x is None or is_number(x) for x in scores)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if whole else None


def _steps(records: list[dict[str, Any]]) -> tuple[Step, ...]:
    """In order of step; of a step recorded twice (a resumed run) the later record counts."""
    latest = {x["step"]: float(x["loss"]) for x in records if x["event"] == "step"}
    return tuple(Step(step, loss) for step, loss in sorted(latest.items()))


def _evaluations(records: list[dict[str, Any]]) -> tuple[Evaluation, ...]:
    found = [x for x in records if x["event"] == "evaluation"]
    return tuple(Evaluation(x["when"], x["step"], x["scores"]) for x in found)


def settings_of(run: Run) -> Iterator[tuple[str, str]]:
    """What the run was made of, as (label, value)."""
    options, schedule = run.config["options"], _mapping(run.config, "schedule")
    corpus, checked = _mapping(run.config, "corpus"), _mapping(run.config, "verification")
    settings = _mapping(options, "settings")
    yield "hyper-parameters", ", ".join(f"{k} = {v}" for k, v in settings.items()) or "defaults"
    yield "encoder", str(options.get("model") or "a small BERT, randomly initialised")
    if corpus:
        rows = corpus.get("rows")
        count = f"{rows:,}" if isinstance(rows, int) else "an unknown number of"
        yield "text", f"{corpus.get('name')}, {count} rows; {corpus.get('views')}"
    for key, value in schedule.items():
        if key != "save_every":
            yield key.replace("_", " ").replace("lr", "peak learning rate"), str(value)
    yield "seed", str(options.get("seed"))
    yield "device", str(run.config.get("device"))
    if checked:
        yield "verified before training", str(checked.get("verdict"))
    versions = _mapping(run.config, "versions")
    yield "versions", ", ".join(f"{k} {v}" for k, v in versions.items())
    yield "again", str(run.config.get("command"))


def _mapping(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, Mapping) else {}
