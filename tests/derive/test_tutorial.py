"""docs/your-own-loss.md is run: its file is written, its commands and its sessions are carried out.

Write the output of its commands anew with: make docs
"""

import os
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch

from derive import store
from tests.derive.pages import BLOCK, blocks, renewed, run_sessions

TUTORIAL = Path(__file__).parents[2] / "docs" / "your-own-loss.md"


def write_file(text: str) -> Path:
    """The file of the tutorial, in the current folder."""
    (body,) = blocks("python", text)
    path = Path(body.splitlines()[0].removeprefix("# "))
    path.write_text(body, encoding="utf-8")
    return path


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
    assert len(blocks("console", text)) == 3
    assert renewed(text) == text, "`make docs` writes it anew"


def test_the_sessions_run(text: str) -> None:
    assert run_sessions(text, TUTORIAL) > 10


def test_what_it_says_of_a_wrong_sign_is_true(text: str) -> None:
    sessions = "".join(f"```pycon\n{x}```\n" for x in blocks("pycon", text)[:2])
    with pytest.raises(AssertionError, match="autograd: refuted"):
        run_sessions(sessions.replace("c + m *", "c - m *"), TUTORIAL)


def test_every_block_is_of_a_kind_that_is_run(text: str) -> None:
    assert {x[0] for x in BLOCK.findall(text)} == {"python", "console", "pycon", "toml"}


if __name__ == "__main__":
    original = TUTORIAL.read_text(encoding="utf-8")
    with TemporaryDirectory() as folder, chdir(folder):
        os.environ[store.HOME] = folder
        write_file(original)
        TUTORIAL.write_text(renewed(original), encoding="utf-8")
