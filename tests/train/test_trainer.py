"""The device, the trainer's arguments, and what progress shows."""

import io
import shlex
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from rich.console import Console

from train.config import RunConfig
from train.errors import ConfigError
from train.progress import EvaluateEvery, Report
from train.protocols import Protocol
from train.trainer import arguments, pick_device


@pytest.mark.parametrize(
    ("cuda", "mps", "device"),
    [(True, False, "cuda"), (False, True, "mps"), (False, False, "cpu"), (True, True, "cuda")],
)
def test_auto_takes_the_first_device_there_is(monkeypatch, cuda, mps, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device("auto") == device
    assert pick_device("cpu") == "cpu"


def test_a_device_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="--device cuda is not available here"):
        pick_device("cuda")


def test_defaults_depend_on_the_encoder():
    small = RunConfig("infonce").chosen.resolved(rows=28_000)
    assert (small.steps, small.batch_size, small.lr, small.max_length) == (150, 64, 1e-3, 64)
    pretrained = RunConfig("infonce", model="some/model").chosen.resolved(rows=2_000)
    assert (pretrained.steps, pretrained.lr, pretrained.max_length) == (31, 3e-5, 32)
    given = {"steps": 7, "batch_size": 4, "lr": 0.1, "save_every": 2}
    resolved = RunConfig("infonce", overrides=given).chosen.resolved(rows=4)
    assert {name: getattr(resolved, name) for name in given} == given


def test_the_command_of_a_run_makes_it_again():
    config = RunConfig(
        "mpt", {"m": "1/4"}, corpus="a b.txt", accept_undecided=True, protocol="simcse",
        overrides={"one_pass": False, "dropout": 0.0},
    )  # fmt: skip
    command = config.command(config.chosen.resolved(rows=64))
    assert command.startswith("train run --loss mpt --set m=1/4 --corpus 'a b.txt' --seed 0")
    assert "--model" not in command
    assert parsed(command) == (config, config.chosen.resolved(rows=64))


def parsed(command: str) -> tuple[RunConfig, Protocol]:
    """What the command line gives: the configuration, and the protocol that it comes to.

    The five numbers are spelled out in the command, so the configuration's own overrides differ.
    """
    from train.commands.run import command as run
    from train.commands.run import configuration

    with run.make_context("run", shlex.split(command)[2:]) as context:
        made = configuration(context, context.params)
    spelled = set(made.overrides) - {"steps", "batch_size", "lr", "max_length", "save_every"}
    overrides = {name: made.overrides[name] for name in spelled}
    return replace(made, overrides=overrides), made.chosen.resolved(rows=64)


def test_arguments_keep_the_batch_and_show_nan(tmp_path):
    args = arguments(RunConfig("infonce").chosen.resolved(rows=64), 3, tmp_path, "cpu")
    assert args.train_batch_size == 64
    assert args.seed == 3
    assert args.dataloader_drop_last
    assert not args.logging_nan_inf_filter


def test_fp16_needs_a_gpu(tmp_path):
    half = RunConfig("infonce", overrides={"precision": "fp16"}).chosen.resolved(rows=64)
    with pytest.raises(ConfigError, match="--precision fp16 needs a GPU"):
        arguments(half, 0, tmp_path, "cpu")


def test_progress_shows_loss_speed_and_remaining_time(monkeypatch):
    out, records = io.StringIO(), []
    report = Report(Console(file=out, width=80), records.append, batch_size=32)
    state = SimpleNamespace(global_step=0, max_steps=100)
    clock = iter([0.0, *[10.0] * 99])
    monkeypatch.setattr("train.progress.time.monotonic", lambda: next(clock))
    report.on_train_begin(None, state, None)
    for step in range(20):
        state.global_step = step + 1
        report.on_step_end(None, state, None)
    report.on_log(None, state, None, logs={"loss": 0.5, "learning_rate": 1e-3, "grad_norm": 2.0})
    report.on_log(None, state, None, logs={"train_runtime": 10.0})
    report.close()
    assert out.getvalue() == "step 20/100  loss 0.5  64 rows/s  0:40 left\n"
    assert records == [
        {
            "event": "step", "step": 20, "loss": 0.5, "lr": 1e-3, "gradient_norm": 2.0,
            "rows_per_second": 64.0, "seconds": 10.0,
        }
    ]  # fmt: skip


def test_rows_are_counted_by_batches(monkeypatch):
    """Two steps of three batches, the second cut short by the end of the epoch."""
    report = Report(Console(file=io.StringIO()), lambda _: None, batch_size=8)
    state = SimpleNamespace(global_step=0, max_steps=2)
    monkeypatch.setattr("train.progress.time.monotonic", lambda: 0.0)
    report.on_train_begin(None, state, None)
    monkeypatch.setattr("train.progress.time.monotonic", lambda: 2.0)
    for substeps in (2, 1):
        for _ in range(substeps):
            report.on_substep_end(None, state, None)
        state.global_step += 1
        report.on_step_end(None, state, None)
    assert report.rows_a_second() == (24 + 16) / 2
    report.close()


@pytest.mark.parametrize(("last", "steps"), [(False, [3, 6]), (True, [3, 6, 7])])
def test_scores_of_the_last_step(last, steps):
    found = []
    callback = EvaluateEvery(3, found.append, last=last)
    for step in range(1, 8):
        callback.on_step_end(None, SimpleNamespace(global_step=step, max_steps=7), None)
    assert found == steps
