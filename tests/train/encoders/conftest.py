"""A thousand sentences of a small grammar, and a pretraining run that takes a second."""

from itertools import product
from pathlib import Path

import pytest

WHO = ("the old man", "a child", "my sister", "the king", "nobody", "a grey cat", "our teacher",
       "the small dog", "their mother", "a sailor")  # fmt: skip
WHAT = ("walks", "is singing", "was asleep", "ran away", "waits")
WHERE = ("in the garden", "by the river", "at home", "on the hill", "under a tree")
WHEN = ("today", "at night", "in winter", "before noon")
GRAMMAR = [f"{' '.join(words)}." for words in product(WHO, WHAT, WHERE, WHEN)]

# One layer, 32 wide; the rate is high because the run is short.
TINY = (
    "--layers", "1", "--width", "32", "--heads", "2", "--vocabulary", "200", "--batch-size", "32",
    "--max-length", "16", "--lr", "1e-2", "--device", "cpu",
)  # fmt: skip


@pytest.fixture(scope="session")
def grammar_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 distinct sentences, one a line."""
    path = tmp_path_factory.mktemp("grammar") / "grammar.txt"
    path.write_text("\n".join(GRAMMAR), encoding="utf-8")
    return path
