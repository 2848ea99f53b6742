"""Reading SentEval's tree."""

import os
from pathlib import Path

import numpy as np
import pytest

from train import sts
from train.errors import EvaluationError


def one_hot(sentences):
    """Unit rows that are equal for equal sentences of the same length."""
    return np.eye(200, dtype=np.float32)[[len(sentence) for sentence in sentences]]


def test_reads_dev_and_scores_it(eval_data):
    (evaluate,) = sts.senteval(eval_data)
    scores = evaluate(one_hot)
    assert list(scores) == ["STS-B dev, Spearman"]
    assert -1 <= scores["STS-B dev, Spearman"] <= 1


def test_takes_the_folder_above_downstream(eval_data, tmp_path):
    (tmp_path / "above").mkdir()
    eval_data.rename(tmp_path / "above" / "downstream")
    assert len(sts.senteval(tmp_path / "above")) == 1


def test_sick_has_a_header_and_other_columns(tmp_path):
    file = tmp_path / "SICK" / "SICK_test_annotated.txt"
    file.parent.mkdir()
    file.write_text("pair_ID\tA\tB\tscore\tjudgment\n1\tx y\tz\t3.5\tNEUTRAL\n")
    source = next(source for source in sts.SOURCES if source.name.startswith("SICK"))
    assert source.read(tmp_path) == sts.Pairs(source.name, ["x y"], ["z"], [3.5])


def test_names_what_is_missing(tmp_path):
    with pytest.raises(EvaluationError, match=r"sts-dev\.csv"):
        sts.senteval(tmp_path)


def test_names_the_line_that_is_no_pair(eval_data):
    file = eval_data / "STS" / "STSBenchmark" / "sts-dev.csv"
    file.write_text(file.read_text() + "genre\tfile\tyear\t0001\tfive\ta\tb\n")
    with pytest.raises(EvaluationError, match=r"sts-dev\.csv:10.*not a scored sentence pair"):
        sts.senteval(eval_data)


@pytest.mark.parametrize(
    ("name", "count"), [("STS-B dev", 1500), ("STS-B test", 1379), ("SICK-R test", 4927)]
)
def test_official_counts(name, count):
    data = os.environ.get("CONTRAGRAD_DATA")
    if data is None:
        pytest.skip("CONTRAGRAD_DATA names no folder with senteval/downstream in it")
    source = next(source for source in sts.SOURCES if source.name.startswith(name))
    assert len(source.read(Path(data) / "senteval" / "downstream").gold) == count
