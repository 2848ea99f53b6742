"""One run in its folder, begun or gone on with: what seeds, ablations and sweeps are made of."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from rich.console import Console

from train.errors import SweepError

Scores = Mapping[str, float | None]  # by name, fractions; None: undefined for these embeddings
Options = Mapping[str, Any]  # what `train.config.RunConfig` takes


class Result(NamedTuple):
    """The scores of a finished run before and after training."""

    before: Scores
    after: Scores


class Runner(Protocol):
    """How a run is made; the tests have one that trains nothing."""

    def check(self, options: Options) -> None:
        """Raises a `ContragradError` for what can be known to fail before anything is run."""

    def run(self, options: Options, folder: Path, console: Console) -> None:
        """Bring the run in `folder` to its end, from the start or from its last checkpoint."""

    def result(self, folder: Path) -> Result | None:
        """The scores of a run that is finished."""

    def step(self, folder: Path) -> int:
        """The step of its last whole checkpoint; 0 without one."""

    def refuse_other(self, options: Options, folder: Path) -> None:
        """Raises `SweepError` if the run that is in the folder began with other options."""


class TrainingRuns:
    """Runs of `train.run`, in this process."""

    def check(self, options: Options) -> None:
        """Options in their domains, a loss that is there, data that exist, a device that is."""
        from derive.sources import find
        from train.config import RunConfig
        from train.errors import ConfigError
        from train.trainer import pick_device

        config = RunConfig(**options)
        find(config.loss).defaults(config.settings)
        pick_device(config.device)
        if config.eval_data is not None and not Path(config.eval_data).is_dir():
            raise ConfigError(
                f"--eval-data {config.eval_data!r} is no folder. Give SentEval's data: "
                "`train data fetch senteval --to DIR` brings them."
            )

    def run(self, options: Options, folder: Path, console: Console) -> None:
        """See `Runner.run`. Raises as `train.run.start` and `train.run.resume`."""
        from derive.sources import located
        from train import run as runs
        from train.config import RunConfig
        from train.options import as_found

        if (folder / "config.json").is_file():
            runs.resume(folder, options.get("device"), console)
            return
        values = as_found(dict(options) | {"loss": located(options["loss"])})
        runs.start(RunConfig(**values), folder, console)

    def result(self, folder: Path) -> Result | None:
        """From the records of the run; see `Runner.result`."""
        from train.folder import RunFolder

        records = RunFolder(folder).records()
        if not any(record.get("event") == "finished" for record in records):
            return None
        scores = {record.get("when"): record.get("scores") for record in records}
        return Result(scores.get("before") or {}, scores.get("after") or {})

    def step(self, folder: Path) -> int:
        """See `Runner.step`."""
        from train import checkpoints

        found = checkpoints.last(folder / "checkpoints")
        return 0 if found is None else checkpoints.step_of(found)

    def refuse_other(self, options: Options, folder: Path) -> None:
        """See `Runner.refuse_other`. Raises `RunFolderError` for a damaged config.json."""
        from train.config import RunConfig
        from train.folder import RunFolder
        from train.recorded import recorded
        from train.sweeps.same import by_name, differing

        if not (folder / "config.json").is_file():
            return
        before, _ = recorded(RunFolder(folder).read_config())
        now = RunConfig(**options)  # what is not given has its default there
        other = differing(by_name(asdict(before)), by_name(asdict(now)))
        if other:
            raise SweepError(
                f"{folder} holds a run of other options ({other}). Choose another folder with "
                "--out, or delete that one."
            )
