"""The embedded default: a short one in the gate, the promise of three seeds when asked."""

import time

import pytest

from tests.train.conftest import train
from train.evaluation import GRADED, RETRIEVAL
from train.folder import RunFolder


@pytest.mark.usefixtures("verified", "in_tmp_path")
def test_loss_alone_needs_nothing_else(tmp_path):
    short = ("--steps", 2, "--max-sentences", 300, "--max-length", 16, "--device", "cpu")
    result = train("run", "--loss", "mvicreg", *short)
    assert result.exit_code == 0, result.output
    folder = RunFolder(tmp_path / "runs" / "mvicreg-0-1")
    before, after = (r["scores"] for r in folder.records() if r["event"] == "evaluation")
    assert set(before) == set(after) == {RETRIEVAL, GRADED}
    assert "a demonstration, not a benchmark" in " ".join(result.output.split())
    assert "a demonstration, not a benchmark" in folder.card.read_text()
    assert "public domain" in folder.card.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("loss", ["infonce", "mvicreg"])
def test_after_beats_before(loss, seed, tmp_path):
    start = time.monotonic()
    result = train("run", "--loss", loss, "--seed", seed, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    records = RunFolder(tmp_path / "run").records()
    before, after = (r["scores"] for r in records if r["event"] == "evaluation")
    assert after[RETRIEVAL] > before[RETRIEVAL] + 0.03
    assert after[GRADED] > before[GRADED] + 0.03
    assert time.monotonic() - start < 240
