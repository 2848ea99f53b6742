"""Workers as real processes: side by side, killed with SIGKILL, stopped with SIGINT."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from tests.train.sweeps.conftest import TWO_STAGES, logs, wait_for
from tests.train.sweeps.fake import PACE, STEPS, FakeRuns
from train.errors import SweepError
from train.sweeps.pool import Job, run_pool
from train.sweeps.reader import read
from train.sweeps.status import status_of
from train.sweeps.storage import Storage, sqlite
from train.sweeps.worker import Pace

STEP_LINES = [f"step {x}" for x in range(1, STEPS + 1)]


def status(tmp_path):
    return status_of(Storage(sqlite(tmp_path / "sweep.db")), read(str(tmp_path / "sweep.toml")))


def steps_of(lines):
    return [x for x in lines if x.startswith("step")]


def every_step_once(tmp_path):
    """No trial lost, none run twice, none begun anew. A step that was cut short is done again."""
    found = logs(tmp_path / "out")
    assert len(found) == 6
    for lines in found.values():
        assert list(dict.fromkeys(steps_of(lines))) == STEP_LINES
        # a kill before its first step leaves nothing to go on with
        assert "begin 0" not in lines[lines.index("step 1") :]


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(process, tmp_path):
    first = process(seconds=0.15)
    out = tmp_path / "out"
    wait_for(lambda: any("step 2" in x for x in logs(out).values()))
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = logs(out)
    assert status(tmp_path).counts["stopped"] == 1
    second = process(seconds=0.01)
    assert second.wait(60) == 0, (tmp_path / "worker-1.log").read_text()
    every_step_once(tmp_path)
    (killed,) = [x for x, lines in before.items() if lines[-1] != STEP_LINES[-1]]
    resumed = logs(out)[killed][len(before[killed]) :]
    assert resumed[0] in ("begin 2", "begin 3")  # from its last step, not from the start
    assert status(tmp_path).line() == "6 done of 6"


def test_two_workers_share_the_trials_and_one_is_killed(process, tmp_path):
    out = tmp_path / "out"
    first, second = process(seconds=0.1), process(seconds=0.1)
    wait_for(lambda: sum("step 2" in x for x in logs(out).values()) >= 2)
    begun = Counter(x for lines in logs(out).values() for x in lines)
    assert begun["begin 0"] >= 2  # both are at work
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert second.wait(60) == 0, (tmp_path / "worker-1.log").read_text()
    every_step_once(tmp_path)
    assert status(tmp_path).line() == "6 done of 6"


@pytest.mark.slow
def test_ctrl_c_gives_the_trial_back(process, tmp_path):
    first = process(seconds=0.2)
    wait_for(lambda: any("step 1" in x for x in logs(tmp_path / "out").values()))
    first.send_signal(signal.SIGINT)
    assert first.wait(30) == 130
    assert status(tmp_path).line() == "1 stopped, 3 waiting of 6"
    assert list((tmp_path / "out" / ".workers").iterdir()) == []
    second = process(seconds=0.0)
    assert second.wait(60) == 0
    every_step_once(tmp_path)


@pytest.mark.slow
def test_workers_that_are_killed_again_and_again(process, tmp_path):
    """Nine kills at whatever moment, two workers at a time, from a database that is not there."""
    (tmp_path / "sweep.db").unlink()
    for round_ in range(9):
        pair = process(seconds=0.08), process(seconds=0.08)
        time.sleep(2.0 + 0.17 * round_)
        for one in pair:
            one.send_signal(signal.SIGKILL)
            one.wait()
    assert process(seconds=0.01).wait(60) == 0
    every_step_once(tmp_path)
    assert status(tmp_path).line() == "6 done of 6"


@pytest.mark.slow
def test_drawn_trials_of_two_workers_are_no_more_than_asked_for(process, tmp_path):
    text = TWO_STAGES.rpartition("[[stages]]")[0].replace(
        "[stages.parameters]", 'sampler = "tpe"\ntrials = 8\n[stages.parameters]'
    )
    pair = process(text, seconds=0.03), process(text, seconds=0.03)
    assert [x.wait(120) for x in pair] == [0, 0]
    assert status(tmp_path).line() == "8 done of 8"
    assert sum(x.count("begin 0") for x in logs(tmp_path / "out").values()) == 8


def job(tmp_path, text, database) -> Job:
    path = tmp_path / "sweep.toml"
    path.write_text(text, encoding="utf-8")
    url, out = sqlite(database), tmp_path / "out"
    return Job(read(str(path)), url, out, FakeRuns(0.05), Pace(**PACE))


@pytest.mark.slow
def test_a_pool_of_workers(tmp_path, database):
    screen = StringIO()
    run_pool(job(tmp_path, TWO_STAGES, database), 2, Console(file=screen, width=200), every=0.2)
    assert "6 done of 6" in screen.getvalue()
    every_step_once(tmp_path)
    assert "Trial two/" in (tmp_path / "out" / "worker-1.log").read_text()


@pytest.mark.slow
def test_a_pool_whose_workers_all_fail_says_why(tmp_path, database):
    text = TWO_STAGES.replace("[1e-5, 3e-5]", "[8.0]")
    with pytest.raises(SweepError, match="no such text"):
        run_pool(job(tmp_path, text, database), 2, Console(quiet=True), every=0.2)


POOL = """
import signal
import sys
from pathlib import Path
from tests.train.sweeps.test_processes import TWO_STAGES, Console, job, run_pool
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job
    folder = Path(sys.argv[1])
    try:
        run_pool(job(folder, TWO_STAGES, folder / "sweep.db"), 2, Console(), every=0.2)
    except KeyboardInterrupt:
        raise SystemExit(130)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_workers_of_a_pool_end_with_it(number, tmp_path, database):
    script = tmp_path / "pool.py"
    script.write_text(POOL, encoding="utf-8")
    words = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(words, env=os.environ | {"PYTHONPATH": os.getcwd()}) as parent:
        wait_for(lambda: sum("begin 0" in x for x in logs(tmp_path / "out").values()) >= 2, 60)
        parent.send_signal(number)
        try:
            assert parent.wait(60) == (130 if number == signal.SIGINT else -signal.SIGKILL)
        finally:
            parent.kill()
    workers = tmp_path / "out" / ".workers"
    wait_for(lambda: not list(workers.iterdir()), 30)  # each has given its trial back
    assert status(tmp_path).counts["running"] == 0
