"""Data sets through `datasets`, streamed from a local folder: no network."""

import json
from pathlib import Path

import pytest

from train import corpora
from train.corpora import Columns
from train.corpora.hub_sets import parse
from train.errors import CorpusError

ROWS = [
    {"sent0": "One.", "sent1": "Two.", "hard_neg": "Three."},
    {"sent0": "Four.", "sent1": None, "hard_neg": "Six."},
    {"sent0": "Seven.", "sent1": "Eight.", "hard_neg": "Nine."},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that `datasets` loads, with two splits."""
    folder = tmp_path / "nli"
    folder.mkdir()
    for name, rows in (("train", ROWS), ("test", ROWS[:1])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def test_a_local_folder_with_splits(folder):
    corpus = corpora.read(f"datasets:{folder}", seed=0)
    assert corpus.anchors == ["One.", "Seven."]
    assert corpus.negatives == ["Three.", "Nine."]
    assert corpus.dropped == {"malformed": 1}
    assert corpus.first == {"malformed": "row 2"}
    test = corpora.read(f"datasets:{folder}:test", seed=0, columns=Columns("sent1"))
    assert test.anchors == ["Two."]
    assert corpora.read(f"datasets:{folder}", seed=0, limit=1).dropped["beyond --max-sentences"]


def test_what_cannot_be_loaded(folder, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(CorpusError, match=r"cannot be read after row 0: .*nosuch"):
        corpora.read(f"datasets:{folder}:nosuch", seed=0)
    with pytest.raises(CorpusError, match=r"cannot be read after row 0: .*Check the name"):
        corpora.read(f"datasets:{folder}/none", seed=0)
    with pytest.raises(CorpusError, match="no column 'x'; it has 'sent0'"):
        corpora.read(f"datasets:{folder}", seed=0, columns=Columns("x"))


def test_a_set_that_breaks_off(folder):
    (folder / "train.jsonl").write_text(json.dumps(ROWS[0]) + "\n{broken")
    with pytest.raises(CorpusError, match="cannot be read after row"):
        corpora.read(f"datasets:{folder}", seed=0)


def test_a_folder_of_save_to_disk(folder):
    (folder / "state.json").write_text("{}")
    with pytest.raises(CorpusError, match="written by save_to_disk"):
        corpora.read(f"datasets:{folder}", seed=0)


def test_the_parts_of_a_name(tmp_path):
    assert parse("datasets:a/b") == ("a/b", None, "train")
    assert parse("datasets:a/b:dev") == ("a/b", None, "dev")
    assert parse("datasets:a/b:triplet:dev") == ("a/b", "triplet", "dev")
    (tmp_path / "odd:name").mkdir()
    assert parse(f"datasets:{tmp_path}/odd:name") == (f"{tmp_path}/odd:name", None, "train")
    for bad in ("datasets:", "datasets:a:", "datasets:a:b:c:d", "datasets::train"):
        with pytest.raises(CorpusError, match="datasets:NAME:CONFIG:SPLIT"):
            parse(bad)
