"""Run folder and checkpoints: what a kill may leave behind, and what counts."""

from types import SimpleNamespace

import pytest

from train import checkpoints
from train.errors import RunFolderError
from train.folder import RunFolder
from train.lock import LOCK, locked


def test_create_free_takes_the_first_free_number(tmp_path):
    assert RunFolder.create_free(tmp_path / "runs", "mpt", 3).path == tmp_path / "runs" / "mpt-3-1"
    assert RunFolder.create_free(tmp_path / "runs", "mpt", 3).path == tmp_path / "runs" / "mpt-3-2"
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot be made"):
        RunFolder.create_free(tmp_path / "file", "mpt", 3)


def test_a_second_holder_is_refused(tmp_path):
    with locked(tmp_path):
        with pytest.raises(RunFolderError, match="another process"), locked(tmp_path):
            pass
        assert (tmp_path / LOCK).exists()  # the loser leaves the winner's lock
    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_left_by_a_kill_holds_nothing(tmp_path):
    (tmp_path / LOCK).touch()
    with locked(tmp_path):
        pass


def test_create_refuses_what_is_not_empty(tmp_path):
    RunFolder.create(tmp_path / "new" / "run")
    (tmp_path / "new" / "run" / "config.json").write_text("{}")
    with pytest.raises(RunFolderError, match=r"not empty.*--resume"):
        RunFolder.create(tmp_path / "new" / "run")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="not empty"):
        RunFolder.create(tmp_path / "file")
    with pytest.raises(RunFolderError, match="cannot be made"):
        RunFolder.create(tmp_path / "file" / "below")


@pytest.mark.parametrize("text", ["", "[]", '{"options"'])
def test_a_damaged_config(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(RunFolderError, match="damaged"):
        RunFolder.existing(tmp_path).read_config()


def test_records_survive_a_line_cut_short(tmp_path):
    folder = RunFolder(tmp_path)
    for step in (0, 5, 10):
        folder.append({"step": step})
    with folder.metrics.open("a") as file:
        file.write('{"step": 1')
    assert [record["step"] for record in folder.records()] == [0, 5, 10]
    folder.forget_after(5)
    folder.append({"step": 6})
    assert [record["step"] for record in folder.records()] == [0, 5, 6]
    assert folder.metrics.read_text().count("\n") == 3


@pytest.mark.parametrize("line", ["3", "[]", "null", "{}", '{"step": "x"}', '{"step":', "\\xff"])
def test_a_damaged_line_is_dropped_for_good(tmp_path, line):
    folder = RunFolder(tmp_path)
    folder.metrics.write_text(line + "\n")
    folder.append({"step": 1, "when": "before"})
    folder.append({"step": 5, "when": "after"})
    with folder.metrics.open("a") as file:
        file.write(line)
    assert [record["step"] for record in folder.records()] == [1, 5]
    assert folder.forget_after(5) == 2
    folder.append({"step": 6})
    assert [record["step"] for record in folder.records()] == [1, 6]


def checkpoint(folder, step, whole=True):
    path = folder / f"checkpoint-{step}"
    path.mkdir()
    (path / "model.safetensors").write_bytes(b"half")
    if whole:
        (path / checkpoints.MARKER).touch()
    return path


def test_only_whole_checkpoints_count(tmp_path):
    assert checkpoints.last(tmp_path) is None
    checkpoint(tmp_path, 9)
    ten = checkpoint(tmp_path, 10)
    checkpoint(tmp_path, 11, whole=False)
    assert checkpoints.last(tmp_path) == ten  # by number, not by name: 9 sorts after 10


def test_prune_keeps_the_newest_two_whole_ones(tmp_path):
    for step in (5, 10, 15):
        checkpoint(tmp_path, step)
    checkpoint(tmp_path, 20, whole=False)
    checkpoints.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-15"]


def test_saving_marks_the_checkpoint(tmp_path):
    path = checkpoint(tmp_path, 3, whole=False)
    checkpoints.MarkComplete().on_save(
        SimpleNamespace(output_dir=tmp_path), SimpleNamespace(global_step=3), SimpleNamespace()
    )
    assert checkpoints.last(tmp_path) == path
