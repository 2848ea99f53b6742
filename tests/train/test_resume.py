"""Interrupted runs: after Ctrl-C or a kill, --resume ends where the whole run would have."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.train.conftest import SMALL, train, train_small
from train.folder import RunFolder
from train.progress import Report

pytestmark = pytest.mark.usefixtures("verified")


@contextmanager
def signal_after(step: int, number: signal.Signals, times: int = 1) -> Iterator[None]:
    """Send this process a signal at the end of a step of any run in the block."""
    on_step_end = Report.on_step_end

    def kill_then_go_on(self, args, state, control, **rest):
        on_step_end(self, args, state, control, **rest)
        if state.global_step == step:
            for _ in range(times):
                os.kill(os.getpid(), number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Report, "on_step_end", kill_then_go_on)
        yield


def losses(folder: Path) -> dict[int, float]:
    """Loss by step, each step on record once."""
    steps = [record for record in RunFolder(folder).records() if record["event"] == "step"]
    by_step = {record["step"]: record["loss"] for record in steps}
    assert len(by_step) == len(steps)
    return by_step


def scores(folder: Path) -> list[dict[str, float]]:
    """The scores before and after."""
    return [r["scores"] for r in RunFolder(folder).records() if r["event"] == "evaluation"]


def resume(folder: Path, step: int) -> None:
    """Go on with the run, which has to start after `step`."""
    result = train("run", "--resume", folder)
    assert result.exit_code == 0, result.output
    assert f"Going on after step {step} of 10" in result.output


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Where the undisturbed run goes; made by the first test that asks."""
    return tmp_path_factory.mktemp("whole") / "run"


@pytest.fixture
def undisturbed(whole, corpus_file, eval_data) -> Path:
    if not whole.exists():
        assert train_small(corpus_file, eval_data, whole).exit_code == 0
    return whole


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)],
)
def test_a_signal_saves_first(number, code, undisturbed, corpus_file, eval_data, tmp_path):
    broken = tmp_path / "broken"
    with signal_after(5, number):
        stopped = train_small(corpus_file, eval_data, broken)
    assert stopped.exit_code == code
    assert f"Stopped by {number.name}. Go on with: train run --resume {broken}" in stopped.output
    resume(broken, step=5)
    assert losses(broken) == losses(undisturbed)
    assert scores(broken) == scores(undisturbed)


@pytest.mark.slow
def test_a_second_signal_stops_at_once(undisturbed, corpus_file, eval_data, tmp_path):
    broken = tmp_path / "broken"
    with signal_after(5, signal.SIGINT, times=2):
        stopped = train_small(corpus_file, eval_data, broken)
    assert stopped.exit_code == 130
    assert f"train run --resume {broken}" in stopped.output
    resume(broken, step=3)
    assert losses(broken) == losses(undisturbed)


def test_a_signal_at_the_last_step(undisturbed, corpus_file, eval_data, tmp_path):
    broken = tmp_path / "broken"
    with signal_after(10, signal.SIGINT):
        assert train_small(corpus_file, eval_data, broken).exit_code == 130
    resume(broken, step=10)
    assert losses(broken) == losses(undisturbed)
    assert scores(broken) == scores(undisturbed)


@pytest.mark.slow
def test_handlers_are_put_back(corpus_file, eval_data, tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with signal_after(2, signal.SIGINT):
        train_small(corpus_file, eval_data, tmp_path / "run")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_changed_corpus_is_noticed(corpus_file, eval_data, tmp_path):
    with signal_after(5, signal.SIGINT):
        train_small(corpus_file, eval_data, tmp_path / "run")
    corpus_file.write_text(corpus_file.read_text() + "\nOne more sentence.")
    result = train("run", "--resume", tmp_path / "run")
    assert result.exit_code == 2
    assert "the training text is not the one this run began with" in result.output


KILLED_WHILE_SAVING = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
import verify.ladder
from derive.verdict import Verdict
verify.ladder.verify_loss = lambda *_, **__: SimpleNamespace(
    verdict=Verdict.AGREED, results=(), reference="oracle"
)
from train.cli import main
from train.trainer import TwoViewTrainer
save = TwoViewTrainer._save
def half(self, output_dir=None, state_dict=None):
    save(self, output_dir, state_dict)
    if output_dir.endswith("checkpoint-6"):
        weights = Path(output_dir, "model.safetensors")
        weights.write_bytes(weights.read_bytes()[:1000])
        os.kill(os.getpid(), signal.SIGKILL)
TwoViewTrainer._save = half
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_checkpoint(undisturbed, corpus_file, eval_data, tmp_path):
    broken = tmp_path / "broken"
    words = ["run", "--corpus", corpus_file, "--eval-data", eval_data, "--out", broken, *SMALL]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_SAVING, *map(str, words)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (broken / "checkpoints" / "checkpoint-6" / "model.safetensors").stat().st_size == 1000
    with (broken / "metrics.jsonl").open("a") as file:
        file.write('{"event": "st')  # a line that a kill cut short
    resume(broken, step=3)
    assert losses(broken) == losses(undisturbed)
    assert scores(broken) == scores(undisturbed)
