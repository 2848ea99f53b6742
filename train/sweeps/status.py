"""Where a sweep stands: every trial with its parameters, its state and its score."""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.table import Table

from train.errors import SweepError
from train.sweeps.leases import Leases, is_free, kernel
from train.sweeps.spec import Spec
from train.sweeps.stages import best, name_of, parameters
from train.sweeps.storage import Storage, Study, sqlite_file

WAITING, RUNNING, STOPPED, DONE, FAILED = "waiting", "running", "stopped", "done", "failed"
_FINISHED = {TrialState.COMPLETE: DONE, TrialState.FAIL: FAILED}


@dataclass(frozen=True)
class TrialStatus:
    """One trial. state: "stopped" is begun, and no living worker is at it; half_width: of the
    interval over its seeds; reason: why it failed; worker: who is at it."""

    stage: int
    number: int
    parameters: dict[str, Any]
    state: str
    score: float | None
    half_width: float | None
    reason: str | None
    worker: str | None
    folder: str | None


@dataclass(frozen=True)
class Status:
    """A sweep. expected: trials of each stage; best: parameters and score of the last stage that
    is over, None before."""

    name: str
    metric: str
    expected: tuple[int, ...]
    trials: tuple[TrialStatus, ...]
    best: dict[str, Any] | None

    @property
    def counts(self) -> Counter[str]:
        """How many trials are in each state."""
        return Counter(x.state for x in self.trials)

    def line(self) -> str:
        """`3 done, 2 running, 11 waiting of 16`; later stages count once they are reached."""
        order = (DONE, FAILED, RUNNING, STOPPED, WAITING)
        said = [f"{self.counts[x]} {x}" for x in order if self.counts[x]]
        return f"{', '.join(said) or 'nothing begun'} of {sum(self.expected)}"

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "format": "contragrad-sweep",
            "name": self.name,
            "metric": self.metric,
            "expected": list(self.expected),
            "counts": dict(self.counts),
            "best": self.best,
            "trials": [vars(x) for x in self.trials],
        }


def status_of(storage: Storage, spec: Spec) -> Status:
    """The state of every trial that there is. Changes no trial."""
    found: list[TrialStatus] = []
    winner: dict[str, Any] | None = None
    for number, stage in enumerate(spec.stages, 1):
        study = storage.existing(name_of(spec, number))
        if study is None:
            break
        begun = {x.number for x in study.trials() if x.state is TrialState.RUNNING}
        rows = leases_of(storage, study)
        trials = study.trials()  # again: a lease is given back once its trial is told
        found += [one(number, x, rows.get(study.key(x.number)), begun) for x in trials]
        over = len(trials) >= stage.size and all(x.state.is_finished() for x in trials)
        if over and any(x.state is TrialState.COMPLETE for x in trials):
            first = best(study, spec)
            winner = {
                "stage": number, "trial": first.number, "score": first.value,
                "parameters": parameters(study, first), "folder": first.user_attrs.get("folder"),
            }  # fmt: skip
    expected = tuple(x.size for x in spec.stages)
    return Status(spec.name, spec.metric, expected, tuple(found), winner)


def leases_of(storage: Storage, study: Study) -> dict[str, Any]:
    """The leases of a study's trials, read only."""
    reader = Leases.__new__(Leases)  # one that is no worker: no file, no lock
    reader.engine = storage.engine
    return reader.rows(study.name + "/")


def one(stage: int, trial: FrozenTrial, lease: Any, begun: Container[int]) -> TrialStatus:
    """One trial's status. begun: the trials that ran before the leases were read."""
    owner = None if lease is None else lease.owner
    if owner is not None and lease.kernel == kernel():
        owner = None if is_free(Path(lease.file)) else owner
    state = _FINISHED.get(trial.state)
    if state is None and trial.state is not TrialState.RUNNING:
        state = WAITING
    elif state is None:
        state = STOPPED if owner is None and trial.number in begun else RUNNING
    kept = trial.user_attrs
    return TrialStatus(
        stage=stage,
        number=trial.number,
        parameters=dict(trial.params),
        state=state,
        score=trial.value if state == DONE else None,
        half_width=kept.get("half_width"),
        reason=kept.get("reason"),
        worker=owner if state == RUNNING else None,
        folder=kept.get("folder"),
    )


def print_status(console: Console, status: Status) -> None:
    """The trials as a table, then one line."""
    table = Table(title=f"{status.name}: {status.metric}")
    for name in ("stage", "trial", "parameters", "state"):
        table.add_column(name)
    table.add_column("score", justify="right")
    for x in status.trials:
        said = ", ".join(f"{k.removeprefix('settings.')} {v}" for k, v in x.parameters.items())
        state = f"{x.state}: {x.reason}" if x.reason else x.state
        score = "" if x.score is None else f"{x.score:.4f}"
        if x.half_width is not None:
            score += f" ± {x.half_width:.4f}"
        table.add_row(str(x.stage), str(x.number), said, state, score)
    console.print(table)
    console.print(status.line())
    if status.best is not None:
        said = ", ".join(f"{k}={v}" for k, v in status.best["parameters"].items())
        where = f"stage {status.best['stage']}, trial {status.best['trial']}"
        console.print(f"Best ({where}): {status.best['score']:.4f} with {said}", soft_wrap=True)


def refuse_missing(url: str) -> None:
    """Raises `SweepError` if --status is asked of a SQLite file that is not there.

    To open it would make it.
    """
    path = sqlite_file(url)
    if path is not None and not path.is_file():
        raise SweepError(f"--storage {url!r}: no sweep has begun there. Start it without --status.")
