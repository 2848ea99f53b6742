"""docs/derive.md and README.md show what the programs print; docs/catalogue.md is not stale.

Write them anew with: make docs
"""

import os
import runpy
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import derive
from derive import store
from tests.derive.pages import BLOCK, blocks, renewed, run_sessions

ROOT = Path(__file__).parents[2]
GUIDE, README, CATALOGUE = ROOT / "docs/derive.md", ROOT / "README.md", ROOT / "docs/catalogue.md"
PAGES = (GUIDE, README)


@pytest.fixture
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(store.HOME, str(tmp_path / "home"))


@pytest.mark.usefixtures("_empty_folder")
@pytest.mark.parametrize("page", PAGES, ids=lambda x: x.name)
def test_the_commands_print_what_is_shown(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert blocks("console", text)
    assert renewed(text) == text, "`make docs` writes it anew"


def test_the_sessions_run() -> None:
    assert run_sessions(GUIDE.read_text(encoding="utf-8"), GUIDE) > 10


def test_every_block_of_the_guide_is_run() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert {x[0] for x in BLOCK.findall(text)} == {"console", "pycon"}


def test_the_guide_shows_every_command() -> None:
    from derive.cli import COMMANDS

    text = GUIDE.read_text(encoding="utf-8")
    assert [x for x in COMMANDS if f"$ derive {x} " not in text] == ["list"]


def test_the_catalogue_is_not_stale() -> None:
    written = runpy.run_path(str(ROOT / "docs/catalogue.py"))["page"]()
    assert written == CATALOGUE.read_text(encoding="utf-8"), "`make docs` writes it anew"


def test_the_catalogue_has_every_loss() -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    assert [x for x in derive.names() if f"\n| `{x}` | " not in text] == []


if __name__ == "__main__":
    for path in PAGES:
        before = path.read_text(encoding="utf-8")
        with TemporaryDirectory() as folder, chdir(folder):
            os.environ[store.HOME] = folder
            after = renewed(before)
        path.write_text(after, encoding="utf-8")
