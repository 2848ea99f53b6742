"""Measuring a run: what is on record, and that the run is the same with it and without."""

import json
import random
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import nn
from transformers import TrainerControl, TrainerState

from tests.train.conftest import SENTENCES
from tests.train.measuring.conftest import (
    BATCH,
    HELD_OUT,
    STEPS,
    TRAIN,
    callback_of,
    corpus,
    new_model,
    trained,
)  # fmt: skip
from train.folder import RunFolder
from train.measuring import MeasurementError, read_measurements
from train.measuring.callback import MeasureEvery
from train.measuring.embedding import Sample, held_out_rows
from train.measuring.factory import default_every
from train.measuring.records import COST, MEASUREMENT
from train.measuring.state import seed_at, undisturbed

MODEL = new_model()


def of_event(records, event=MEASUREMENT):
    return [x for x in records if x["event"] == event]


def without_seconds(records):
    return [{k: v for k, v in x.items() if k != "seconds"} for x in of_event(records)]


def same_weights(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_measured_run_has_the_weights_of_one_that_is_not(plain, measured):
    assert same_weights(plain, measured[1])


def test_a_measurement_that_draws_random_numbers_is_caught(plain, tmp_path, monkeypatch):
    """The planted fault: the random states are not put back."""
    monkeypatch.setattr("train.measuring.state._random_states", nullcontext)
    model = new_model()
    trained(tmp_path, model, [callback_of(model, lambda _: None)])
    assert not same_weights(plain, model.state_dict())


def test_records_are_before_every_so_many_steps_and_at_the_end(measured):
    assert [x["step"] for x in of_event(measured[2])] == [0, 2, 4, 6]
    callback = callback_of(MODEL, lambda _: None, measure_every=4)
    assert callback.every == 4


def test_the_last_step_is_measured(monkeypatch):
    monkeypatch.setattr(MeasureEvery, "record", lambda self, step: {"step": step})
    records = []
    callback, state = callback_of(MODEL, records.append, measure_every=4), TrainerState(max_steps=6)
    callback.on_train_begin(None, state, TrainerControl())
    for state.global_step in range(1, 7):
        callback.on_step_end(None, state, TrainerControl())
    assert [x["step"] for x in records] == [0, 4, 6]


def test_a_record_is_json_with_both_samples(measured):
    for record in of_event(measured[2]):
        assert json.loads(json.dumps(record, allow_nan=False)) == record
        assert record["schema"] == 1
        assert record["reasons"] == {}
        assert record["seconds"] > 0
        assert record["held_out"]["rows"] == 13 // BATCH * BATCH
        assert record["train"]["rows"] == BATCH
        for name in ("held_out", "train"):
            assert record[name]["L_align"] > 0, "dropout gives two views"
            assert record[name]["batch"] == BATCH
            assert record[name]["dissipation"]["kind"] == "soft"


def test_training_shows_in_the_measurements(measured):
    first, *_, last = of_event(measured[2])
    assert last["train"]["L_cl"] < first["train"]["L_cl"]
    assert last["train"]["own"] == pytest.approx(last["train"]["L_cl"], rel=1e-6)


def test_the_cost_is_on_record(measured):
    (cost,) = of_event(measured[2], COST)
    assert cost["step"] == STEPS
    assert cost["measurements"] == 4
    seconds = sum(x["seconds"] for x in of_event(measured[2]))
    assert cost["seconds"] == pytest.approx(seconds, abs=1e-3)
    share = (cost["seconds"] + cost["setup_seconds"]) / cost["training_seconds"]
    assert cost["share"] == pytest.approx(share, rel=1e-2)


def test_a_resumed_run_has_the_records_of_a_whole_one(measured):
    folder, weights, records = measured
    again, model = [], new_model()
    callback = callback_of(model, again.append)
    trained(folder, model, [callback], resume=str(folder / "checkpoint-3"))
    assert same_weights(weights, model.state_dict())
    assert [x["step"] for x in of_event(again)] == [4, 6]
    assert without_seconds(again) == [x for x in without_seconds(records) if x["step"] > 3]


def test_a_record_depends_on_the_weights_the_step_and_the_seed_alone():
    callback = callback_of(MODEL, lambda _: None)
    MODEL.eval()
    first = callback.record(3)
    MODEL.train()
    torch.rand(5)
    assert callback.record(3) == first
    assert callback.record(4) != first
    assert len({seed_at(seed, step) for seed in range(3) for step in range(50)}) == 150


def test_other_processes_measure_nothing():
    records = []
    callback = callback_of(MODEL, records.append)
    state = TrainerState(max_steps=2, is_world_process_zero=False)
    for event in (callback.on_train_begin, callback.on_step_end, callback.on_train_end):
        event(None, state, TrainerControl())
    assert records == []


def test_what_is_not_finite_is_on_record_and_does_not_stop_the_run():
    model = new_model()
    callback = callback_of(model, lambda _: None)
    with torch.no_grad():
        next(model.parameters()).fill_(torch.nan)
    record = callback.record(1)
    assert record["held_out"] is None
    assert "not finite" in record["reasons"]["held_out"]
    assert "not finite" in record["reasons"]["train"]
    assert json.dumps(record, allow_nan=False)


def test_without_held_out_text_the_training_text_alone_is_measured():
    record = callback_of(MODEL, lambda _: None, held_out=None).record(0)
    assert record["held_out"] is None
    assert "--held-out" in record["reasons"]["held_out"]
    assert record["train"]["gradient"] is not None


def test_hard_negatives_are_said_to_be_left_out():
    from dataclasses import replace

    text = replace(TRAIN, negatives=list(reversed(TRAIN.anchors)))
    record = callback_of(MODEL, lambda _: None, train=text).record(0)
    assert "hard negatives" in record["reasons"]["negatives"]


def test_large_batches_are_measured_in_smaller_ones():
    text = corpus([f"{sentence} {n}" for n in range(12) for sentence in SENTENCES])
    callback = callback_of(MODEL, print, train=text, held_out=text, batch_size=520)
    assert callback.batch == 512
    assert "not of 520" in callback.samples.notes["batch"]
    assert len(callback.samples.train) == len(callback.samples.held_out) == 512


def test_every_is_a_number_of_steps():
    with pytest.raises(MeasurementError, match="1 or more"):
        MeasureEvery(0, MODEL, None, None, print, seed=0, batch=8)


def test_the_default_is_rare_enough():
    assert [default_every(steps) for steps in (20, 500, 501, 10_000)] == [50, 50, 51, 1000]
    assert callback_of(MODEL, print, measure_every=None).every == 50
    assert [held_out_rows(n) for n in (8, 48, 64, 128, 200, 512)] == [64, 48, 64, 128, 200, 512]


class WithStatistics(nn.Module):
    """What a measurement could disturb: dropout, running statistics, modules in two modes."""

    def __init__(self):
        super().__init__()
        self.norm, self.drop, self.frozen = nn.BatchNorm1d(3), nn.Dropout(), nn.Dropout()

    def forward(self, x):
        return self.frozen(self.drop(self.norm(x)))


def states():
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()


def disturb(model, kept, error):
    with undisturbed(model, seed=1):
        assert model.frozen.training
        model(torch.rand(4, 3))
        assert not same_weights(kept, model.state_dict())
        assert not torch.is_grad_enabled()
        random.random(), np.random.rand()
        if error:
            raise error


def test_nothing_is_left_behind():
    model = WithStatistics()
    model.frozen.eval()
    kept = {name: x.clone() for name, x in model.state_dict().items()}
    before = states()
    for error in (None, RuntimeError("within")):
        with pytest.raises(RuntimeError, match="within") if error else nullcontext():
            disturb(model, kept, error)
        assert states() == before
        assert same_weights(kept, model.state_dict())
        assert [x.training for x in (model, model.drop, model.frozen)] == [True, True, False]
        assert all(x.grad is None for x in model.parameters())
        assert torch.is_grad_enabled()


def test_a_sample_is_of_the_corpus_and_its_rows_stay_in_pairs():
    """Without dropout the embeddings are those of `encode`, row for row."""
    MODEL.eval()
    positives = list(reversed(SENTENCES[:20]))
    text = corpus(SENTENCES[:20], positives)
    sample = Sample.of(MODEL, text, rows=11, chunk=4, seed=3)
    assert len(sample) == 11
    with torch.no_grad():
        h, h_prime = sample.embed(MODEL)
    known = MODEL.encode(SENTENCES[:20], convert_to_tensor=True)
    rows = [int((known - row).norm(dim=1).argmin()) for row in h]
    assert len(set(rows)) == 11
    assert rows == sorted(rows)
    torch.testing.assert_close(h, known[rows], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(h_prime, known[[19 - row for row in rows]], rtol=1e-4, atol=1e-5)


def test_one_sentence_is_two_views_by_dropout():
    sample = Sample.of(MODEL, HELD_OUT, rows=8, chunk=8, seed=0)
    with undisturbed(MODEL, seed=0):
        h, h_prime = sample.embed(MODEL)
    assert not torch.equal(h, h_prime)
    MODEL.eval()
    with torch.no_grad():
        h, h_prime = sample.embed(MODEL)
    assert torch.equal(h, h_prime)


def test_measurements_are_read_back(tmp_path, measured):
    folder = RunFolder(tmp_path)
    for record in measured[2]:
        folder.append(record)
    folder.append({"event": "step", "step": 2, "loss": 1.0})
    later = {**of_event(measured[2])[1], "seconds": 9.0}
    folder.append(later)
    with folder.metrics.open("a") as file:
        file.write('{"event": "measurement", "ste')
    found = read_measurements(tmp_path)
    assert [x["step"] for x in found] == [0, 2, 4, 6]
    assert found[1] == later


def test_records_that_cannot_be_read(tmp_path):
    with pytest.raises(MeasurementError, match=r"holds no metrics\.jsonl"):
        read_measurements(tmp_path)
    folder = RunFolder(tmp_path)
    folder.append({"event": "step", "step": 1})
    assert read_measurements(tmp_path) == []
    folder.append({"event": "measurement", "step": 1, "schema": 2})
    with pytest.raises(MeasurementError, match="schema 2"):
        read_measurements(tmp_path)
