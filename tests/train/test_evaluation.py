"""The metrics, by hand."""

import numpy as np
import pytest

from train.bible import Verse
from train.errors import EvaluationError
from train.evaluation import GRADED, RETRIEVAL, graded_pairs, held_out_books, spearman
from train.evaluation import mean_reciprocal_rank as mrr


def test_mrr_by_hand():
    similarities = np.array([[0.9, 0.1, 0.2], [0.8, 0.5, 0.7], [0.1, 0.6, 0.3]])
    assert mrr(similarities, "abc", "xyz") == pytest.approx((1 + 1 / 3 + 1 / 2) / 3)


def test_mrr_takes_any_candidate_with_the_right_text():
    """Queries 0 and 1 both have the answer "x", which stands at 0 and at 1."""
    similarities = np.array([[0.1, 0.9, 0.5], [0.9, 0.1, 0.5], [0.2, 0.3, 0.9]])
    assert mrr(similarities, "abc", "xxz") == 1
    assert mrr(similarities, "abc", "xyz") == pytest.approx((1 / 3 + 1 / 3 + 1) / 3)


def test_mrr_takes_the_answers_of_a_repeated_query():
    """Queries 0 and 1 read the same: the translation of either answers both."""
    similarities = np.array([[0.1, 0.9, 0.5], [0.9, 0.1, 0.5], [0.2, 0.3, 0.9]])
    assert mrr(similarities, "aac", "xyz") == 1


def test_mrr_counts_a_wrong_copy_once_per_row():
    """Two wrong candidates before the right one: rank 3, though they read the same."""
    similarities = np.array([[0.1, 0.9, 0.9], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    assert mrr(similarities, "abc", "xyy") == pytest.approx((1 / 3 + 1 + 1) / 3)


def test_mrr_counts_a_tie_half():
    assert mrr(np.ones((2, 2)), "ab", "xy") == pytest.approx(1 / 1.5)


def test_spearman_by_hand():
    assert spearman([0.1, 0.2, 0.3, 0.4], [1, 2, 4, 3]) == pytest.approx(0.8)


def test_spearman_is_undefined_without_variation():
    assert spearman([1.0, 1.0], [0, 1]) is None  # the encoder's doing
    with pytest.raises(EvaluationError, match="undefined"):
        spearman([0.1, 0.2], [1, 1])  # the data's


def book(number: int, texts: str) -> list[Verse]:
    return [
        Verse(number * 1_000_000 + 1_001 + i, text.upper(), text, text)
        for i, text in enumerate(texts)
    ]


def test_graded_pairs_are_same_next_and_another_book():
    verses = book(1, "abcd") + book(2, "efgh")
    pairs = graded_pairs([*verses * 10])  # sampling needs more than 50 verses
    grades = {grade for *_, grade in pairs}
    assert grades == {0, 1, 2}
    for i, j, grade in pairs:
        left, right = (verses * 10)[i], (verses * 10)[j]
        assert (left.book != right.book) == (grade == 0)
        assert (left.id == right.id) == (grade == 2)
        assert (left.id + 1 == right.id) == (grade == 1)


def test_a_perfect_encoder_reaches_the_stated_maxima():
    rng = np.random.default_rng(0)
    chapters = [book(n, "".join(chr(97 + 4 * n + i) for i in range(4))) for n in range(1, 18)]
    verses = [verse for chapter in chapters for verse in chapter]
    noise = rng.normal(scale=1e-3, size=(len(verses), 3))
    place = {v.bbe: np.array([v.book, v.id % 1_000]) for v in verses}

    def encode(sentences):
        """Same text: same direction; next verse: near; other book: orthogonal."""
        rows = np.zeros((len(sentences), 40))
        for row, text in zip(rows, sentences, strict=True):
            number, verse = place[text.lower()]
            row[number] = np.cos(0.6 * verse)
            row[number + 20] = np.sin(0.6 * verse)
        return rows + np.pad(noise[: len(rows)], ((0, 0), (0, 37)))

    scores = held_out_books(verses)(encode)
    assert scores[RETRIEVAL] == 1
    assert scores[GRADED] == pytest.approx((8 / 9) ** 0.5, abs=1e-2)
