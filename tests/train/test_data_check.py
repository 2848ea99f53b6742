"""`train data check`: every official count, every planted fault, and what is only a note."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.train.data_hub import SMALL, write_tree
from train.commands.data import command
from train.data.official import SPLITS


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small tree is official."""
    monkeypatch.setattr("train.data.check.SPLITS", SMALL)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole") / "downstream"
    write_tree(root)
    return root


@pytest.fixture
def tree(small: None, whole: Path, tmp_path: Path) -> Path:
    """A copy to spoil; files are replaced, as they are shared."""
    return Path(shutil.copytree(whole, tmp_path / "downstream", copy_function=os.link))


def spoil(path: Path, change) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(change(content))


def check(*words: object) -> Result:
    return CliRunner().invoke(command, ["check", *map(str, words)])


def split_of(result: Result, task: str, split: str) -> dict:
    (found,) = (
        s
        for s in json.loads(result.output)["trees"][0]["splits"]
        if (s["task"], s["split"]) == (task, split)
    )
    return found


def test_official_numbers_are_those_of_the_papers():
    """Read off the papers, once more, apart from the table."""
    totals: dict[str, list[int]] = {}
    for split in SPLITS:
        totals.setdefault(split.task, []).append(split.count)
    assert totals == {
        "STS12": [3108], "STS13": [1500], "STS14": [3750], "STS15": [3000], "STS16": [1186],
        "STS-B": [5749, 1500, 1379], "SICK": [4500, 500, 4927], "MR": [10662], "CR": [3775],
        "SUBJ": [10000], "MPQA": [10606], "SST2": [67349, 872, 1821], "TREC": [5452, 500],
        "MRPC": [4076, 1725],
    }  # fmt: skip


@pytest.mark.parametrize("above", [0, 1, 2])
def test_a_whole_tree(tree, above, tmp_path):
    if above == 2:
        (tmp_path / "senteval").mkdir()
        tree = tree.rename(tmp_path / "senteval" / "downstream")
    folder = tree if above == 0 else tmp_path
    result = check(folder)
    assert result.exit_code == 0, result.output
    assert "all 22 splits have the official number of rows" in result.output
    report = json.loads(check(folder, "--format", "json").output)
    assert report["complete"]
    assert all(s["state"] == "official" for s in report["trees"][0]["splits"])


def test_a_tree_of_official_size(tmp_path):
    write_tree(tmp_path, SPLITS)
    result = check(tmp_path, "--format", "json")
    assert result.exit_code == 0
    (tree,) = json.loads(result.output)["trees"]
    assert [s["found"] for s in tree["splits"]] == [s.count for s in SPLITS]
    assert [s["official"] for s in tree["splits"]] == [s.count for s in SPLITS]


