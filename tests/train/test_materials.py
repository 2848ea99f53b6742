"""What a run is made from."""

from pathlib import Path

import numpy as np
import pytest

from train.config import RunConfig
from train.materials import read_evaluations, score_names


def drawn(sentences):
    """Unit rows that stand for an encoder's."""
    rows = np.random.default_rng(0).standard_normal((len(sentences), 4)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("own", "data"), [(False, False), (False, True), (True, False), (True, True)]
)
def test_the_scores_of_a_run_are_named_before_it(own, data, eval_data: Path):
    corpus, tree = "text.txt" if own else None, str(eval_data) if data else None
    evaluations = read_evaluations(RunConfig("infonce", corpus=corpus, eval_data=tree))
    measured = [name for evaluate in evaluations for name in evaluate(drawn)]
    assert measured == score_names(corpus, tree)
