"""The transfer tasks, as they are written."""

import pytest

from tests.train.senteval.conftest import write
from train.errors import EvaluationError
from train.senteval import labelled
from train.senteval.labelled import Labelled


def test_two_files_in_the_order_of_the_folds(tmp_path):
    """By tokens, then by class; an empty line is an empty sentence."""
    write(tmp_path / "pos", ["a b c", "d", ""])
    write(tmp_path / "neg", ["e", "f  g"])
    assert labelled.polar(tmp_path / "pos", tmp_path / "neg") == Labelled(
        ["", "e", "d", "f g", "a b c"], None, [1, 0, 1, 0, 1]
    )


def test_latin_1_is_no_error(tmp_path):
    (tmp_path / "q").write_bytes(b"LOC:city Where is K\xf6ln ?\nHUM:ind Who ?\n")
    assert labelled.questions(tmp_path / "q") == Labelled(
        ["Who ?", "Where is Köln ?"], None, [3, 4]
    )


def test_sentiment(tmp_path):
    write(tmp_path / "s", ["good film \t1", "bad\t0"])
    assert labelled.sentiment(tmp_path / "s") == Labelled(["bad", "good film"], None, [0, 1])


def test_paraphrases_have_a_header(tmp_path):
    write(tmp_path / "m", ["\ufeffQuality\t#1\t#2\tA\tB", '1\t7\t8\ta "b"\tc', "0\t1\t2\td\te f"])
    assert labelled.paraphrases(tmp_path / "m") == Labelled(["d", 'a "b"'], ["e f", "c"], [0, 1])


@pytest.mark.parametrize(
    ("reader", "lines", "number"),
    [
        (labelled.sentiment, ["a\t1", "b"], 2),
        (labelled.sentiment, ["a\t2"], 1),
        (labelled.questions, ["LOC:x a", "WHAT:x b"], 2),
        (labelled.questions, ["LOC"], 1),
        (labelled.paraphrases, ["header", "1\t2\t3\ta"], 2),
        (labelled.paraphrases, ["header", "yes\t2\t3\ta\tb"], 2),
    ],
)
def test_names_the_line_that_is_malformed(tmp_path, reader, lines, number):
    write(tmp_path / "file", lines)
    with pytest.raises(EvaluationError, match=rf"file:{number}: .* is not "):
        reader(tmp_path / "file")


@pytest.mark.parametrize("reader", [labelled.sentiment, labelled.questions, labelled.paraphrases])
def test_a_file_without_rows_is_refused(tmp_path, reader):
    write(tmp_path / "file", [])
    with pytest.raises(EvaluationError, match="holds no row"):
        reader(tmp_path / "file")


def test_a_class_without_rows_is_refused(tmp_path):
    write(tmp_path / "pos", ["a"])
    write(tmp_path / "neg", [])
    with pytest.raises(EvaluationError, match="neg holds no row"):
        labelled.polar(tmp_path / "pos", tmp_path / "neg")
