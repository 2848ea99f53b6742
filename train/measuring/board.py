"""The measurements in TensorBoard, where it is installed."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from train.folder import Record
from train.measuring.summaries import EDGES, QUANTILES, Json

FOLDER = "tensorboard"  # within the run folder


class Board:
    """Scalars and histograms of records, in files of TensorBoard.

    The writer is opened by the first record, whose step says what an interrupted run wrote too
    much: TensorBoard hides it.
    """

    def __init__(self, folder: Path):
        self.folder, self.writer = folder, None  # type: Path, Any

    @classmethod
    def within(cls, run: Path) -> "Board | None":
        """In the folder of a run; None if TensorBoard is not installed."""
        return cls(run / FOLDER) if find_spec("tensorboard") else None

    def write(self, record: Record) -> None:
        """A record of `MeasureEvery`."""
        if self.writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(self.folder), purge_step=record["step"])
        for name in ("held_out", "train"):
            if record[name] is None:
                continue
            for tag, value in scalars(record[name], name):
                self.writer.add_scalar(tag, value, record["step"])
            for side, found in record[name]["angles"].items():
                if found is not None:
                    self._histogram(f"{name}/angles/{side}", found, record["step"])
        self.writer.flush()

    def _histogram(self, tag: str, found: Json, step: int) -> None:
        """Of counts: the angles themselves are not kept."""
        n, mean = found["n"], found["mean"]
        self.writer.add_histogram_raw(
            tag,
            min=found["quantiles"][0],
            max=found["quantiles"][-1],
            num=n,
            sum=n * mean,
            sum_squares=n * (found["std"] ** 2 + mean**2),
            bucket_limits=list(EDGES[1:]),
            bucket_counts=found["histogram"],
            global_step=step,
        )

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def scalars(found: Any, path: str) -> Iterator[tuple[str, float]]:
    """(tag, number) for every number of a measurement; of a distribution its mean, its std and the
    inner quantiles."""
    if isinstance(found, dict) and "quantiles" in found:
        shown = {f"q{level:g}": x for level, x in zip(QUANTILES, found["quantiles"], strict=True)}
        shown |= {k: v for k, v in found.items() if k not in ("quantiles", "histogram")}
        found = shown
    if isinstance(found, dict):
        for key, value in found.items():
            yield from scalars(value, f"{path}/{key}")
    elif isinstance(found, list):
        for value in found:
            yield from scalars(value, f"{path}/{value['lambda']:g}")
    elif isinstance(found, float | int) and not isinstance(found, bool):
        yield path, float(found)
