"""The same numbers in TensorBoard."""

import subprocess
import sys

import pytest

from tests.train.measuring.conftest import callback_of, new_model
from tests.train.measuring.test_callback import of_event
from train.measuring.board import Board, scalars


@pytest.fixture(scope="module")
def events(tmp_path_factory, measured):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path_factory.mktemp("run")
    board = Board.within(run)
    for record in of_event(measured[2]):
        board.write(record)
    board.close()
    found = EventAccumulator(str(run / "tensorboard"), size_guidance={"histograms": 0})
    found.Reload()
    return found


@pytest.mark.slow
def test_scalars_are_those_of_the_records(events, measured):
    records = of_event(measured[2])
    for tag, value in {
        "held_out/L_cl": lambda x: x["held_out"]["L_cl"],
        "train/L_uniform": lambda x: x["train"]["L_uniform"],
        "held_out/dissipation/mean": lambda x: x["held_out"]["dissipation"]["mean"],
        "held_out/lemma_1/0.5/minimum/q0.5": lambda x: x["held_out"]["lemma_1"][1]["minimum"][
            "quantiles"
        ][3],
        "train/gradient/pull/tangential/mean": lambda x: x["train"]["gradient"]["pull"][
            "tangential"
        ]["mean"],
    }.items():
        written = events.Scalars(tag)
        assert [x.step for x in written] == [x["step"] for x in records]
        assert [x.value for x in written] == pytest.approx([value(x) for x in records], rel=1e-6)


@pytest.mark.slow
def test_histograms_are_those_of_the_records(events, measured):
    written = events.Histograms("held_out/angles/negative")
    for at, record in zip(written, of_event(measured[2]), strict=True):
        angles = record["held_out"]["angles"]["negative"]
        assert sum(at.histogram_value.bucket) == angles["n"] == at.histogram_value.num
        assert at.histogram_value.bucket == pytest.approx(angles["histogram"])


class Written:
    """In the place of TensorBoard's writer: what it is given."""

    def __init__(self):
        self.scalars, self.histograms, self.open = {}, {}, True

    def add_scalar(self, tag, value, step):
        self.scalars[tag, step] = value

    def add_histogram_raw(self, tag, global_step, **found):
        self.histograms[tag, global_step] = found

    def flush(self):
        assert self.open

    def close(self):
        self.open = False


def test_a_record_becomes_scalars_and_histograms(tmp_path, measured):
    board, written = Board(tmp_path), Written()
    board.writer = written
    record = of_event(measured[2])[2]
    board.write(record)
    board.close()
    assert not written.open
    angles = record["held_out"]["angles"]["positive"]
    found = written.histograms["held_out/angles/positive", 4]
    assert found["bucket_counts"] == angles["histogram"]
    assert len(found["bucket_limits"]) == len(found["bucket_counts"])
    assert found["sum"] == pytest.approx(angles["n"] * angles["mean"])
    assert written.scalars["train/L_cl", 4] == record["train"]["L_cl"]
    assert written.scalars["train/ratio/q0.5", 4] == record["train"]["ratio"]["quantiles"][3]


def test_null_is_no_scalar():
    assert dict(scalars({"a": None, "b": 1.5, "kind": "soft", "yes": True}, "x")) == {"x/b": 1.5}


def test_without_tensorboard_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr("train.measuring.board.find_spec", lambda _: None)
    assert Board.within(tmp_path) is None
    assert callback_of(new_model(), print, folder=tmp_path).board is None


def test_reading_records_loads_no_torch():
    code = "import sys, train.measuring; assert not {'torch', 'tensorboard'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
