"""A refutation comes with a program that runs and shows it."""

import subprocess
import sys
from textwrap import indent

import pytest
import torch

from derive.verdict import Verdict
from tests.verify import faults
from verify.checks import CHECKS, singular
from verify.draws import Example
from verify.ladder import run_check
from verify.snippet import program
from verify.strategies import Batch
from verify.subject import Subject


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


def printed(text):
    found = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return found.stdout


@pytest.mark.parametrize(
    ("name", "batch", "dtype", "raw"),
    [
        pytest.param(
            "supcon", Batch("paired", 4, 3, 0), torch.float64, False, marks=pytest.mark.slow
        ),
        ("infonce", Batch("paired", 70, 16, 0), torch.bfloat16, True),
        pytest.param(
            "vicreg_code", Batch("paired", 4, 3, 0), torch.float64, False, marks=pytest.mark.slow
        ),
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


POLE = """
from derive.nodes import Hinge, Log
from derive.notation import cosine, sum_samples
from derive.objective import NONE, Objective


class Pole(Objective):
    title = "A pole where the views of a pair are opposite"
    source = "tests"
    differentiated = "batch"
    reduction = "one scalar of the batch"
    pool = NONE

    def terms(self, i, x):
        return sum_samples(lambda k: Log(Hinge(cosine(k, k))))
"""
PLANTED = """
import derive.torch
from tests.verify import faults

right = derive.torch.objective
derive.torch.objective = lambda name, **arguments: {wrap}(right(name, **arguments))
"""


def singular_of(subject):
    found = run_check("singular", CHECKS["singular"], subject, examples=5, seed=0)
    assert found.verdict is Verdict.REFUTED
    assert "\n" not in found.detail
    return found


def test_a_pole_at_a_singular_point_comes_with_a_program_that_shows_it(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(POLE, "utf-8")
    found = singular_of(Subject.of(f"{file}:Pole"))
    assert "value, ∂h, ∂h' not finite: antipodal views" in found.detail
    lines = printed(found.snippet).splitlines()
    assert lines[0] == "value: not finite: -inf"
    assert [x.partition(":")[0] for x in lines[1:]] == ["gradient by h", "gradient by h'"]
    assert all("not finite" in x for x in lines)


@pytest.mark.parametrize(
    ("name", "wrap", "wrong", "right"),
    [
        ("infonce", "nan_where_views_coincide", "gradient by h: not finite", "gradient by h: fin"),
        slow("mpt", "bad_rows_zeroed", "not refused, value: ", "refused: "),
        slow("mvicreg", "sum_for_mean", "value: ", "value: "),
    ],
)
def test_a_fault_at_a_singular_point_is_seen_in_its_program(name, wrap, wrong, right):
    """Where the fault is planted in the library that the program imports, and not without it."""
    found = singular_of(faults.with_fast(name, getattr(faults, wrap)))
    with_fault = printed(PLANTED.format(wrap=f"faults.{wrap}") + found.snippet)
    without = printed(found.snippet)
    assert wrong in with_fault
    assert right in without
    assert (wrong in without) == (wrong == right)
    if "reference:" in without:
        shown = [[float(x.split()[1]) for x in y.splitlines()] for y in (with_fault, without)]
        assert shown[0][0] != pytest.approx(shown[0][1])
        assert shown[1][0] == pytest.approx(shown[1][1])


@pytest.mark.slow
def test_every_bad_batch_has_a_program_that_runs():
    """NaN and infinity among its numbers too, and labels that are none."""
    subject = faults.with_fast("supcon", lambda module: lambda h, h_prime, **inputs: h.sum())
    texts = [x.partition("\n\n")[2] for x in singular._not_refused(subject, seed=0)]
    assert len(texts) > 12
    alone = [f"def program_{k}():\n" + indent(x, "    ") for k, x in enumerate(texts)]
    calls = "".join(f"program_{k}()\n" for k in range(len(texts)))
    lines = printed("\n".join(alone) + "\n" + calls).splitlines()
    assert len(lines) == len(texts)
    assert all(x.startswith("refused: ") for x in lines)
