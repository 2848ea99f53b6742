"""A refutation comes with a program that runs and shows it."""

import subprocess
import sys

import pytest
import torch

from derive.verdict import Verdict
from tests.verify import faults
from verify.checks import CHECKS
from verify.draws import Example
from verify.ladder import run_check
from verify.snippet import program
from verify.strategies import Batch
from verify.subject import Subject


def printed(text):
    found = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return found.stdout


@pytest.mark.parametrize(
    ("name", "batch", "dtype", "raw"),
    [
        ("supcon", Batch("paired", 4, 3, 0), torch.float64, False),
        ("infonce", Batch("paired", 70, 16, 0), torch.bfloat16, True),
        ("vicreg_code", Batch("paired", 4, 3, 0), torch.float64, False),
    ],
)
def test_the_program_runs_and_finds_no_fault_where_there_is_none(name, batch, dtype, raw):
    subject = Subject.of(name)
    text = program(Example(subject, batch, tuple(0.5 for _ in subject.free)), dtype, raw=raw)
    lines = printed(text).splitlines()
    assert lines[0].startswith("value: ")
    off = [float(line.rpartition(" ")[2]) for line in lines[1:]]
    assert len(off) == 2
    assert max(off) < (1e-12 if dtype == torch.float64 else 1e-2)
    assert ("Batch(" in text) == (batch.n > 8)


def test_a_refuted_check_has_one_line_of_detail_and_a_program():
    found = run_check(
        "fast", CHECKS["fast"], faults.with_fast("mpt", faults.sum_for_mean), examples=5, seed=0
    )
    assert found.verdict is Verdict.REFUTED
    assert "\n" not in found.detail
    assert found.rung == 4
    assert "torch.tensor(" in found.snippet
    assert "value: " in printed(found.snippet)
