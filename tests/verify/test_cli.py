"""`verify run`: the table, JSON, JUnit, the exit codes, the processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

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
        return LossReport(name, (CheckResult("points", verdict, "at [0]", 0.0, "print(1)", 2),))

    monkeypatch.setattr("verify.ladder.verify_loss", verify_loss)


def test_a_table_has_one_row_a_check():
    found = run("--loss", "mpt", "--examples", "3")
    assert found.exit_code == 0, found.output
    for check in CHECKS:
        assert check in found.output
    assert "proved" in found.output
    assert "1 agreed in" in found.output
    assert "6 singular" in found.output


def test_json_says_the_same():
    found = run("--loss", "mpt", "--loss", "met", "--examples", "10", "--format", "json")
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


JOBS = ("--loss", "mpt", "--loss", "simple", "--rung", "1", "--rung", "points", "--examples", "2")


def told(found):
    return [
        (x["loss"], r["check"], r["verdict"], r["detail"])
        for x in json.loads(found.stdout)["losses"]
        for r in x["results"]
    ]


@pytest.mark.slow
def test_two_processes_say_what_one_says():
    one, two = (run(*JOBS, "--format", "json", "--jobs", n) for n in ("1", "2"))
    assert two.exit_code == 0, two.output
    assert told(one) == told(two)
    assert [x[:2] for x in told(one)] == [
        (loss, rung) for loss in ("mpt", "simple") for rung in ("identity", "points")
    ]


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to see the processes")
def test_an_interrupted_run_ends_its_processes():
    command = [
        sys.executable,
        "-c",
        "from verify.cli import main; main()",
        "run",
        *("--loss", "ntxent", "--loss", "infonce_symmetric", "--profile", "thorough"),
        *("--jobs", "2"),
    ]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_listening,
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=6)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    assert process.returncode == 130, out + err
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert ended(process.pid), "a process of the run is left"


def _listening():
    """What is started in the background of a shell ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def ended(group: int) -> bool:
    """Whether every process of a group is gone within some seconds; one that waits to be collected
    by its new parent is."""
    for _ in range(100):
        if not any(map(is_running, members(group))):
            return True
        time.sleep(0.1)
    return False


def members(group: int) -> list[Path]:
    """The processes of a group, as folders of /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found += [folder] if os.getpgid(int(folder.name)) == group else []
        except ProcessLookupError:
            continue
    return found


def is_running(folder: Path) -> bool:
    try:
        return folder.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_junit_has_a_suite_a_loss_and_a_case_a_rung():
    found = run(*JOBS, "--format", "junit", "--jobs", "1")
    root = ElementTree.fromstring(found.stdout)
    assert root.tag == "testsuites"
    assert root.attrib["tests"] == "4"
    assert [suite.get("name") for suite in root] == ["mpt", "simple"]
    for suite in root:
        assert {"name", "tests", "failures", "errors", "skipped", "time"} <= set(suite.attrib)
        assert [case.get("name") for case in suite] == ["1 identity", "2 points"]
        assert all(case.get("classname") == suite.get("name") for case in suite)


@pytest.mark.parametrize(
    ("verdict", "kind"), [(Verdict.REFUTED, "failure"), (Verdict.UNDECIDED, "error")]
)
def test_junit_fails_what_did_not_pass(monkeypatch, verdict, kind):
    planted(monkeypatch, verdict)
    case = ElementTree.fromstring(run("--loss", "mpt", "--format", "junit").stdout)[0][0]
    assert [x.tag for x in case] == [kind]
    assert case[0].get("message") == "at [0]"
    assert case[0].text == "print(1)"


def test_a_refuted_rung_prints_its_program_and_the_command_to_find_it_again(monkeypatch):
    planted(monkeypatch, Verdict.REFUTED)
    found = run("--loss", "mpt", "--seed", "3", "--profile", "dev")
    assert "print(1)" in found.output
    assert "verify run --loss mpt --rung points --profile dev --seed 3" in found.output


@pytest.mark.parametrize(
    ("option", "value", "nearest"),
    [("--rung", "relation", "relations"), ("--profile", "cl", "ci"), ("--rung", "7", "rung")],
)
def test_unknown_rungs_and_profiles_name_the_known(option, value, nearest):
    found = run("--loss", "mpt", option, value)
    assert found.exit_code == 2
    assert nearest in found.output


def test_commands_are_loaded_when_called():
    found = CliRunner().invoke(main, ["--help"])
    assert found.exit_code == 0
    assert "run" in found.output
    assert CliRunner().invoke(main, ["rnu"]).exit_code == 2


def test_version():
    found = CliRunner().invoke(main, ["--version"])
    assert found.exit_code == 0
    assert found.output.startswith("verify, version ")


def test_a_run_of_the_largest_seed():
    assert run("--loss", "mpt", "--examples", "2", "--seed", str(2**32 - 1)).exit_code == 0


def test_settings_reach_the_checks():
    found = run("--loss", "infonce", "--set", "tau=0.1", "--examples", "2")
    assert found.exit_code == 0, found.output
