"""bf16, fp16, torch.compile, accumulation and caching: what changes the loss and what does not."""

from pathlib import Path

import pytest
import torch

from tests.train.faults.runs import FULL, records

WORDS = (*FULL, "--dropout", 0, "--no-keep-best", "--steps", 3, "--batch-size", 12)


def losses(server, materials, out: Path, *words: object) -> torch.Tensor:
    done = server("run", *materials, *WORDS, *words, "--out", out)
    assert done.code == 0, done.output
    found = [r["loss"] for r in records(out) if r["event"] == "step"]
    return torch.tensor(found, dtype=torch.float64)


@pytest.fixture(scope="module")
def plain(server, materials, tmp_path_factory) -> torch.Tensor:
    return losses(server, materials, tmp_path_factory.mktemp("plain") / "run")


@pytest.mark.slow
def test_bf16_trains_on_a_cpu(server, materials, plain, tmp_path):
    found = losses(server, materials, tmp_path / "run", "--precision", "bf16")
    assert 0 < (found - plain).abs().max() < 0.1


def test_fp16_needs_a_gpu(server, materials, tmp_path):
    words = (*WORDS, "--precision", "fp16", "--out", tmp_path / "run")
    done = server("run", *materials, *words)
    assert done.code == 2
    assert "--precision fp16 needs a GPU with CUDA, and the device is cpu" in done.output
    assert not (tmp_path / "run").exists()  # refused before anything is made


@pytest.mark.slow
@pytest.mark.parametrize("cached", [5, 12])
def test_caching_is_the_large_batch(cached, server, materials, plain, tmp_path):
    found = losses(server, materials, tmp_path / "run", "--mini-batch", cached)
    torch.testing.assert_close(found, plain, rtol=1e-5, atol=0)


@pytest.mark.slow
def test_accumulation_is_another_loss(server, materials, plain, tmp_path):
    """Twice 6 rows have 5 negatives a row, not 11: the loss is near ln 6, not ln 12, at first."""
    words = ("--accumulate", 2, "--batch-size", 6)
    found = losses(server, materials, tmp_path / "run", *words)
    assert (found - plain).abs().min() > 0.1


@pytest.mark.slow
def test_compile(server, materials, plain, tmp_path):
    done = server("run", *materials, *WORDS, "--compile", "--out", tmp_path / "run")
    if done.code == 2:
        assert "--compile needs a C++ compiler" in done.output
        pytest.skip("no C++ compiler")
    assert done.code == 0, done.output
    found = [r["loss"] for r in records(tmp_path / "run") if r["event"] == "step"]
    torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), plain, rtol=1e-4, atol=0)


@pytest.mark.slow
def test_compile_with_caching_and_dropout(server, materials, tmp_path):
    """The second encoding draws the masks of the first, compiled as it is for each shape."""
    words = ("--mini-batch", 5, "--dropout", 0.1, "--compile", "--steps", 1)
    done = server("run", *materials, *WORDS, *words, "--out", tmp_path / "run")
    if done.code == 2 and "--compile needs a C++ compiler" in done.output:
        pytest.skip("no C++ compiler")
    assert done.code == 0, done.output
    found = [r["loss"] for r in records(tmp_path / "run") if r["event"] == "step"]
    assert len(found) == 1
    assert 0 < found[0] < 10


def test_compile_without_a_compiler(server, materials, tmp_path):
    env = {"PATH": str(tmp_path), "CXX": ""}
    words = (*WORDS, "--compile", "--out", tmp_path / "run")
    done = server("run", *materials, *words, env=env)
    assert done.code == 2, done.output
    assert "--compile needs a C++ compiler, and none is found" in done.output
    assert "Traceback" not in done.output
