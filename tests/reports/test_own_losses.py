"""Losses that are not of the catalogue on the page."""

import json

import pytest

from reports.page import Request, _names, build
from reports.runs import read_run
from reports.sections.loss import OWN_FORMULA, LossMaterial, loss_section
from reports.sections.runs import run_section
from tests.reports.conftest import SMALL, write_run
from tests.verify.test_own_losses import MY_LOSSES
from verify.report import LossReport

ALPHA = "alpha(x; exp(x))"
OTHER_ALPHA = "alpha(x; exp(2*x))"


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my_losses.py"
    path.write_text(MY_LOSSES, encoding="utf-8")
    return path


@pytest.mark.usefixtures("file")
def test_losses_of_one_name_are_told_apart(tmp_path):
    specs = ("my_losses.py:MarginSoftmax", ALPHA, OTHER_ALPHA)
    request = Request(losses=specs, heatmap=SMALL, examples=None)
    page, material = build(request, tmp_path / "site")
    text = page.read_text(encoding="utf-8")
    assert [x.name for x in material.losses] == ["marginsoftmax", "alpha", "alpha-2"]
    for name in ("marginsoftmax", "alpha", "alpha-2"):
        assert f'<section id="{name}"' in text
    assert (tmp_path / "site" / "gd-marginsoftmax.csv").is_file()
    assert "verify run --loss &#39;alpha(x; exp(2*x))&#39;" in text
    found = loss_section(
        LossMaterial(
            material.losses[0].decomposition,
            LossReport("a file", (), "formula"),
            material.losses[0].heatmap,
        )
    )
    assert found.reference == OWN_FORMULA


def test_a_run_whose_loss_is_gone(tmp_path):
    folder = write_run(tmp_path / "run", loss="/gone/my_losses.py:Mine")
    config = json.loads((folder / "config.json").read_text())
    assert not run_section(read_run(folder), 1).surrogate
    config["loss"] = {"stop_gradients": "the weights"}
    (folder / "config.json").write_text(json.dumps(config))
    assert run_section(read_run(folder), 1).surrogate
    assert _names({}) == {}
