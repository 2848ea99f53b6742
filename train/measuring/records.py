"""The records of a run's measurements, read back for reports. Imports no torch."""

from pathlib import Path

from train.folder import Record, RunFolder
from train.measuring.errors import MeasurementError

MEASUREMENT, COST = "measurement", "measurement cost"  # events of metrics.jsonl
SCHEMA = 1


def read_measurements(folder: Path) -> list[Record]:
    """The measurements of a run by step, one a step; their schema is in docs/measuring.md.

    A step that was measured twice (the run was killed, and went on from before it) counts once,
    the later record; a damaged line, as a kill may leave, is left out. Empty if nothing was
    measured. Raises `MeasurementError` for a folder without metrics.jsonl, or another schema.
    """
    run = RunFolder(Path(folder))
    if not run.metrics.is_file():
        raise MeasurementError(
            f"{str(folder)!r} holds no metrics.jsonl. Give the folder of a `train run`."
        )
    found = {x["step"]: x for x in run.records() if x.get("event") == MEASUREMENT}
    for record in found.values():
        if record.get("schema") != SCHEMA:
            raise MeasurementError(
                f"{run.metrics}: step {record['step']} has schema {record.get('schema')!r}, and "
                f"this version reads {SCHEMA}. Read it with the version that wrote it."
            )
    return [found[step] for step in sorted(found)]
