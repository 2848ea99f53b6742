"""`verify audit` and `verify same`: exit codes, and code that does its worst."""

import json
import subprocess
import sys
import textwrap

import pytest
from click.testing import CliRunner

from derive.errors import ContragradError
from verify.audits import front, isolation
from verify.audits.subjects import value_of
from verify.cli import main

CODE = textwrap.dedent(
    """
    import os
    import sys

    import torch
    from torch.nn.functional import cross_entropy, normalize

    def infonce(h, h_prime, tau=0.05):
        return cross_entropy(h @ h_prime.T / tau, torch.arange(len(h)))

    def renamed(h, h_prime, temperature=0.3):
        return infonce(h, h_prime, temperature)

    def decoupled(h, h_prime):
        logits = h @ h_prime.T / 0.05
        hidden = torch.eye(len(h), dtype=torch.bool)
        return (logits.masked_fill(hidden, -torch.inf).logsumexp(1) - logits.diagonal()).mean()

    class Module(torch.nn.Module):
        def __init__(self, tau):
            super().__init__()
            self.tau = tau

        def forward(self, h, h_prime):
            return infonce(normalize(h, dim=1), normalize(h_prime, dim=1), self.tau)

    def prints(h, h_prime):
        print("a line", flush=True)
        return infonce(h, h_prime)

    def raises(h, h_prime):
        raise ValueError("no such thing")

    def loops(h, h_prime):
        while True:
            pass

    def exits(h, h_prime):
        sys.exit(4)

    def dies(h, h_prime):
        os._exit(7)

    def crashes(h, h_prime):
        os.kill(os.getpid(), 11)

    def text(h, h_prime):
        return "a loss"

    def overflows(h, h_prime, tau=0.01):
        logits = h @ h_prime.T / tau
        return (logits.exp().sum(1).log() - logits.diagonal()).mean()

    def vanishes(h, h_prime):
        return (1 + (-25 - 2 * (h * h_prime).sum(1)).exp()).log().mean() * 1e9

    def batches(seed):
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
        return tuple(normalize(rows, dim=2))
    """
)


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    file = tmp_path_factory.mktemp("code") / "losses.py"
    file.write_text(CODE, "utf-8")
    return file


def run(*arguments):
    return CliRunner().invoke(main, [str(x) for x in arguments])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("audit", "infonce", "--against", "infonce", "--set", "tau=0.05"), 0, "same"),
        (("audit", "decoupled", "--against", "infonce"), 1, "i.e. dcl (τ = 0.05)"),
        (("audit", "renamed", "--against", "infonce", "--set", "tau=1/20"), 0, "same"),
        (("audit", "renamed", "--against", "infonce"), 1, "equals infonce (τ = 0.3)"),
        (("audit", "decoupled"), 3, "diagnosis: losses.py:decoupled equals dcl"),
        (("audit", "raises"), 2, "ValueError: no such thing (losses.py, line"),
        (("audit", "exits"), 2, "it calls sys.exit(4)"),
        (("audit", "text"), 2, "returns str, not a tensor"),
        (("audit", "dies"), 2, "ended with exit code 7"),
        (("audit", "crashes"), 2, "ended by SIGSEGV"),
        (("audit", "infonce", "--set", "m=2"), 2, "nothing that is compared takes it"),
        (("audit", "absent"), 2, "unknown name 'absent'"),
    ],
)
def test_audit(code, arguments, exit_code, words):
    command, name, *rest = arguments
    found = run(command, f"{code}:{name}", *rest)
    assert found.exit_code == exit_code, found.output
    assert words in found.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second", "exit_code"),
    [("infonce", "Module", 0), ("infonce", "decoupled", 1)],
)
def test_same(code, first, second, exit_code):
    found = run("same", f"{code}:{first}", f"{code}:{second}", "--set", "B.tau=0.05",
                "--inputs", f"{code}:batches") if second == "Module" else run(
                "same", f"{code}:{first}", f"{code}:{second}")  # fmt: skip
    assert found.exit_code == exit_code, found.output


@pytest.mark.slow
def test_as_json(code):
    found = run("audit", f"{code}:decoupled", "--against", "infonce", "--format", "json")
    document = json.loads(found.output)
    assert document["exit_code"] == found.exit_code == 1
    assert document["verdict"] == document["report"]["verdict"] == "differs"
    assert document["diagnosis"]["loss"] == "dcl"


