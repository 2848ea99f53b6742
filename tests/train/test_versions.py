"""A run that goes on under other versions says so."""

import io

import torch
from rich.console import Console

from train.setting_up import as_recorded
from train.versions import PACKAGES, other_versions, versions


def test_equal_versions_say_nothing() -> None:
    assert set(versions()) == {"python", *PACKAGES}
    assert other_versions(versions()) == ""


def test_a_resumed_run_names_what_has_changed() -> None:
    out = io.StringIO()
    began = versions() | {"torch": "1.0.0"}
    record = {"processes": 1, "threads": torch.get_num_threads(), "versions": began}
    as_recorded(record, "cpu", Console(file=out))
    said = " ".join(out.getvalue().split())
    assert f"torch {versions()['torch']} (began with 1.0.0)" in said
    assert "not surely with the bits" in said
    assert "transformers" not in said
