"""`verify run`: the table, the JSON, the exit codes."""

import json

import pytest
from click.testing import CliRunner

from derive.verdict import Verdict
from verify.checks import CHECKS
from verify.cli import main
from verify.report import CheckResult, LossReport


def run(*arguments):
    return CliRunner().invoke(main, ["run", *arguments], env={"COLUMNS": "120"})


def planted(monkeypatch, verdict):
    def verify_loss(name, settings, **_):
        return LossReport(name, (CheckResult("points", verdict, "at [0]", 0.0),))

    monkeypatch.setattr("verify.ladder.verify_loss", verify_loss)


def test_a_table_has_one_row_a_check():
    found = run("--loss", "mpt", "--examples", "3")
    assert found.exit_code == 0, found.output
    for check in CHECKS:
        assert check in found.output
    assert "proved" in found.output
    assert "1 agreed in" in found.output


def test_json_says_the_same():
    found = run("--loss", "mpt", "--loss", "met", "--examples", "2", "--format", "json")
    assert found.exit_code == 0
    document = json.loads(found.stdout)
    assert document["exit_code"] == 0
    assert [x["loss"] for x in document["losses"]] == ["mpt", "met"]
    assert [x["check"] for x in document["losses"][0]["results"]] == list(CHECKS)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.PROVED, 0),
        (Verdict.AGREED, 0),
        (Verdict.REFUTED, 1),
        (Verdict.UNDECIDED, 3),
    ],
)
def test_exit_codes(monkeypatch, verdict, code):
    planted(monkeypatch, verdict)
    found = run("--loss", "mpt")
    assert found.exit_code == code
    assert verdict.value in found.output
    assert "at [0]" in found.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--loss", "infonc"), "Did you mean"),
        (("--loss", "infonce", "--set", "tau=0"), "outside its domain"),
        (("--set", "tau=0.1"), "choose them with --loss"),
        (("--set", "tau"), "NAME=VALUE"),
        (("--examples", "0"), "0"),
        (("--seed", "-1"), "-1"),
        (("--seed", "9" * 23), "4294967295"),
    ],
)
def test_bad_input_is_exit_code_two_without_a_traceback(arguments, message):
    found = run(*arguments)
    assert found.exit_code == 2
    assert message in found.output
    assert "Traceback" not in found.output


def test_version():
    found = CliRunner().invoke(main, ["--version"])
    assert found.exit_code == 0
    assert found.output.startswith("verify, version ")


def test_a_run_of_the_largest_seed():
    assert run("--loss", "mpt", "--examples", "2", "--seed", str(2**32 - 1)).exit_code == 0


def test_settings_reach_the_checks():
    found = run("--loss", "infonce", "--set", "tau=0.1", "--examples", "2")
    assert found.exit_code == 0, found.output
