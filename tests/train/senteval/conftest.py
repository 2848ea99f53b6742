"""A small SentEval tree of our own sentences, and an encoder whose answers are known."""

import hashlib
import math
from pathlib import Path

import numpy as np
import pytest

from train.senteval import classify
from train.senteval.tasks import SUBSETS

WIDTH = 12
ANGLES = (0, 10, 25, 40, 60, 75, 90, 120, 150, 170)  # degrees between the sentences of a pair


def vector(sentence: str) -> np.ndarray:
    """By a sentence's words: "angle 40" on a circle; "good" and "bad" apart; the rest by a hash."""
    words = sentence.split()
    if words[:1] == ["angle"]:
        at = math.radians(float(words[1]))
        return np.array([math.cos(at), math.sin(at)] + [0.0] * (WIDTH - 2))
    seed = int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:8], "big")
    noise = np.random.default_rng(seed).normal(size=WIDTH)
    noise[0] = {"good": 9.0, "bad": -9.0}.get(words[0] if words else "", noise[0])
    return noise


def encode(sentences: list[str]) -> np.ndarray:
    """(sentences, WIDTH)"""
    return np.array([vector(x) for x in sentences], dtype=np.float32)


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def similarity_files(root: Path, sign: int = 1) -> None:
    """Gold falls with the angle (sign 1) or rises with it (−1); 2015 and 2016 leave some out."""
    for task, subsets in SUBSETS.items():
        for subset in subsets:
            below = root / "STS" / f"{task}-en-test"
            gold = [f"{5 - sign * angle / 40}" for angle in ANGLES]
            if task in ("STS15", "STS16"):
                gold[3] = ""
            write(below / f"STS.input.{subset}.txt", [f"angle 0\tangle {x}" for x in ANGLES])
            write(below / f"STS.gs.{subset}.txt", gold)
    for split in ("dev", "test"):
        rows = [f"g\tf\ty\t1\t{5 - sign * x / 40}\tangle 0\tangle {x}" for x in ANGLES]
        write(root / "STS" / "STSBenchmark" / f"sts-{split}.csv", rows)
    rows = [f"1\tangle 0\tangle {x}\t{5 - sign * x / 40}\tNEUTRAL\r" for x in ANGLES]
    write(root / "SICK" / "SICK_test_annotated.txt", ["pair_ID\tA\tB\tscore\tjudgment", *rows])


def transfer_files(root: Path) -> None:
    """Classes that the first word gives away, but for MRPC: there both sentences agree or not."""
    for positive, negative in (
        ("MR/rt-polarity.pos", "MR/rt-polarity.neg"), ("CR/custrev.pos", "CR/custrev.neg"),
        ("SUBJ/subj.objective", "SUBJ/subj.subjective"), ("MPQA/mpqa.pos", "MPQA/mpqa.neg"),
    ):  # fmt: skip
        write(root / positive, [f"good {positive} {i}" for i in range(20)])
        write(root / negative, [f"bad {negative} {i}" for i in range(20)])
    for part, n in (("train", 20), ("dev", 6), ("test", 8)):
        rows = [f"{word} film {part} {i}\t{y}" for i in range(n) for y, word in enumerate(BOTH)]
        write(root / "SST" / "binary" / f"sentiment-{part}", rows)
    for name, n in (("train_5500", 20), ("TREC_10", 5)):
        rows = [
            f"{c}:x {w} q {name} {i} ?" for i in range(n) for w, c in zip(BOTH, TWO, strict=True)
        ]
        write(root / "TREC" / f"{name}.label", rows)
    for part, n in (("train", 20), ("test", 5)):
        rows = [f"{y}\t1\t2\tgood a {part} {i}\t{BOTH[y]} b {i}" for i in range(n) for y in (0, 1)]
        write(root / "MRPC" / f"msr_paraphrase_{part}.txt", ["\ufeffQuality\t#1\t#2\tA\tB", *rows])


BOTH, TWO = ("bad", "good"), ("DESC", "NUM")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """All fourteen tasks, every one solved by `encode`."""
    root = tmp_path / "downstream"
    similarity_files(root)
    transfer_files(root)
    return root


@pytest.fixture
def few_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folds and two C: what is tested is not how many fits there are."""
    monkeypatch.setattr(classify, "FOLDS", 2)
    for name in classify.GRIDS:
        monkeypatch.setitem(classify.GRIDS, name, [1.0, 2.0])