@pytest.mark.slow
def test_a_failure_as_json(code):
    found = run("audit", f"{code}:raises", "--format", "json")
    document = json.loads(found.output)
    assert found.exit_code == document["exit_code"] == 2
    assert document["verdict"] == "cannot run"


@pytest.mark.slow
def test_prints_are_reported(code):
    found = run("audit", f"{code}:prints", "--format", "json")
    assert "a line" in json.loads(found.output)["printed"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dtype", "against"),
    [
        ("overflows", "float16", ("--against", "infonce", "--set", "tau=0.01")),
        ("overflows", "float16", ()),
        ("vanishes", "float32", ()),
    ],
)
def test_a_finding_of_low_precision_has_a_program_that_runs_in_it(code, name, dtype, against):
    found = run("audit", f"{code}:{name}", *against, "--dtype", dtype)
    assert "\nfrom math import inf, nan\n" in found.output, found.output
    text = found.output[found.output.index("from math import inf, nan") :]
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    first, *rest = done.stdout.splitlines()
    assert first.startswith(f"losses.py:{name} value in torch.{dtype}: ")
    low, exact = (float(x.split()[0]) for x in first.split(": ")[1:])
    assert not abs(low - exact) < 0.05 * abs(exact)
    assert len(rest) == (5 if against else 2)


@pytest.mark.slow
def test_values_that_only_defaults_set_apart_are_said(code):
    found = run("audit", f"{code}:renamed", "--against", "infonce")
    note = "note · settings: compared with temperature = 0.3 in losses.py:renamed and tau = 0.05 in"
    assert note in found.output
    assert "settings:" not in run(
        "audit", f"{code}:renamed", "--against", "infonce", "--set", "tau=0.05"
    ).output  # fmt: skip


def test_a_loop_is_ended(code):
    """The limit covers everything, so that a Python that is slow to start ends here too."""
    job = front._job("audit", f"{code}:loops", None, front.Options({}))
    with pytest.raises(isolation.CannotRunError, match="did not end within 1 s"):
        isolation.run(job, timeout=1)


def test_a_python_that_is_none(code):
    found = run("audit", f"{code}:infonce", "--python", "/nowhere/python")
    assert found.exit_code == 2
    assert "cannot be started" in found.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("audit", "infonec"), "Did you mean infonce"),
        (("audit", "missing.py:f"), "there is no file missing.py"),
        (("audit", "st:"), "st:"),
        (("same", "infonce", "mixup_infonce"), "takes first, second beside the two views"),
        (("audit", "infonce", "--set", "tau"), "NAME=VALUE"),
        (("audit", "infonce", "--set", "tau=-1"), "outside its domain"),
    ],
)
def test_what_is_not_there(arguments, words):
    if words == "st:":
        assert front.spec("st:X", "A", {}) == {"kind": "peer", "package": "st", "name": "X"}
        return
    found = run(*arguments)
    assert found.exit_code == 2
    assert words in found.output


def test_a_setting_of_one_side():
    spec = front.spec("infonce", "B", {"A.tau": "1", "B.temperature": "1/4"})
    assert spec["values"] == {"tau": 0.25}
    assert spec["took"] == ["B.temperature"]


def test_defaults_that_depend_on_the_batch_travel():
    values = front.spec("simple", "A", {})["values"]
    assert value_of(values["lam"], 5, 4) == pytest.approx(1 / 4)
    raw = front.spec("vicreg", "A", {})["values"]
    assert value_of(raw["gamma"], 5, 4) == pytest.approx(1 / 2)


def test_the_other_process_imports_torch_and_nothing_of_ours_but_source(tmp_path):
    """What runs there must not need SymPy or Hypothesis: hide them, and audit."""
    hidden = textwrap.dedent(
        """
        import sys
        for name in ("sympy", "hypothesis", "click", "rich", "numpy"):
            sys.modules[name] = None
        """
    )
    check = "import verify.audits.job, verify.audits.adapters, verify.oracles.infonce"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", hidden + check], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_errors_are_ours():
    assert issubclass(isolation.CannotRunError, ContragradError)
