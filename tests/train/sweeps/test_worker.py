"""One worker through a sweep: stages, failures, samplers, refusals."""

import shutil
from pathlib import Path

import pytest

from tests.train.sweeps.conftest import TWO_STAGES, logs
from train.errors import CorpusError, SweepError
from train.sweeps.status import status_of
from train.sweeps.storage import Storage, sqlite

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
    with pytest.raises(SweepError, match=r"every trial of two/1 has failed: .*not a number"):
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
