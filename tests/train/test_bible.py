"""The embedded corpus: every trap of the packages, on the packages themselves."""

import re
from types import SimpleNamespace

import pytest

from train import bible

VERSES = {verse.id: verse for verse in bible.verses()}


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def overlap(a: str, b: str) -> float:
    return len(words(a) & words(b)) / len(words(a) | words(b))


def test_has_the_verses_that_three_translations_share():
    assert len(VERSES) == 31_002
    assert {verse.book for verse in VERSES.values()} == set(range(1, 67))


def test_known_verses_are_aligned():
    job = VERSES[18_042_017]
    assert job.web == "So Job died, being old and full of days."  # without the next book's heading
    assert job.asv == "So Job died, being old and full of days."
    last = VERSES[66_022_020]
    assert last.web.endswith("Come, Lord Jesus.")
    assert last.bbe.endswith("Even so come, Lord Jesus.")


@pytest.mark.parametrize("book", range(1, 67))
def test_no_book_of_bbe_has_drifted(book):
    """Misaligned verses share .07 to .16 of their words in a book; aligned ones .35 to .66."""
    verses = [verse for verse in VERSES.values() if verse.book == book]
    assert sum(overlap(verse.web, verse.bbe) for verse in verses) / len(verses) > 0.3


def test_no_isaiah_that_bbe_numbers_otherwise():
    assert not [verse for verse in VERSES if 23_064_000 < verse < 24_000_000]


@pytest.mark.parametrize("translation", ["web", "bbe", "asv"])
def test_texts_are_clean(translation):
    texts = [getattr(verse, translation) for verse in VERSES.values()]
    assert not [text for text in texts if re.search(r"[`\u2019\[\]\\*\d\n]|  |^\s|\s$", text)]
    assert not [text for text in texts if not re.search(r"[A-Za-z]", text)]
    assert 80 < max(len(text.split()) for text in texts) <= 100


def test_clean_keeps_what_is_text():
    assert bible.clean("God`s [own]  word,\n( now ***") == "God's own word, (now"
    assert bible.clean("Selah.       Psalm 4  For the Chief") == "Selah."
    assert bible.clean(" ... ;") == ""


def test_by_markers_prefers_the_english_number():
    content = "1. A title. 2.\\3:1\\First. 3.\\3:2\\Second."
    table = SimpleNamespace(
        scripture_content=content,
        verse_start_indices=dict.fromkeys([19_003_001, 19_003_002, 19_003_003], 0),
        verse_end_indices={},
    )
    assert bible.by_markers(table) == {19_003_001: "First.", 19_003_002: "Second."}


def test_in_common_leaves_out_empty_verses():
    (verse,) = bible.in_common({1: "a", 2: "b", 3: "c"}, {1: "a", 2: ""}, {1: "a", 2: "b", 3: "c"})
    assert verse.id == 1
