"""--resume in a folder that is damaged, busy, or came from another device."""

import json
import shutil
import signal
import subprocess
import sys

import pytest

from tests.train.conftest import train, train_small
from tests.train.test_resume import signal_after
from train.errors import RunFolderError
from train.folder import RunFolder
from train.lock import LOCK, locked
from train.recorded import recorded

pytestmark = pytest.mark.usefixtures("verified")


@pytest.fixture
def stopped(corpus_file, eval_data, tmp_path):
    """A run that a signal stopped after step 5."""
    with signal_after(5, signal.SIGINT):
        assert train_small(corpus_file, eval_data, tmp_path / "run").exit_code == 130
    return RunFolder(tmp_path / "run")


def before(folder):
    found = [record for record in folder.records() if record.get("when") == "before"]
    assert len(found) == 1
    return found[0]["scores"]


def test_scores_before_are_those_of_the_first_encoder(stopped):
    first = before(stopped)
    lines = stopped.metrics.read_text().splitlines()
    stopped.metrics.write_text("\n".join([lines[0][:30], "3", *lines[1:], lines[-1][:10]]))
    result = train("run", "--resume", stopped.path)
    assert result.exit_code == 0, result.output
    assert "metrics.jsonl: 3 damaged line(s) dropped" in result.output
    assert before(stopped) == first
    for line in stopped.metrics.read_text().splitlines():
        assert isinstance(json.loads(line)["step"], int)


@pytest.mark.slow
def test_without_a_checkpoint_the_records_begin_again(stopped):
    shutil.rmtree(stopped.checkpoints)
    stopped.metrics.write_text("".join(stopped.metrics.read_text().splitlines(True)[1:]))
    assert train("run", "--resume", stopped.path).exit_code == 0
    steps = [record["step"] for record in stopped.records() if record["event"] == "step"]
    assert steps == list(range(1, 11))


HOLD = """
import sys, time
from pathlib import Path
from train.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_run_in_training_is_not_resumed(stopped):
    records = stopped.metrics.read_text()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(stopped.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "held\n"
        result = train("run", "--resume", stopped.path)
        other.stdin.close()
    assert result.exit_code == 2
    assert "is being trained by another process" in result.output
    assert stopped.metrics.read_text() == records
    with locked(stopped.path):
        assert (stopped.path / LOCK).exists()


@pytest.mark.parametrize(
    ("words", "device"),
    [((), "cpu"), pytest.param(("--device", "auto"), "auto", marks=pytest.mark.slow)],
)
def test_the_device_on_record_unless_another_is_given(words, device, stopped, monkeypatch):
    wanted = []

    def pick(name):
        wanted.append(name)
        return "cpu"

    monkeypatch.setattr("train.setting_up.trainer.pick_device", pick)
    assert train("run", "--resume", stopped.path, *words).exit_code == 0
    assert wanted == [device]


DAMAGE = {
    "no corpus": lambda r: r.pop("corpus"),
    "corpus null": lambda r: r.update(corpus=None),
    "no fingerprint": lambda r: r["corpus"].pop("sha256"),
    "steps": lambda r: r["schedule"].update(steps="10"),
    "negative steps": lambda r: r["schedule"].update(steps=-1),
    "settings": lambda r: r["options"].update(settings=[]),
    "a setting": lambda r: r["options"].update(settings={"tau": 1}),
    "loss": lambda r: r["options"].update(loss=3),
    "rate": lambda r: r["schedule"].update(lr="fast"),
    "options": lambda r: r.update(options=None),
    "unknown option": lambda r: r["options"].update(colour="red"),
    "no schedule": lambda r: r.pop("schedule"),
    "device": lambda r: r.update(device=None),
    "versions": lambda r: r.update(versions=[]),
    "checks": lambda r: r["verification"].update(checks="all"),
}
RECORD = {
    "options": {"loss": "infonce", "settings": {"tau": "0.1"}, "seed": 0},
    "schedule": {"steps": 10, "batch_size": 8, "lr": 1e-3, "max_length": 12, "save_every": 3},
    "device": "cpu",
    "threads": 1,
    "processes": 1,
    "corpus": {"sha256": "0"},
    "verification": {"verdict": "agreed", "checks": {}},
    "versions": {},
    "command": "train run",
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_configuration_is_refused(case):
    record = json.loads(json.dumps(RECORD))
    config, schedule = recorded(record)
    assert (config.seed, schedule.steps) == (0, 10)
    DAMAGE[case](record)
    with pytest.raises(RunFolderError, match="is damaged, or was not written"):
        recorded(record)


def test_a_damaged_configuration_exits_with_2(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({**RECORD, "corpus": None}))
    result = train("run", "--resume", tmp_path)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