FAULTS = [  # file, change, task, split, rows too many, note
    ("MR/rt-polarity.pos", lambda c: c + b"one more\n", "MR", "10 folds", 1, None),
    ("SST/binary/sentiment-dev", lambda c: c.replace(b"\t1", b"", 1), "SST2", "dev", -1,
     "sentiment-dev: 1 malformed (first: line 1)"),
    ("SST/binary/sentiment-test", lambda c: c[: len(c) // 2], "SST2", "test", None, None),
    ("TREC/TREC_10.label", lambda c: c.replace(b"NUM:", b"NUN:", 1), "TREC", "test", -1,
     "1 malformed (first: line 1)"),
    ("MRPC/msr_paraphrase_test.txt", lambda c: c.replace(b"\tThe", b"The", 1), "MRPC", "test",
     -1, "1 malformed (first: line 2)"),
    ("SICK/SICK_trial.txt", lambda c: c.replace(b"3.5", b"35", 1), "SICK", "trial", -1,
     "1 malformed (first: line 2)"),
    ("STS/STSBenchmark/sts-dev.csv", lambda c: c.replace(b"2.500", b"nan", 1), "STS-B", "dev",
     -1, "1 malformed (first: line 1)"),
    ("STS/STS12-en-test/STS.gs.MSRpar.txt", lambda c: c[:-4], "STS12", "test", -1,
     "STS.input.MSRpar.txt: 1 malformed (first: line 23)"),
    ("STS/STS12-en-test/STS.input.MSRpar.txt", lambda c: c.replace(b"\t", b" ", 1), "STS12",
     "test", -1, "1 malformed (first: line 1)"),
    ("STS/STS13-en-test/STS.gs.FNWN.txt", lambda c: c + b"1.0\n", "STS13", "test", 1,
     "1 scores without a pair (first: line 12)"),
    ("STS/STS16-en-test/STS.gs.headlines.txt", lambda c: c.replace(b"2.5\n", b"\n", 1), "STS16",
     "test", -1, "1 without gold (first: line 1)"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=[f[0] for f in FAULTS])
def test_a_planted_fault_is_found(tree, fault):
    path, change, task, name, rows, note = fault
    spoil(tree / path, change)
    result = check(tree, "--format", "json")
    found = split_of(result, task, name)
    assert result.exit_code == 1
    assert found["state"] == "differs"
    assert rows is None or found["found"] - found["official"] == rows
    if note is not None:
        notes = [f"{Path(f['path']).name}: {n}" for f in found["files"] for n in f["notes"]]
        assert any(note in n for n in notes)
        assert note.split(": ", 1)[-1] in check(tree).output


def test_two_faults_that_cancel_in_the_sum(tree):
    spoil(tree / "CR/custrev.pos", lambda c: c + b"one more\n")
    spoil(tree / "CR/custrev.neg", lambda c: c.split(b"\n", 1)[1])
    result = check(tree, "--format", "json")
    assert result.exit_code == 1
    assert split_of(result, "CR", "10 folds")["state"] == "differs"


def test_what_is_only_a_note(tree):
    spoil(tree / "CR/custrev.pos", lambda c: c.replace(b"sentence 7 of its kind .", b" ", 1))
    spoil(tree / "MR/rt-polarity.neg", lambda c: c.replace(b"sentence 3 ", b"caf M-CM-) M-^W ", 1))
    spoil(tree / "TREC/train_5500.label", lambda c: c.replace(b"far is 65", b"far \xf1 65", 1))
    spoil(tree / "SICK/SICK_train.txt", lambda c: c.replace(b"\n", b"\r\n"))
    gold = tree / "STS/STS15-en-test/STS.gs.images.txt"
    spoil(gold, lambda c: b"\n" + c)
    spoil(gold.with_name("STS.input.images.txt"), lambda c: b"an unscored\tpair\n" + c)
    result = check(tree, "--format", "json")
    assert result.exit_code == 0, result.output
    table = check(tree).output
    for note in (
        "custrev.pos: 1 empty (first: line 8)",
        "rt-polarity.neg: 1 mangled by cat -v (first: line 4)",
        "train_5500.label: 1 not UTF-8 (first: line 66)",
        "STS.input.images.txt: 1 without gold (first: line 1)",
    ):
        assert note in table


def test_missing_files(tree):
    shutil.rmtree(tree / "TREC")
    (tree / "STS/STS14-en-test/STS.gs.OnWN.txt").unlink()
    (tree / "MR/rt-polarity.pos").unlink()
    (tree / "MR/rt-polarity.pos").mkdir()
    result = check(tree)
    assert result.exit_code == 1
    assert "TREC_10.label: missing" in result.output
    assert "STS.input.OnWN.txt: missing (STS.gs.OnWN.txt)" in result.output
    assert "rt-polarity.pos: Is a directory" in result.output
    assert "4 of 22 splits are not official" in result.output
    assert split_of(check(tree, "--format", "json"), "TREC", "test")["state"] == "missing"


def test_no_tree(tmp_path):
    result = check(tmp_path)
    assert result.exit_code == 2
    assert "holds no SentEval tree" in result.output
    assert "train data fetch senteval" in result.output
    assert check(tmp_path / "none").exit_code == 2


def test_text_files_are_counted(tmp_path, tree):
    text = tmp_path / "text.txt"
    text.write_bytes(b"One two.\n\nOne  two.\r\n\xff\nThree \xc3\xa9.")
    result = check(text)
    assert result.exit_code == 0
    assert "5 lines; 1 empty, 1 undecodable, 1 repeated; the longest has 9 characters" in (
        result.output
    )
    wiki = text.rename(tmp_path / "wiki1m_for_simcse.txt")
    for words in ([wiki], [tmp_path], [tree, wiki]):
        result = check(*words)
        assert result.exit_code == 1
        assert "5 lines, officially 1,000,000 (NOT THE OFFICIAL NUMBER)" in result.output
    report = json.loads(check(tmp_path, "--format", "json").output)
    assert not report["complete"]
    assert report["corpora"][0]["lines"] == 5
    binary = tmp_path / "binary"
    binary.write_bytes(b"\0")
    assert check(binary).exit_code == 2
    text.write_bytes(b"a line of text\n" * 6_000 + b"a stray\0NUL\n")
    assert "6,001 lines; 0 empty, 1 undecodable, 5,999 repeated" in check(text).output


def test_the_real_tree():
    data = os.environ.get("CONTRAGRAD_DATA")
    if data is None or not (Path(data) / "senteval").is_dir():
        pytest.skip("CONTRAGRAD_DATA names no folder with senteval/")
    result = check(data)
    assert result.exit_code == 0, result.output
    for note in ("1,625 without gold", "2 empty", "101 mangled by cat -v", "1 not UTF-8"):
        assert note in result.output
