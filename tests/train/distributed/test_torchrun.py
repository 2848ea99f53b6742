"""The launcher itself: torchrun starts the processes, stops them, and reports."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.train.faults.runs import FULL, PLANTS, ROOT, records, result
from tests.train.faults.server import free_port

pytestmark = pytest.mark.slow
PROGRAM = """
import os, sys
from tests.train.faults import plants
for name in {names!r}:
    getattr(plants, name)(int(os.environ["RANK"]))
from train.cli import main
main(sys.argv[1:])
"""


def launch(tmp_path: Path, *words: object, plants: tuple[str, ...] = (), **env: str):
    """torchrun with two processes, its output in tmp_path/log."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(names=[*PLANTS, *plants]))
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
               "--master-port", str(free_port()), str(program), *map(str, words)]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        return subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)} | env,
        )  # fmt: skip


def test_a_run_and_a_signal_to_the_launcher(materials, tmp_path):
    """SIGTERM in the fifth step: a checkpoint of it, and the resumed run ends as the whole one."""
    words = ("run", *materials, *FULL)
    whole = launch(tmp_path, *words, "--out", tmp_path / "whole")
    assert whole.wait(300) == 0, (tmp_path / "log").read_text()
    out = tmp_path / "run"
    stopped = launch(tmp_path, *words, "--out", out, plants=("slow_from_step_5",))
    wait_for_step(out, 4)
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(120) != 0
    log = (tmp_path / "log").read_text()
    assert log.count("Stopped by SIGTERM. Go on with: train run --resume") == 1, log
    assert (out / "checkpoints" / "checkpoint-5" / "COMPLETE").exists()
    resumed = launch(tmp_path, "run", "--resume", out)
    assert resumed.wait(300) == 0, (tmp_path / "log").read_text()
    assert "Going on after step 5 of 6" in (tmp_path / "log").read_text()
    assert result(out) == result(tmp_path / "whole")


def wait_for_step(out: Path, step: int) -> None:
    end = time.monotonic() + 200
    while time.monotonic() < end:
        if (out / "metrics.jsonl").is_file():
            try:
                done = [r["step"] for r in records(out) if r["event"] == "step"]
            except ValueError:  # half a line
                done = []
            if step in done and (out / "checkpoints" / f"checkpoint-{step}" / "COMPLETE").exists():
                return
        time.sleep(0.1)
    pytest.fail(f"no step {step} in {out}")


def test_an_error_is_told_once(materials, tmp_path):
    words = ("run", *materials, *FULL, "--out", tmp_path / "run")
    broken = launch(tmp_path, *words, plants=("broken_rank",))
    assert broken.wait(300) == 1
    log = (tmp_path / "log").read_text()
    assert log.count("Error: step 5: the embeddings of the anchors") == 1, log


def test_a_killed_process_ends_the_run(materials, tmp_path):
    words = ("run", *materials, *FULL, "--out", tmp_path / "run")
    killed = launch(tmp_path, *words, plants=("killed_rank",), KILLED_RANK="1")
    assert killed.wait(300) == 1
    log = (tmp_path / "log").read_text()
    assert "Signal 9 (SIGKILL) received" in log  # torchrun's own report
    assert (tmp_path / "run" / "checkpoints" / "checkpoint-4" / "COMPLETE").exists()
