"""Two processes train as one does, step by step: one loss of the whole batch, whatever the setting.

Sums are in another order, so float32 rounds otherwise: 1e-6 was measured for losses and gradient
norms over six steps (no dropout, whose masks would differ), and 3e-7 for weights of order 1.
"""

import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.train.faults.runs import FULL, records, result, trajectory

RELATIVE, ABSOLUTE = 1e-5, 2e-6
SETTINGS = {
    "infonce": (),
    "keep best": ("--keep-best",),
    "vicreg": ("--loss", "vicreg"),
    "symmetric": ("--symmetric",),
    "two passes": ("--no-one-pass",),
    "caching": ("--mini-batch", 3),
    "caching and accumulation": ("--mini-batch", 2, "--accumulate", 2),
    "accumulation": ("--accumulate", 2),
    "buckets": ("--bucket",),
    "frozen": ("--freeze", "embeddings"),
    "bf16": ("--precision", "bf16"),
}
LOOSE = {"bf16": 3e-2}  # three digits, and other sums
FAST = ("infonce",)
CASES = [pytest.param(x, marks=() if x in FAST else pytest.mark.slow) for x in SETTINGS]
WORDS = (*FULL, "--dropout", 0, "--no-keep-best")


def steps(folder: Path) -> torch.Tensor:
    """(steps, 2): losses and gradient norms."""
    found = [r for r in records(folder) if r["event"] == "step"]
    return torch.tensor([[r["loss"], r["gradient_norm"]] for r in found], dtype=torch.float64)


def apart(one: Path, two: Path) -> tuple[float, float]:
    """The greatest relative difference of the steps, and the greatest of the weights."""
    a, b = steps(one), steps(two)
    assert a.shape == b.shape == (6, 2)
    mine, other = (load_file(x / "model" / "model.safetensors") for x in (one, two))
    assert mine.keys() == other.keys()
    weights = max(float((mine[k] - other[k]).abs().max()) for k in mine)
    return float(((a - b) / a).abs().max()), weights


def both(server, materials, tmp_path, *words, plants=()) -> tuple[Path, Path]:
    for processes in (1, 2):
        out = tmp_path / str(processes)
        done = server("run", *materials, *WORDS, *words, "--out", out, processes=processes,
                      plants=plants if processes == 2 else ())  # fmt: skip
        assert set(done.codes) == {0}, done.output
    return tmp_path / "1", tmp_path / "2"


@pytest.mark.parametrize("case", CASES)
def test_two_processes_are_one(case, server, materials, tmp_path):
    relative, absolute = apart(*both(server, materials, tmp_path, *SETTINGS[case]))
    assert relative < LOOSE.get(case, RELATIVE)
    assert absolute < LOOSE.get(case, ABSOLUTE)


@pytest.mark.slow
def test_losses_of_each_process_alone_are_caught(server, materials, tmp_path):
    """The fault: gather is off, so each process has a loss of its half of the batch."""
    relative, _ = apart(*both(server, materials, tmp_path, plants=("no_gather",)))
    assert relative > 100 * RELATIVE


def test_a_batch_that_cannot_be_shared(server, materials, tmp_path):
    words = ("--batch-size", 7, "--out", tmp_path / "run")
    done = server("run", *materials, *FULL, *words, processes=2)
    assert done.codes == [2, 2]
    assert done.output.count("Error: --batch-size 7 over 2 processes") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_is_killed(rank, server, materials, tmp_path):
    """With dropout: each process has its own random states on record."""
    words = ("run", *materials, *FULL)
    done = server(*words, "--out", tmp_path / "whole", processes=2)
    assert done.codes == [0, 0], done.output
    out = tmp_path / "run"
    env = {"KILLED_RANK": str(rank)}
    done = server(*words, "--out", out, processes=2, plants=("killed_rank",), env=env)
    assert done.codes[rank] == -signal.SIGKILL, done.output
    assert done.codes[1 - rank] != 0
    assert "Traceback" not in done.output
    done = server("run", "--resume", out)
    assert done.code == 2
    assert "this run began in 2 process(es), and here are 1" in done.output
    done = server("run", "--resume", out, processes=2)
    assert done.codes == [0, 0], done.output
    assert "Going on after step 4 of 6" in done.output
    assert result(out) == result(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_an_error_in_one_process_ends_all(rank, server, materials, tmp_path):
    out = tmp_path / "run"
    env = {"BROKEN_RANK": str(rank)}
    words = ("run", *materials, *FULL, "--out", out)
    done = server(*words, processes=2, plants=("broken_rank",), env=env)
    assert 0 not in done.codes
    assert done.output.count("Error: ") == 1, done.output
    assert "step 5: the embeddings of the anchors stopped being finite" in done.output
    assert "Traceback" not in done.output
    done = server("run", "--resume", out, processes=2)
    assert done.codes == [0, 0], done.output


@pytest.mark.slow
def test_an_error_in_both_is_told_once(server, materials, tmp_path):
    out = tmp_path / "run"
    done = server("run", *materials, *FULL, "--out", out, processes=2, plants=("broken_rank",))
    assert done.codes == [1, 1]
    assert done.output.count("Error: ") == 1, done.output


@pytest.mark.slow
def test_two_processes_repeat_themselves(server, materials, tmp_path):
    for name in "ab":
        server("run", *materials, *FULL, "--out", tmp_path / name, processes=2)
    assert trajectory(tmp_path / "a") == trajectory(tmp_path / "b")
