"""docs/training.md: the table of settings is that of train/protocols.py, and its words are true."""

import re
import runpy
from pathlib import Path

from train import errors
from train.protocols import NAMES

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "training.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_table_is_up_to_date():
    """If not: python docs/training.py"""
    script = runpy.run_path(str(DOCS / "training.py"))
    assert script["page"](TEXT) == TEXT
    rows = re.findall(r"^\| `--(?:\[no-\])?([a-z-]+)` \|", TEXT, re.MULTILINE)
    assert tuple(name.replace("-", "_") for name in rows) == NAMES


def test_every_exit_code_is_there():
    section = TEXT.split("## Exit codes")[1]
    codes = {
        getattr(error, "exit_code", 2)
        for error in vars(errors).values()
        if isinstance(error, type) and error.__module__ == errors.__name__
    }
    assert all(f"| {code} |" in section for code in codes if isinstance(code, int))


def test_links_lead_to_pages():
    for link in re.findall(r"\]\(([a-z-]+\.md)\)", TEXT):
        assert (DOCS / link).is_file(), link
