"""Graded pairs, as they are written."""

import os
from pathlib import Path

import pytest

from tests.train.senteval.conftest import write
from train.errors import EvaluationError
from train.senteval.pairs import Beside, Pairs, Source

THREE = Source("x", "x.tsv", 0, 1, 2, header=False)
TWO = Beside("x", "in.txt", "gold.txt")


def test_quotation_marks_and_odd_separators_are_text(tmp_path):
    (tmp_path / "x.tsv").write_bytes('\ufeff3.5\t"a\u2028b\x85c  d \te"f\r\n\r\n2\tg\th'.encode())
    assert THREE.read(tmp_path) == Pairs("x", ['"a b c d', "g"], ['e"f', "h"], [3.5, 2.0])


def test_a_pair_without_a_score_is_left_out(tmp_path):
    write(tmp_path / "in.txt", ["a\tb", "c\td", "e\tf"])
    write(tmp_path / "gold.txt", ["1", "", "2.5"])
    assert TWO.read(tmp_path) == Pairs("x", ["a", "e"], ["b", "f"], [1.0, 2.5])


@pytest.mark.parametrize("line", ["five\ta\tb", "5\ta", "nan\ta\tb", "inf\ta\tb", "5 a b"])
def test_names_the_line_that_is_no_pair(tmp_path, line):
    write(tmp_path / "x.tsv", ["1\ta\tb", line])
    with pytest.raises(EvaluationError, match=r"x\.tsv:2: .* is not a scored sentence pair"):
        THREE.read(tmp_path)


@pytest.mark.parametrize(
    ("pairs", "gold", "message"),
    [
        (["a\tb", "c"], ["1", "2"], r"in\.txt:2: 'c' is not two sentences"),
        (["a\tb", "c\td"], ["1", "two"], r"gold\.txt:2: 'two' is not a score"),
        (["a\tb", "c\td"], ["1"], r"has 2 lines and gold\.txt 1"),
        (["a\tb"], [""], "holds no sentence pair with a score"),
        ([], [], "cannot be read|holds no sentence pair"),
    ],
)
def test_names_what_is_wrong_with_two_files(tmp_path, pairs, gold, message):
    write(tmp_path / "in.txt", pairs)
    write(tmp_path / "gold.txt", gold)
    with pytest.raises(EvaluationError, match=message):
        TWO.read(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "x.tsv").write_bytes(b"1\tcaf\xe9\tb\n")
    with pytest.raises(EvaluationError, match="cannot be read"):
        THREE.read(tmp_path)


def test_official_counts():
    from train.senteval.data import read_all
    from train.senteval.tasks import GROUPS
    from train.senteval.tree import find

    data = os.environ.get("CONTRAGRAD_DATA")
    if data is None:
        pytest.skip("CONTRAGRAD_DATA names no folder with senteval/downstream in it")
    loaded = read_all(GROUPS["sts"], find(Path(data)), "senteval")
    counts = {name: sum(len(x.gold) for x in task.pairs) for name, task in loaded.items()}
    assert counts == {
        "STS12": 3108, "STS13": 1500, "STS14": 3750, "STS15": 3000, "STS16": 1186, "STS-B": 1379,
        "SICK-R": 4927, "STS-B-dev": 1500,
    }  # fmt: skip
    found = read_all(GROUPS["transfer"], find(Path(data)), "senteval")
    rows = {
        name: [len(x.labels) for x in (task.parts or {}).values()] for name, task in found.items()
    }
    assert rows == {
        "MR": [10662], "CR": [3775], "SUBJ": [10000], "MPQA": [10606], "SST2": [67349, 872, 1821],
        "TREC": [5452, 500], "MRPC": [4076, 1725],
    }  # fmt: skip
