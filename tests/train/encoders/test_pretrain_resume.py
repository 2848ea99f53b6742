"""A pretraining run that is killed or stopped ends with the same bits as one that is not."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.conftest import train
from tests.train.encoders.conftest import TINY

RUN = (*TINY, "--steps", "12", "--save-every", "4")

# Kills itself at a step, once the number of steps is decided, or in the middle of a checkpoint.
KILLED = """
import os, signal, sys
import torch
from pathlib import Path
from train.encoders.loop import Loop
from train.encoders import state
torch.set_num_threads(1)
where, at = sys.argv[1], int(sys.argv[2])
one_step, write_bytes = Loop.one_step, Path.write_bytes
def step(self):
    planned = self.plan is not None and self.step == self.plan.turn
    if (where == "step" and self.step == at) or (where == "planned" and planned):
        os.kill(os.getpid(), getattr(signal, sys.argv[3]))
    return one_step(self)
def half(self, data):
    if where == "save" and self.parent.name == f"checkpoint-{at}":
        write_bytes(self, data[:1000])
        os.kill(os.getpid(), signal.SIGKILL)
    return write_bytes(self, data)
Loop.one_step = step
Path.write_bytes = half
from train.cli import main
main(sys.argv[4:])
"""


def broken_off(where: str, at: int, number: str, *words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", KILLED, where, str(at), number, "pretrain", *map(str, words)],
        cwd=Path(__file__).parents[3],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, grammar_file) -> Path:
    """A run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "encoder"
    assert train("pretrain", "--corpus", grammar_file, "--out", out, *RUN).exit_code == 0
    return out


def resume(folder: Path, step: int) -> None:
    result = train("pretrain", "--resume", folder)
    assert result.exit_code == 0, result.output
    assert f"Going on after step {step}" in result.output


@pytest.mark.slow  # processes of their own load torch anew
@pytest.mark.parametrize(("where", "at", "last"), [("step", 6, 4), ("save", 8, 4)])
def test_kill_9_then_resume_is_bit_identical(where, at, last, whole, grammar_file, tmp_path):
    out = tmp_path / "broken"
    killed = broken_off(where, at, "SIGKILL", "--corpus", grammar_file, "--out", out, *RUN)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with (out / "metrics.jsonl").open("a") as file:
        file.write('{"event": "st')  # a line that a kill cut short
    resume(out, last)
    assert weights(out) == weights(whole)
    assert held_out(out) == held_out(whole)


def held_out(folder: Path) -> list[tuple[int, float]]:
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [(r["step"], r["loss"]) for r in lines if r["event"] == "held out"]


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(whole, grammar_file, tmp_path):
    out = tmp_path / "stopped"
    stopped = broken_off("step", 5, "SIGINT", "--corpus", grammar_file, "--out", out, *RUN)
    assert stopped.returncode == 130
    assert f"Stopped by SIGINT. Go on with: train pretrain --resume {out}" in stopped.stderr
    resume(out, 6)  # the step in which the signal came is finished
    assert weights(out) == weights(whole)


@pytest.mark.slow
def test_a_time_limit_is_decided_once(grammar_file, tmp_path):
    """A resumed run keeps the recorded number of steps, and ends where the whole one would."""
    timed = ("--corpus", grammar_file, *TINY, "--minutes", "0.05", "--warmup", "6")
    out = tmp_path / "timed"
    killed = broken_off("planned", 0, "SIGKILL", *timed, "--save-every", "1", "--out", out)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    plan = json.loads((out / "pretraining.json").read_text())["plan"]
    assert plan["turn"] <= 6
    resume(out, plan["turn"])
    assert json.loads((out / "pretraining.json").read_text())["plan"] == plan
    if plan["turn"] == 6:  # else it was so slow that no other command has this schedule
        same = tmp_path / "same"
        steps = ("--steps", str(plan["steps"]), "--warmup", "6")
        words = ("--corpus", grammar_file, "--out", same, *TINY, *steps)
        assert train("pretrain", *words).exit_code == 0
        assert weights(same) == weights(out)


@pytest.fixture
def stopped(grammar_file, tmp_path, monkeypatch) -> Path:
    """A run that stopped after its first checkpoint."""
    from train.encoders.loop import Loop

    one_step, out = Loop.one_step, tmp_path / "run"

    def step(self):
        if self.step == 4:
            raise KeyboardInterrupt
        return one_step(self)

    copy = tmp_path / "text.txt"
    copy.write_text(grammar_file.read_text())
    with monkeypatch.context() as patch:
        patch.setattr(Loop, "one_step", step)
        assert train("pretrain", "--corpus", copy, "--out", out, *RUN).exit_code == 130
    return out


def test_a_changed_corpus_is_noticed(stopped, tmp_path):
    with (tmp_path / "text.txt").open("a") as file:
        file.write("\nOne more sentence.")
    result = train("pretrain", "--resume", stopped)
    assert result.exit_code == 2
    assert "the training text is not the one this run began with" in result.output


def test_a_damaged_record_is_noticed(stopped):
    path = stopped / "pretraining.json"
    good = path.read_text()
    for bad in ("{", "[]", good.replace('"layers": 1', '"layers": 0'), '{"options": {}}'):
        path.write_text(bad)
        result = train("pretrain", "--resume", stopped)
        assert result.exit_code == 2, result.output
        assert "is damaged" in result.output


def test_a_checkpoint_of_another_model_is_noticed(stopped):
    (file,) = stopped.glob("checkpoints/*/state.safetensors")
    file.write_bytes(file.read_bytes()[:500])
    result = train("pretrain", "--resume", stopped)
    assert result.exit_code == 2
    assert "does not hold this run's state" in result.output
