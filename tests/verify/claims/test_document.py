"""docs/claims.md is what `verify claims --format markdown` prints."""

import re
from pathlib import Path

import pytest

from verify.claims import all_claims, listing

PAGE = Path(__file__).parents[3] / "docs" / "claims.md"


def test_the_page_has_every_claim_once() -> None:
    rows = re.findall(r"^\| (\S+) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = [x.replace("\\", "") for x in rows if x != "id"]
    assert named == [x.id for x in all_claims()]


def test_the_readme_has_its_counts() -> None:
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    found = re.search(r"In all \d+ claims: [^.]*", PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found.group() in " ".join(readme.split())


@pytest.mark.slow
def test_the_page_is_up_to_date() -> None:
    found = [x.judged() for x in all_claims()]
    assert PAGE.read_text(encoding="utf-8") == listing.as_markdown(found)
