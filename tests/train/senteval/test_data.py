"""What is found, chosen and refused before anything is embedded."""

import pytest

from derive.errors import UnknownNameError
from tests.train.senteval.conftest import ANGLES, write
from train import sts
from train.data.official import PLACES, SPLITS
from train.errors import EvaluationError
from train.senteval.data import read_all
from train.senteval.tasks import DIAGNOSTICS, GROUPS, TASKS, averaged, chosen
from train.senteval.tree import find


def test_seven_and_seven():
    assert list(averaged("sts")) == ["STS12", "STS13", "STS14", "STS15", "STS16", "STS-B", "SICK-R"]
    assert list(averaged("transfer")) == ["MR", "CR", "SUBJ", "MPQA", "SST2", "TREC", "MRPC"]


def test_names_groups_and_any_case():
    assert chosen("all") == GROUPS["all"]
    assert chosen("mr, STS-B,sts12,mr") == ("STS12", "STS-B", "MR")
    assert chosen("diagnostics") == (DIAGNOSTICS,)
    with pytest.raises(UnknownNameError, match="STS16"):
        chosen("STS17")


@pytest.mark.parametrize("above", PLACES)
def test_finds_the_tree_below(tree, tmp_path, above):
    (tmp_path / "given" / above).parent.mkdir(parents=True, exist_ok=True)
    tree.rename(tmp_path / "given" / above)
    found = find(tmp_path / "given")
    assert found.senteval == sts.root_of(tmp_path / "given") == tmp_path / "given" / above
    assert found.original is None
    assert found.text("auto") == "senteval"


def test_finds_the_original_text(tmp_path):
    write(tmp_path / "sts_original" / "STS-B" / "dev.tsv", ["1\ta\tb", "2\tc\td"])
    found = find(tmp_path)
    assert found.text("auto") == "original"
    pairs = read_all(["STS-B-dev"], found, "original")["STS-B-dev"].pairs
    assert [x.gold for x in pairs] == [[1.0, 2.0]]


def test_a_folder_without_tasks_is_refused(tmp_path):
    with pytest.raises(EvaluationError, match="holds no task"):
        find(tmp_path)
    with pytest.raises(EvaluationError, match="is not a folder"):
        find(tmp_path / "nowhere")


def test_all_tasks_are_read(tree):
    loaded = read_all(GROUPS["all"], find(tree), "senteval")
    assert set(loaded) == set(GROUPS["all"]) - {DIAGNOSTICS}
    assert sum(len(x.gold) for x in loaded["STS15"].pairs) == 5 * (len(ANGLES) - 1)


def test_every_missing_file_is_named_with_the_tasks_that_remain(tree):
    (tree / "STS" / "STSBenchmark" / "sts-dev.csv").unlink()
    (tree / "MPQA" / "mpqa.neg").unlink()
    (tree / "STS" / "STS13-en-test" / "STS.gs.FNWN.txt").unlink()
    with pytest.raises(EvaluationError) as error:
        read_all(GROUPS["all"], find(tree), "senteval")
    message = str(error.value)
    assert "3 files of 3 tasks are missing" in message
    for file in ("sts-dev.csv", "mpqa.neg", "STS.gs.FNWN.txt"):
        assert file in message
    left = "STS12,STS14,STS15,STS16,STS-B,SICK-R,MR,CR,SUBJ,SST2,TREC,MRPC"
    assert f"--tasks {left}." in message
    assert read_all(chosen(left), find(tree), "senteval")


def test_diagnostics_alone_read_what_they_need(tree):
    assert list(read_all([DIAGNOSTICS], find(tree), "senteval")) == ["STS-B-dev", "TREC"]
    (tree / "TREC" / "TREC_10.label").unlink()
    assert list(read_all([DIAGNOSTICS], find(tree), "senteval")) == ["STS-B-dev"]


def test_the_diagnostics_take_any_number_of_questions_and_blame_no_other_task(tree):
    train = tree / "TREC" / "train_5500.label"
    write(train, ["NUM:x how many ?"] * 3)
    assert list(read_all([DIAGNOSTICS], find(tree), "senteval")) == ["STS-B-dev", "TREC"]
    with pytest.raises(EvaluationError, match="leave TREC out of --tasks"):
        read_all(["TREC", DIAGNOSTICS], find(tree), "senteval")
    write(train, ["no question"])
    advice = r"train_5500\.label:1: 'no question' .* --tasks without diagnostics does without it"
    with pytest.raises(EvaluationError, match=advice):
        read_all(["STS12", DIAGNOSTICS], find(tree), "senteval")
    assert list(read_all(["STS12"], find(tree), "senteval")) == ["STS12"]


def test_what_is_counted_is_what_is_read():
    """`train data check` looks at every file that a task is read from."""
    counted = {file.path for split in SPLITS for file in split.files}
    read = {file for task in TASKS.values() for file in task.files("senteval")}
    assert {file.replace("STS.gs.", "STS.input.") for file in read} <= counted
    assert {x for x in counted if "train" not in x and "trial" not in x} <= read


def test_equal_gold_scores_are_refused(tree):
    rows = [f"g\tf\ty\t1\t3.0\tangle 0\tangle {x}" for x in ANGLES]
    write(tree / "STS" / "STSBenchmark" / "sts-test.csv", rows)
    with pytest.raises(EvaluationError, match=r"STS-B in .*all gold scores are 3\.0"):
        read_all(["STS-B"], find(tree), "senteval")


def test_too_few_rows_for_the_folds_are_refused(tree):
    write(tree / "CR" / "custrev.neg", ["bad"] * 11)
    with pytest.raises(EvaluationError, match=r"CR has \{0: 11, 1: 20\} rows by class"):
        read_all(["CR"], find(tree), "senteval")
    write(tree / "SST" / "binary" / "sentiment-train", ["a\t1", "b\t1"])
    with pytest.raises(EvaluationError, match="two classes"):
        read_all(["SST2"], find(tree), "senteval")
