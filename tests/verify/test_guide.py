"""docs/verify.md: its session runs, and what it says of profiles and rungs is so."""

import doctest
from pathlib import Path

from verify.checks import RUNGS
from verify.profiles import PROFILES

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"


def test_the_session_runs() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted > 4
    assert not result.failed


def test_every_rung_and_profile_is_named() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, number in RUNGS.items():
        assert f"| {number} {name} |" in text
    for name in PROFILES:
        assert f"`{name}`" in text or f"--profile {name}" in text
