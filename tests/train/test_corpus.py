"""What becomes training text, what is dropped, and that it is counted."""

import pytest

from train import bible, corpus
from train.bible import Verse
from train.errors import CorpusError


def verse(number: int, web: str, bbe: str, asv: str, book: int = 1) -> Verse:
    return Verse(book * 1_000_000 + 1_000 + number, web, bbe, asv)


def test_pairs_drop_identical_repeated_and_held_out_texts():
    verses = [
        verse(1, "a", "a", "a"),  # identical
        verse(2, "b", "c", "c"),
        verse(3, "b", "d", "d"),  # b came before
        verse(4, "e", "c", "c"),  # c came before
        verse(5, "x", "y", "y"),  # x is a text of a held-out book
        verse(1, "x", "z", "z", book=8),
        verse(6, "f", "g", "g"),
    ]
    text = corpus.paired_translations(verses, seed=0, limit=None)
    assert list(zip(text.anchors, text.positives, strict=True)) == [("b", "c"), ("f", "g")]
    assert text.dropped == {"identical in both": 1, "repeated or held out": 3}


def test_embedded_corpus_holds_books_out():
    text = corpus.embedded(seed=0, limit=None)
    texts = text.texts()
    assert len(text) > 28_000
    assert len(texts) == 2 * len(text)  # nothing repeats, in a view or between the views
    test = corpus.held_out(bible.verses())
    assert len(test) > 1_300
    assert not {t for v in test for t in (v.web, v.bbe, v.asv)} & set(texts)


def test_the_seed_decides_the_translation_and_the_sample():
    one, same, other = (corpus.embedded(seed, 500) for seed in (1, 1, 2))
    assert one == same
    assert one.positives != other.positives
    assert one.anchors != other.anchors
    assert len(one) == 500
    assert one.dropped["beyond --max-sentences"] > 27_000


def test_file_counts_what_it_drops(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbfOne  two.\r\n\n   \nOne two.\nbad \xff byte\nThree \xc3\xa9.\n")
    text = corpus.from_file(path, seed=0, limit=None)
    assert text.anchors == ["One two.", "Three é."]
    assert text.positives == text.anchors
    assert text.dropped == {"undecodable": 1, "empty": 2, "repeated": 1}
    assert "1 undecodable (first: line 5), 2 empty, 1 repeated" in text.describe()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 lines"),
        (b"\n \n", "2 lines, of which 2 empty"),
        (b"\xff\n", "1 und"),
    ],
)
def test_file_without_a_sentence(tmp_path, content, message):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        corpus.from_file(path, seed=0, limit=None)


def test_a_binary_file(tmp_path):
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\0 sentences\nof a kind\n")
    with pytest.raises(CorpusError, match="holds NUL bytes"):
        corpus.from_file(tmp_path / "binary", seed=0, limit=None)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(CorpusError, match="No such file"):
        corpus.from_file(tmp_path / "none.txt", seed=0, limit=None)
    with pytest.raises(CorpusError, match="directory"):
        corpus.from_file(tmp_path, seed=0, limit=None)
