"""Each sentence once."""

import numpy as np
import pytest

from train.errors import DivergedError
from train.senteval.embeddings import Embeddings, unit


def test_each_distinct_sentence_is_embedded_once_longest_first():
    seen, more = [], []

    def encode(sentences):
        seen.extend(sentences)
        return np.array([[len(x), 1.0] for x in sentences], dtype=np.float32)

    embeddings = Embeddings(encode)
    embeddings.add(["bb", "a", "bb", "ccc"], more.append)
    embeddings.add(["a", "dddd", "ccc"], more.append)
    assert seen == ["ccc", "bb", "a", "dddd"]
    assert sum(more) == 4
    assert embeddings.rows(["a", "ccc", "a"]).tolist() == [[1, 1], [3, 1], [1, 1]]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_embeddings_that_are_not_finite_are_refused(bad):
    values = {"aaa": 1.0, "bb": bad, "c": bad}
    embeddings = Embeddings(lambda some: np.array([[values[x], 0] for x in some], dtype=np.float32))
    with pytest.raises(DivergedError, match="2 of 3 embeddings are not finite, the first of 'bb'"):
        embeddings.add(["c", "bb", "aaa"])


def test_unit_rows_and_a_zero_row():
    assert unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[0.6, 0.8], [0.0, 0.0]]
