"""The sweep's database: optuna's tables for the trials, one of ours for the leases."""

import time
from pathlib import Path
from traceback import clear_frames
from typing import Any

import optuna
import sqlalchemy as sql
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from train.errors import SweepError
from train.sweeps.failing import is_disk, lost, shown
from train.sweeps.leases import Leases
from train.sweeps.spec import Spec

PATIENCE = 60  # seconds that SQLite waits for another process's write
_TRIES = 6  # two workers that make the same tables: one fails, and finds them the next time


def sqlite(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path.resolve()}"


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database, one in memory, or no URL at all."""
    try:
        parsed = sql.make_url(url)
    except ArgumentError:  # `Storage` says what is wrong with it
        return None
    name = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or name in ("", ":memory:"):
        return None
    return None if name.startswith("file:") else Path(name)


def let_go(stopped: BaseException) -> None:
    """Drop the rows that a Ctrl-C left half read.

    While its traceback holds the cursor of a SELECT, SQLite lets nobody write: this process and
    the others would wait for each other.
    """
    clear_frames(stopped.__traceback__)


class Storage:
    """An open database.

    Raises `SweepError` for a URL that is none, a driver that is not installed, or a database that
    does not answer, `StorageError` on a full disk.
    """

    def __init__(self, url: str):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.url = url
        waits = {"connect_args": {"timeout": PATIENCE}} if url.startswith("sqlite") else {}
        self.optuna, self.engine = self._opened(waits)

    def _opened(self, options: dict[str, Any]) -> tuple[RDBStorage, sql.Engine]:
        for left in reversed(range(_TRIES)):
            try:
                opened = RDBStorage(self.url, engine_kwargs=dict(options))
                Leases.create_table(opened.engine)
            except (ArgumentError, ImportError) as error:
                raise SweepError(
                    f"--storage {shown(self.url)!r} cannot be used: {error} Give a URL such as "
                    "sqlite:///sweep.db or postgresql+psycopg://user@host/base, and install its "
                    "driver with pip."
                ) from error
            except (OperationalError, ProgrammingError, IntegrityError,
                    StorageInternalError) as error:  # fmt: skip
                if is_disk(error):
                    raise lost(self.url, error) from error
                if not left:
                    raise SweepError(
                        f"--storage {shown(self.url)!r} does not answer: {error}. Check the "
                        "address, and that you may write there."
                    ) from error
                time.sleep(0.2)
            else:
                return opened, opened.engine
        raise AssertionError("the last try returns or raises")

    def study(self, name: str, spec: Spec) -> "Study":
        """The study of one stage, made if it is not there yet."""
        made = optuna.create_study(
            storage=self.optuna, study_name=name, direction=spec.direction, load_if_exists=True
        )
        return Study(made, self.optuna, name)

    def existing(self, name: str) -> "Study | None":
        """The study of one stage, None if nobody has come to it."""
        try:
            made = optuna.load_study(storage=self.optuna, study_name=name)
        except KeyError:
            return None
        return Study(made, self.optuna, name)


class Study:
    """One stage's trials. `key` makes the name of a trial's lease."""

    def __init__(self, study: optuna.Study, storage: RDBStorage, name: str):
        self.optuna, self.storage, self.name = study, storage, name
        self._study_id = storage.get_study_id_from_name(name)

    @property
    def attributes(self) -> dict[str, Any]:
        """What the workers agreed on: the specification, the parameters of earlier stages."""
        return self.optuna.user_attrs

    def key(self, what: object) -> str:
        """The key of a lease."""
        return f"{self.name}/{what}"

    def trials(self) -> list[FrozenTrial]:
        """All trials, by number."""
        return self.optuna.get_trials(deepcopy=False)

    def trial(self, number: int) -> FrozenTrial:
        """One trial as it is now."""
        return self.storage.get_trial(self.trial_id(number))

    def trial_id(self, number: int) -> int:
        """optuna's id of a trial."""
        return self.storage.get_trial_id_from_study_id_trial_number(self._study_id, number)

    def note(self, number: int, **attributes: Any) -> None:
        """Keep something about a trial."""
        for name, value in attributes.items():
            self.storage.set_trial_user_attr(self.trial_id(number), name, value)

    def begin(self, trial: FrozenTrial) -> None:
        """From waiting to running; the caller has the trial's lease."""
        if trial.state is TrialState.WAITING:
            self.storage.set_trial_state_values(self.trial_id(trial.number), TrialState.RUNNING)

    def finish(self, number: int, value: float | None, reason: str | None = None) -> None:
        """A score, or a failure with its reason."""
        if value is None:
            self.note(number, reason=reason)
            self.optuna.tell(number, state=TrialState.FAIL, skip_if_finished=True)
        else:
            self.optuna.tell(number, value, skip_if_finished=True)
