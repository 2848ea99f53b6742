"""`train eval` of finished runs: the tasks that a figure shows and that no run scores itself."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.errors import RunRecordError
from reports.runs import Run

EVALUATION = "evaluation.json"  # in the run's folder
_OPTIONS = {
    "text": "auto", "batch_size": 64, "max_length": None, "pooling": None, "device": "auto",
    "threads": None,
}  # fmt: skip


def available(tasks: str, data: Path) -> tuple[str, ...]:
    """Those of the tasks whose data are all there. Raises `EvaluationError` for no data at all."""
    from train.senteval import tasks as known
    from train.senteval.data import NEEDED, lacking
    from train.senteval.tree import find

    tree = find(data)
    text = tree.text("auto")
    data_of = {known.DIAGNOSTICS: NEEDED}
    names = known.chosen(tasks) if tasks else ()
    return tuple(x for x in names if not lacking(data_of.get(x, x), tree, text))


def evaluate_run(folder: Path, tasks: tuple[str, ...], data: Path, device: str) -> None:
    """Score the run's encoder; what its evaluation.json holds already is kept. Raises as
    `train eval`."""
    from train.commands.eval import evaluate

    out = folder / EVALUATION
    held = _read(out) if out.is_file() else {"tasks": {}, "diagnostics": None}
    left = [x for x in tasks if x not in held["tasks"]]
    if held["diagnostics"] is not None:
        left = [x for x in left if x != "diagnostics"]
    if left:
        options = _OPTIONS | {"device": device, "data": str(data), "tasks": ",".join(left)}
        evaluate(out, options | {"model": str(folder / "model")})


def diagnostics(run: Run) -> Mapping[str, Any] | None:
    """Uniformity, tolerance and the rest of `train eval`'s diagnostics, if they were computed."""
    path = Path(run.path) / EVALUATION
    return _read(path)["diagnostics"] if path.is_file() else None


def _read(path: Path) -> Mapping[str, Any]:
    """Its tasks and diagnostics. Raises `RunRecordError` for another file."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found = {"tasks": dict(record["tasks"]), "diagnostics": record["diagnostics"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunRecordError(
            f"{path} is no evaluation ({error}). Delete it and give `reports record` again."
        ) from error
    return found
