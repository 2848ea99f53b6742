"""One worker: takes trials, runs them, tells their score; any number of them share a database."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from train.errors import (
    ConfigError,
    RefutedLossError,
    RunBusyError,
    SweepError,
    TrainingInterrupted,
    UndecidedLossError,
)
from train.sweeps import stages
from train.sweeps.choosing import next_trial
from train.sweeps.heart import Heart
from train.sweeps.leases import BEAT, GRACE, POLL, Leases
from train.sweeps.runs import Runner
from train.sweeps.seeds import Seeds, run_seeds
from train.sweeps.spec import Spec, Stage, Value
from train.sweeps.storage import Storage, Study, let_go

MOST_ATTEMPTS = 3  # to get beyond the same point of a trial; then it has failed
WORKERS = ".workers"  # in the sweep's folder: one locked file a living worker
# What a trial's own parameters can bring about; anything else stops the worker, not the trial.
OWN_FAULTS = (ConfigError, RefutedLossError, UndecidedLossError, MemoryError)


@dataclass(frozen=True)
class Pace:
    """How often a worker beats, looks for work, and how long it waits for a silent one, in s."""

    beat: float = BEAT
    poll: float = POLL
    grace: float = GRACE


class Worker:
    """A worker of `spec` with its database and folder."""

    def __init__(
        self, spec: Spec, url: str, out: Path, runner: Runner, console: Console, pace: Pace
    ):
        out.mkdir(parents=True, exist_ok=True)
        self.spec, self.out, self.runner, self.console, self.pace = spec, out, runner, console, pace
        self.storage = Storage(url)
        self.leases = Leases(self.storage.engine, out / WORKERS, pace.grace)
        self.busy: set[str] = set()  # trials whose folder somebody held when they were last tried

    def work(self, parent: int | None = None) -> dict[str, Value]:
        """All stages to their end; returns the best parameters.

        parent: the process to end with. Raises `NoResultError` where every trial of a stage failed,
        `TrainingInterrupted` or KeyboardInterrupt after a signal (the same call goes on).
        """
        chosen: dict[str, Value] = {}
        try:
            with Heart(self.leases, self.pace.beat, parent) as heart:
                for number, stage in enumerate(self.spec.stages, 1):
                    study = stages.ready(self.storage, self.leases, self.spec, number, chosen)
                    self.through(study, stage, heart)
                    chosen = stages.parameters(study, stages.best(study, self.spec))
        except BaseException as stopped:
            let_go(stopped)
            with suppress(SQLAlchemyError):  # the first error is the one to tell
                self.leases.close()
            raise
        self.leases.close()
        return chosen

    def through(self, study: Study, stage: Stage, heart: Heart) -> None:
        """Run trials until all of the stage are finished, by whomever."""
        while not stages.is_over(study, stage):
            trial = next_trial(study, self.leases, stage, self.spec.seeds[0], self.busy)
            if trial is None:
                time.sleep(self.pace.poll)
                continue
            with self.at_hand(study, trial, heart):
                self.run(study, trial)
            if study.key(trial.number) in self.busy:
                time.sleep(self.pace.poll)

    @contextmanager
    def at_hand(self, study: Study, trial: FrozenTrial, heart: Heart) -> Iterator[None]:
        """While a trial runs: the heart watches its lease, which is given back in the end."""
        key = study.key(trial.number)
        heart.key = key
        try:
            yield
        except (KeyboardInterrupt, TrainingInterrupted) as stopped:
            let_go(stopped)
            if heart.lost is None or heart.lost.startswith("the process"):
                self.leases.forgive(key)
                raise
            self.console.print(f"Left trial {key}: {heart.lost}", markup=False)
            heart.lost = None
        except UpdateFinishedTrialError:  # by a worker that was taken for dead, and woke up
            self.console.print(f"Trial {key} is finished by another worker", markup=False)
        finally:
            heart.key = None
            self.leases.release(key)

    def run(self, study: Study, trial: FrozenTrial) -> None:
        """Run one trial from wherever it stands, and tell its score or its failure."""
        key, folder = study.key(trial.number), self.folder(study, trial)
        study.begin(trial)
        attempt = self.leases.attempt(key, self.progress(folder))
        if attempt > MOST_ATTEMPTS:
            self.tell(study, trial, f"begun {MOST_ATTEMPTS} times and never got further: see "
                      f"{folder}")  # fmt: skip
            return
        parameters = stages.parameters(study, trial)
        self.console.print(f"Trial {key}: {shown(parameters)}", markup=False)
        study.note(trial.number, folder=str(folder))
        try:
            options = self.spec.options(parameters)
            found: Seeds | str = run_seeds(
                options, self.spec.seeds, folder, self.runner, self.console, stop_at_failure=True
            )
        except RunBusyError as error:
            self.leave(key, error)
            return
        except (*OWN_FAULTS, RuntimeError) as error:
            if not isinstance(error, OWN_FAULTS) and type(error).__name__ != "OutOfMemoryError":
                raise
            found = f"{type(error).__name__}: {error}"
        self.busy.discard(key)
        self.tell(study, trial, found)

    def leave(self, key: str, error: RunBusyError) -> None:
        """Leave a trial whose silent worker still holds the folder; it is tried again."""
        self.leases.forgive(key)
        if key not in self.busy:
            self.console.print(f"Left trial {key} for now: {error}", markup=False)
        self.busy.add(key)

    def tell(self, study: Study, trial: FrozenTrial, found: Seeds | str) -> None:
        """Put the result on record, unless the trial is another worker's by now."""
        key = study.key(trial.number)
        if not self.leases.holds(key):
            self.console.print(f"Trial {key} is another worker's by now: not told", markup=False)
            return
        if isinstance(found, str):
            study.finish(trial.number, None, found)
            self.console.print(f"Trial {key} has failed: {found}", markup=False)
            return
        if found.failures:
            row = found.failures[0]
            study.finish(trial.number, None, f"seed {row.seed}: {row.failure}")
            self.console.print(f"Trial {key} has failed: {row.failure}", markup=False)
            return
        scores = found.intervals()
        if self.spec.metric not in scores:
            raise SweepError(
                f"the runs have no score {self.spec.metric!r}: there are {', '.join(scores)}. Set "
                "metric to one of them, or give --eval-data."
            )
        score = scores[self.spec.metric]
        values = [row.scores()[self.spec.metric] for row in found.rows]
        study.note(trial.number, seeds=values, half_width=score.half_width)
        study.finish(trial.number, score.mean)
        self.console.print(f"Trial {key}: {self.spec.metric} {score.text()}", markup=False)

    def folder(self, study: Study, trial: FrozenTrial) -> Path:
        """The trial's: OUT/stage-1/trial-0007, with a run folder a seed."""
        stage = study.name.rpartition("/")[2]
        return self.out / f"stage-{stage}" / f"trial-{trial.number:04}"

    def progress(self, folder: Path) -> str:
        """How far a trial is: runs that are finished, and the last checkpoint of the next."""
        done = [self.runner.result(folder / f"seed-{x}") is not None for x in self.spec.seeds]
        step = max((self.runner.step(folder / f"seed-{x}") for x in self.spec.seeds), default=0)
        return f"{sum(done)} runs, step {step}"


def shown(parameters: Mapping[str, Value]) -> str:
    """`batch_size 128, lr 1e-05`."""
    return ", ".join(f"{name.removeprefix('settings.')} {x}" for name, x in parameters.items())
