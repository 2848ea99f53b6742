"""Real training, tiny: a sweep that is killed and goes on, an ablation, a summary of seeds."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.train.sweeps.conftest import wait_for
from train.cli import main

SWEEP = """
name = "real"
metric = "graded similarity, Spearman"
[base]
loss = "infonce"
max_sentences = 200
overrides = { steps = 12, batch_size = 8, max_length = 12, save_every = 2 }
[[stages]]
[stages.parameters]
lr = [1e-4, 1e-3]
"""
TINY = (
    "--max-sentences", "200", "--steps", "4", "--batch-size", "8", "--max-length", "12",
    "--device", "cpu",
)  # fmt: skip
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}
PROGRAM = [sys.executable, "-m", "train.cli"]


def records(folder: Path) -> list[dict]:
    lines = (folder / "metrics.jsonl").read_text().split("\n")
    return [json.loads(x) for x in lines if x]


@pytest.mark.slow
def test_a_sweep_that_is_killed_goes_on_from_its_last_checkpoint(tmp_path):
    (tmp_path / "spec.toml").write_text(SWEEP, encoding="utf-8")
    words = [*PROGRAM, "sweep", "--spec", "spec.toml", "--out", "out"]
    first = tmp_path / "out" / "stage-1" / "trial-0000" / "seed-0"
    killed = subprocess.Popen(words, cwd=tmp_path, env=ENVIRONMENT)
    wait_for(lambda: (first / "checkpoints" / "checkpoint-4" / "COMPLETE").exists(), 240)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    done = subprocess.run(
        [*words, "--format", "json"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["counts"] == {"done": 2}
    events = [x for x in records(first) if x["event"] == "resumed"]
    assert len(events) == 1
    assert events[0]["step"] >= 4
    steps = [x["step"] for x in records(first) if x["event"] == "step"]
    assert steps == list(range(1, 13))  # none lost, none twice


@pytest.mark.slow
def test_an_ablation_of_two_seeds(tmp_path):
    words = [*PROGRAM, "ablate", "--loss", "mhs", "--seeds", "2", "--out", "out", *TINY]
    run = {"cwd": tmp_path, "env": ENVIRONMENT, "capture_output": True, "text": True}
    done = subprocess.run(words, **run)
    assert done.returncode == 0, done.stderr
    assert "mean of 2" in done.stdout
    record = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert record["steps"]["+ W"] is None
    for label in ("original", "+ GD", "+ R"):
        step = record["steps"][label]
        assert [row["seed"] for row in step["rows"]] == [0, 1]
        assert step["scores"]["graded similarity, Spearman"]["n"] == 2
    again = subprocess.run([*words, "--format", "json"], **run)
    assert again.returncode == 0
    assert json.loads(again.stdout) == record
    assert "step 1/4" not in again.stderr  # nothing was trained again


def test_a_metric_that_no_run_measures_is_refused_before_any_runs(tmp_path):
    (tmp_path / "spec.toml").write_text(SWEEP.replace("Spearman", "Spearmann"), encoding="utf-8")
    words = ["sweep", "--spec", str(tmp_path / "spec.toml"), "--out", str(tmp_path / "out")]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == 2
    assert "Did you mean 'graded similarity, Spearman'?" in found.output
    assert not (tmp_path / "out").exists()
