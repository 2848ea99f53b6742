"""One worker through a sweep: stages, failures, samplers, refusals."""

import shutil
import sqlite3
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.train.conftest import train
from tests.train.sweeps.conftest import TWO_STAGES, logs
from tests.train.sweeps.fake import FakeRuns
from train.errors import (
    CorpusError,
    DivergedError,
    NoResultError,
    RunBusyError,
    StorageError,
    SweepError,
)
from train.lock import locked
from train.sweeps.failing import database_errors
from train.sweeps.pool import kind_of
from train.sweeps.status import status_of
from train.sweeps.storage import Storage, sqlite

MEASURED = TWO_STAGES.replace('"score"', '"graded similarity, Spearman"')  # as runs have it
RANDOM = """
name = "drawn"
metric = "score"
seeds = 2
[base]
loss = "paradigm"
[[stages]]
sampler = "SAMPLER"
trials = 3
[stages.parameters]
batch_size = [32, 64, 128]
lr = {low = 1e-6, high = 1e-4, log = true}
settings.m = {low = 0.1, high = 0.9}
"""


def one_stage(lr: str) -> str:
    return TWO_STAGES.replace("[32, 64]", "[64]").replace("[1e-5, 3e-5]", lr).rpartition("[[")[0]


def state(worker, tmp_path):
    return status_of(Storage(sqlite(tmp_path / "sweep.db")), worker.spec)


def test_the_second_stage_begins_at_the_best_of_the_first(worker, tmp_path):
    first = worker()
    chosen = first.work()
    assert chosen == {"batch_size": 64, "lr": 1e-5, "settings.m": "0.30"}
    status = state(first, tmp_path)
    assert status.expected == (4, 2)
    assert status.line() == "6 done of 6"
    assert [x.parameters for x in status.trials[4:]] == [
        {"settings.m": "0.27"}, {"settings.m": "0.30"},
    ]  # fmt: skip
    assert status.best["score"] == pytest.approx(0.5)
    begun = logs(tmp_path / "out")
    assert len(begun) == 6
    assert {x for lines in begun.values() for x in lines if "begin" in x} == {"begin 0"}
    assert list((tmp_path / "out" / ".workers").iterdir()) == []
    assert worker().work() == chosen
    assert logs(tmp_path / "out") == begun  # not a line more


def test_a_trial_that_fails_is_on_record_and_not_tried_again(worker, tmp_path):
    text = one_stage("[9.0, 5.0, 6.0, 3e-5]")
    first = worker(text)
    assert first.work()["lr"] == 3e-5
    worker(text).work()
    assert {x.parameters["lr"]: x.reason for x in state(first, tmp_path).trials} == {
        9.0: "seed 0: the loss is not a number at step 3",
        5.0: "seed 0: collapsed: score undefined",
        6.0: "MemoryError: no memory for this batch",
        3e-5: None,
    }
    assert state(first, tmp_path).line() == "1 done, 3 failed of 4"


def test_a_stage_without_a_single_score_ends_the_sweep(worker):
    with pytest.raises(NoResultError, match=r"every trial of two/1 has failed: .*not a number"):
        worker(one_stage("[9.0]")).work()


def test_what_is_no_fault_of_the_trial_stops_the_worker_and_not_the_trial(worker, tmp_path):
    first = worker(one_stage("[8.0]"))
    with pytest.raises(CorpusError):
        first.work()
    assert state(first, tmp_path).line() == "1 stopped of 1"


def test_a_trial_that_ends_its_worker_again_and_again_fails(worker, tmp_path):
    text = one_stage("[7.0, 1e-5]")
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            worker(text).work()
    last = worker(text)
    last.work()
    failed = [x.reason for x in state(last, tmp_path).trials if x.state == "failed"]
    assert len(failed) == 1
    assert failed[0].startswith("begun 3 times and never got further")


@pytest.mark.parametrize("sampler", [pytest.param("random", marks=pytest.mark.slow), "tpe"])
def test_drawn_trials_are_as_many_as_asked_for_and_the_same_again(
    sampler, worker, tmp_path, empty_database
):
    text = RANDOM.replace("SAMPLER", sampler)
    first = worker(text)
    first.work()
    drawn = [x.parameters for x in state(first, tmp_path).trials]
    assert len(drawn) == 3
    assert all(x["batch_size"] in (32, 64, 128) for x in drawn)
    assert all(1e-6 <= x["lr"] <= 1e-4 and 0.1 <= x["settings.m"] <= 0.9 for x in drawn)
    assert len({x["lr"] for x in drawn}) == 3
    assert all(x.half_width is not None for x in state(first, tmp_path).trials)
    shutil.copy(empty_database, tmp_path / "sweep.db")
    again = worker(text)
    again.out = Path(tmp_path / "again")
    again.work()
    assert [x.parameters for x in state(again, tmp_path).trials] == drawn


def test_another_specification_of_the_same_name_is_refused(worker):
    worker(one_stage("[1e-5]")).work()
    with pytest.raises(SweepError, match=r"another specification \(stages\)"):
        worker(one_stage("[2e-5]")).work()


def test_a_metric_that_the_runs_do_not_have(worker):
    with pytest.raises(SweepError, match="no score 'nope': there are score"):
        worker(one_stage("[1e-5]").replace('"score"', '"nope"')).work()


def test_the_lowest_wins_where_it_is_to_be_minimised(worker):
    text = one_stage("[1e-5]").replace("[64]", "[32, 64]")
    text = text.replace('"score"', '"score"\ndirection = "minimize"')
    assert worker(text).work()["batch_size"] == 32


