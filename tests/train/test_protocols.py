"""The protocols' settings: their domains, and that each fact of the literature is one of them."""

import pytest
from click.testing import CliRunner

from train.config import RunConfig
from train.errors import ConfigError
from train.protocols import DOMAINS, NAMES, PROTOCOLS, Protocol

SIMCSE = {
    "dropout": 0.1, "pooling": "cls", "head": "mlp", "epochs": 1, "max_length": 32, "warmup": 0.0,
    "schedule": "linear", "max_grad_norm": 1.0, "weight_decay": 0.0, "eval_every": 125,
    "keep_best": True, "keep_head": False, "batch_size": 64, "lr": 3e-5, "freeze": "none",
    "symmetric": False,
}  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), [
    ("simcse", {}),
    ("understandingcse", {"batch_size": 128, "lr": 1e-5, "head": "linear", "head_std": 6e-3,
                          "freeze": "embeddings"}),
    # run_sup_example.sh of SimCSE's code: 4 processes of 128 rows
    ("simcse_supervised", {"batch_size": 512, "lr": 5e-5, "epochs": 3, "keep_head": True}),
])  # fmt: skip
def test_the_protocols_of_the_literature(name, changes):
    protocol = PROTOCOLS[name]
    for setting, value in (SIMCSE | changes).items():
        assert getattr(protocol, setting) == value, setting


@pytest.mark.parametrize(("name", "value", "message"), [
    ("steps", 0, "--steps 0 is too small. Give at least 1"),
    ("batch_size", 1, "--batch-size 1 is too small. Give at least 2"),
    ("lr", float("nan"), "--lr nan must be finite"),
    ("lr", 0.0, "--lr 0.0 must be positive"),
    ("dropout", 1.0, "--dropout 1.0 is too large"),
    ("head", "two", "--head 'two'. Choose one of none, linear, mlp, tanh_linear"),
    ("steps", 2.5, "--steps 2.5 is no int"),
    ("batch_size", True, "--batch-size True is no int"),
    ("bucket", 1, "--bucket 1 is no bool"),
    ("batch_size", None, "--batch-size None is no int"),
])  # fmt: skip
def test_a_value_outside_its_domain_is_refused(name, value, message):
    with pytest.raises(ConfigError) as error:
        Protocol(**{name: value})
    assert message in str(error.value)


def test_a_setting_that_there_is_not():
    with pytest.raises(ConfigError, match=r"colour: no such setting. There are: steps, epochs"):
        RunConfig("infonce", overrides={"colour": "red"})
    with pytest.raises(ConfigError, match=r"stepz: no such setting. Did you mean steps\?"):
        RunConfig("infonce", overrides={"stepz": 3})
    with pytest.raises(ConfigError, match="--protocol 'clip'"):
        RunConfig("infonce", protocol="clip")


def test_what_the_corpus_decides():
    protocol = PROTOCOLS["simcse"].resolved(rows=1_000_000)
    assert (protocol.steps, protocol.save_every, protocol.measure_every) == (15_625, 1_563, None)
    halves = Protocol(batch_size=64, accumulate=4, epochs=2, held_out=0.1)
    assert halves.resolved(rows=6_400).steps == 50
    assert halves.resolved(rows=6_400).measure_every == 50
    with pytest.raises(
        ConfigError, match="there are 10 rows to train on, fewer than one batch of 64"
    ):
        Protocol().resolved(rows=10)
    with pytest.raises(ConfigError, match=r"fewer than the 8 batches of 8 of one step\. .*--accum"):
        Protocol(batch_size=8, accumulate=8).resolved(rows=45)
    with pytest.raises(ConfigError, match=r"Give --eval-every 125"):
        Protocol(keep_best=True).resolved(rows=100)


def test_every_setting_is_an_option_with_its_help():
    from train.cli import main

    shown = CliRunner().invoke(main, ["run", "--help"], terminal_width=200).output
    for name in NAMES:
        assert "--" + name.replace("_", "-") in shown
        assert DOMAINS[name]["help"]


def test_epochs_replace_the_steps_of_the_demonstration():
    made_here = RunConfig("infonce", overrides={"epochs": 3})
    assert made_here.chosen.resolved(rows=6_400).steps == 300
    both = RunConfig("infonce", overrides={"epochs": 3, "steps": 7})
    assert both.chosen.resolved(rows=6_400).steps == 7
