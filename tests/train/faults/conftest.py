"""One fork server for the session, and a small text with a small evaluation."""

from collections.abc import Iterator

import pytest

from tests.train.conftest import SENTENCES
from tests.train.faults.runs import Server, shared

PAIRS = [(0, 0, 5.0), (0, 1, 4.0), (0, 3, 2.5), (0, 9, 2.0), (0, 13, 0.5), (9, 9, 5.0),
         (9, 10, 3.8), (9, 20, 0.2), (20, 21, 3.5)]  # fmt: skip


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = shared(tmp_path_factory.getbasetemp())
    yield made
    made.close()


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """--corpus and --eval-data: 45 sentences, nine pairs of STS-B dev."""
    folder = tmp_path_factory.mktemp("materials")
    corpus = folder / "sentences.txt"
    corpus.write_text("\n".join(SENTENCES), encoding="utf-8")
    rows = [f"genre\tfile\tyear\t{i:04}\t{score}\t{SENTENCES[i]}\t{SENTENCES[j]}"
            for i, j, score in PAIRS]  # fmt: skip
    dev = folder / "senteval" / "STS" / "STSBenchmark" / "sts-dev.csv"
    dev.parent.mkdir(parents=True)
    dev.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return "--corpus", corpus, "--eval-data", folder / "senteval"
