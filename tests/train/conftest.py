"""Small data, a verification that always agrees, and runs that take a second."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner, Result

from derive.verdict import Verdict

SENTENCES = [
    f"{who} {what} {where}."
    for who in ("The old man", "A child", "My sister", "The king", "Nobody")
    for what in ("walks", "is singing", "was asleep")
    for where in ("in the garden", "by the river", "at night")
]

# Ten steps of eight short sentences, two epochs; a checkpoint every third.
SMALL = (
    "--loss", "infonce", "--steps", "10", "--batch-size", "8", "--max-length", "12",
    "--save-every", "3", "--device", "cpu",
)  # fmt: skip


def report_of(verdict: Verdict) -> SimpleNamespace:
    """A verification report with one check, which came to `verdict`."""
    check = SimpleNamespace(check="gradient", verdict=verdict, detail="at seed 3", seconds=0.1)
    return SimpleNamespace(loss="infonce", verdict=verdict, results=(check,), reference="oracle")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Matrices of 8 rows gain nothing from threads; test processes side by side lose by them."""
    torch.set_num_threads(1)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skips the seconds of verification, which tests/verify covers."""
    monkeypatch.setattr("verify.ladder.verify_loss", lambda *_, **__: report_of(Verdict.AGREED))


@pytest.fixture
def corpus_file(tmp_path: Path) -> Path:
    """45 distinct sentences, one a line."""
    path = tmp_path / "sentences.txt"
    path.write_text("\n".join(SENTENCES), encoding="utf-8")
    return path


@pytest.fixture
def eval_data(tmp_path: Path) -> Path:
    """A SentEval tree with nine pairs of STS-B dev."""
    rows = [
        f"genre\tfile\tyear\t{i:04}\t{score}\t{SENTENCES[i]}\t{SENTENCES[j]}"
        for i, j, score in [(0, 0, 5.0), (0, 1, 4.0), (0, 3, 2.5), (0, 9, 2.0), (0, 13, 0.5),
                            (9, 9, 5.0), (9, 10, 3.8), (9, 20, 0.2), (20, 21, 3.5)]
    ]  # fmt: skip
    file = tmp_path / "senteval" / "STS" / "STSBenchmark" / "sts-dev.csv"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path / "senteval"


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory is a temporary one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*words: object) -> Result:
    """`train <words>` in this process."""
    from train.cli import main

    return CliRunner().invoke(main, [str(word) for word in words])


def train_small(corpus: Path, eval_data: Path, out: Path, *words: object) -> Result:
    """A run of a second."""
    return train("run", "--corpus", corpus, "--eval-data", eval_data, "--out", out, *SMALL, *words)