@pytest.mark.parametrize(
    ("url", "said"),
    [("nonsense", "cannot be used"),
     ("postgresql+nodriver://x@127.0.0.1/y", "cannot be used"),
     ("sqlite:////nowhere/at/all.db", "does not answer")],
)  # fmt: skip
def test_a_database_that_cannot_be_had(url, said):
    with pytest.raises(SweepError, match=said):
        Storage(url)


class Held(FakeRuns):
    """Runs that lock their folder. A silent worker holds one until the fifth that tries it."""

    def __init__(self, folder: Path):
        super().__init__()
        folder.mkdir(parents=True)
        vars(self).update(silent=ExitStack(), tried=[])
        self.silent.enter_context(locked(folder))

    def run(self, options, folder, console):
        self.tried.append(options["overrides"]["batch_size"])
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with locked(folder):
                super().run(options, folder, console)
        except RunBusyError:
            if self.tried.count(32) == 5:
                self.silent.close()
            raise


def test_a_trial_whose_folder_is_held_is_left_for_later(worker, tmp_path):
    text = one_stage("[1e-5]").replace("[64]", "[32, 64]")
    runner = Held(tmp_path / "out" / "stage-1" / "trial-0000" / "seed-0")
    one = worker(text, runner)
    one.console = Console(file=StringIO(), width=200)
    one.work()
    assert runner.tried == [32, 64, 32, 32, 32, 32, 32]  # more than a trial's three attempts
    assert state(one, tmp_path).line() == "2 done of 2"
    said = one.console.file.getvalue()
    assert said.count("Left trial two/1/0 for now: the run in") == 1


def test_a_trial_that_a_worker_believed_dead_finishes_meanwhile(worker, tmp_path, database):
    class Overtaken(FakeRuns):
        def run(self, options, folder, console):
            super().run(options, folder, console)
            if options["overrides"]["batch_size"] == 32:
                Storage(sqlite(database)).existing("two/1").finish(0, 0.25)

    one = worker(one_stage("[1e-5]").replace("[64]", "[32, 64]"), Overtaken())
    one.work()
    assert [x.score for x in state(one, tmp_path).trials] == [0.25, pytest.approx(0.4)]


def test_a_database_that_fails_is_one_message(worker, tmp_path, database):
    class Dropped(FakeRuns):
        def run(self, options, folder, console):
            super().run(options, folder, console)
            with sqlite3.connect(database) as connection:
                connection.execute("DROP TABLE contragrad_leases")
            connection.close()

    one = worker(runner=Dropped())
    with (
        pytest.raises(StorageError, match=r"has failed: no such table.*the same command goes on"),
        database_errors(one.storage.url),
    ):
        one.work()
    assert list((tmp_path / "out" / ".workers").iterdir()) == []  # its lock says that it ended


def test_a_full_disk_is_exit_code_4_and_what_is_finished_stays(worker, tmp_path):
    class Filling(FakeRuns):
        def run(self, options, folder, console):
            if options["overrides"]["lr"] == 3e-5:
                engine = one.storage.engine
                event.listen(engine, "connect", no_more_pages)
                engine.dispose()
                raise DivergedError("x" * 100_000)  # what cannot be put on record then
            super().run(options, folder, console)

    def no_more_pages(connection, _):
        connection.execute("PRAGMA max_page_count = 1")  # than there are by now

    text = one_stage("[1e-5, 3e-5]")
    one = worker(text, Filling())
    with (
        pytest.raises(StorageError, match=r"disk is full\. Finished trials are kept") as caught,
        database_errors(one.storage.url),
    ):
        one.work()
    assert caught.value.exit_code == 4
    again = worker(text)
    again.work()
    assert state(again, tmp_path).line() == "2 done of 2"
    assert logs(tmp_path / "out")["stage-1/trial-0000/seed-0"].count("begin 0") == 1


def test_the_command_ends_with_4(spec_file, database, tmp_path, monkeypatch):
    def full(*_):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise OperationalError("UPDATE", {}, error)

    monkeypatch.setattr("train.sweeps.stages.ready", full)
    words = "--storage", sqlite(database), "--out", tmp_path / "out"
    done = train("sweep", "--spec", spec_file(MEASURED), *words)
    assert done.exit_code == 4, done.output
    assert "cannot be written to: database or disk is full. Finished trials" in done.output
    assert list((tmp_path / "out" / ".workers").iterdir()) == []


def test_a_place_that_is_a_file(spec_file, tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    words = "--storage", sqlite(tmp_path / "sweep.db"), "--out", place
    done = train("sweep", "--spec", spec_file(MEASURED), *words)
    assert done.exit_code == 2, done.output
    assert "cannot be made" in done.output


def test_a_password_is_not_shown(spec_file):
    url = "nonsense://user:secret@host/base"
    done = train("sweep", "--spec", spec_file(), "--storage", url)
    assert done.exit_code == 2, done.output
    assert "secret" not in done.output


def test_the_status_of_a_file_that_is_not_there_makes_none(spec_file, tmp_path):
    typo = tmp_path / "typo.db"
    done = train("sweep", "--spec", spec_file(), "--status", "--storage", sqlite(typo))
    assert done.exit_code == 2, done.output
    assert "no sweep has begun there" in done.output
    assert not typo.exists()


@pytest.mark.parametrize(
    ("codes", "kind"),
    [({1}, NoResultError), ({1, 4}, StorageError), ({-9, 1}, SweepError), ({2}, SweepError)],
)
def test_the_error_of_a_pool_has_the_code_of_its_workers(codes, kind):
    assert kind_of(codes) is kind
