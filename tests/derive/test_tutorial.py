"""docs/your-own-loss.md is run: its file is written, its commands and its sessions are carried out.

Write the output of its commands anew with: python -m tests.derive.test_tutorial
"""

import doctest
import os
import re
import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from click.testing import CliRunner

from derive import store
from derive.cli import main

TUTORIAL = Path(__file__).parents[2] / "docs" / "your-own-loss.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(kind: str, text: str) -> list[str]:
    return [body for found, body in BLOCK.findall(text) if found == kind]


def write_file(text: str) -> Path:
    """The file of the tutorial, in the current folder."""
    (body,) = blocks("python", text)
    path = Path(body.splitlines()[0].removeprefix("# "))
    path.write_text(body, encoding="utf-8")
    return path


def carried_out(block: str) -> str:
    """The commands of a block, each with its real output."""
    lines = []
    for line in block.splitlines():
        if line.startswith("$ derive "):
            result = CliRunner().invoke(main, line.removeprefix("$ derive ").split())
            lines += [line, *result.output.splitlines()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(store.HOME, str(tmp_path / "home"))
    text = TUTORIAL.read_text(encoding="utf-8")
    write_file(text)
    torch.manual_seed(0)
    return text


def test_the_file_is_about_twenty_lines(text: str) -> None:
    code = [x for x in Path("my_losses.py").read_text(encoding="utf-8").splitlines() if x.strip()]
    assert len(code) <= 24


def test_the_commands_print_what_is_shown(text: str) -> None:
    commands = blocks("console", text)
    assert len(commands) == 3
    for block in commands:
        assert carried_out(block) == block, "python -m tests.derive.test_tutorial writes it anew"


def test_the_sessions_run(text: str) -> None:
    session = "\n".join(blocks("pycon", text))
    test = doctest.DocTestParser().get_doctest(session, {}, TUTORIAL.name, str(TUTORIAL), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    runner.run(test, out=report.append)
    assert runner.tries > 10
    assert runner.failures == 0, "".join(report)


def test_what_it_says_of_a_wrong_sign_is_true(text: str) -> None:
    wrong = "\n".join(blocks("pycon", text)[:2]).replace("c + m *", "c - m *")
    test = doctest.DocTestParser().get_doctest(wrong, {}, "wrong", None, 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert "autograd: refuted" in "".join(report)


def test_every_block_is_of_a_kind_that_is_run(text: str) -> None:
    assert {kind for kind, _ in BLOCK.findall(text)} == {"python", "console", "pycon", "toml"}


if __name__ == "__main__":
    original = TUTORIAL.read_text(encoding="utf-8")
    with TemporaryDirectory() as folder, chdir(folder):
        os.environ[store.HOME] = folder
        write_file(original)
        renewed = BLOCK.sub(
            lambda m: f"```console\n{carried_out(m[2])}```" if m[1] == "console" else m[0],
            original,
        )
    TUTORIAL.write_text(renewed, encoding="utf-8")
    sys.exit(0)
