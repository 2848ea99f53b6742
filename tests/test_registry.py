"""A loss is a file, an oracle and a registry line; the oracle has the same hyper-parameters."""

import inspect
from functools import partial
from pathlib import Path

import pytest
import torch
from sympy import Integer

from derive import objectives
from derive.nodes import D, N
from tests.derive.batches import inputs_of
from verify import oracles
from verify.strategies import unit


def differences(files, registered, with_oracle):
    """What is missing, in words, for every loss that any of the three knows."""
    places = {
        "file in derive/objectives": set(files),
        "line in derive/objectives/__init__.py": set(registered),
        "oracle in verify/oracles": set(with_oracle),
    }
    everything = set().union(*places.values())
    return [
        f"{name}: no {place}"
        for name in sorted(everything)
        for place, known in places.items()
        if name not in known
    ]


def test_every_loss_has_its_file_its_oracle_and_its_registry_line():
    files = [file.stem for file in Path(objectives.__file__).parent.glob("[!_]*.py")]
    assert differences(files, objectives.names(), oracles.names()) == []


def test_a_missing_part_is_found():
    assert differences(["a", "b"], ["a", "b"], ["a"]) == ["b: no oracle in verify/oracles"]
    assert differences(["a"], ["a", "b"], ["a", "b"]) == ["b: no file in derive/objectives"]
    assert differences(["a", "b"], ["a"], ["a", "b"])[0].startswith("b: no line in derive")


@pytest.mark.parametrize("name", objectives.names())
def test_the_oracle_has_the_same_hyper_parameters_and_defaults(name):
    """A default that depends on the sizes of the batch (γ = 1/√D) is None in the oracle."""
    parameters = list(inspect.signature(oracles.load(name)).parameters.values())
    assert [x.name for x in parameters[:2]] == ["h", "h_prime"]
    inputs = objectives.load(name).inputs
    stated = {x.name: x.default for x in parameters[2:] if x.name not in inputs}
    assert {x.name for x in parameters} >= set(inputs)
    hyper = objectives.load(name).hyper
    assert set(stated) == {x.name for x in hyper}
    for x in hyper:
        if x.default.has(N, D):
            assert stated[x.name] is None
        else:
            assert stated[x.name] == pytest.approx(float(x.default), rel=1e-15)


@pytest.mark.parametrize("name", objectives.names())
@pytest.mark.parametrize("shape", [(4, 6), (7, 3)])
def test_the_oracle_left_alone_takes_the_defaults_of_the_objective(name, shape):
    generator = torch.Generator().manual_seed(0)
    h, h_prime = (unit(torch.randn(shape, generator=generator).double()) for _ in range(2))
    sizes = {N: Integer(shape[0]), D: Integer(shape[1])}
    defaults = {x.name: float(x.default.subs(sizes)) for x in objectives.load(name).hyper}
    oracle = partial(oracles.load(name), **inputs_of(objectives.load(name), shape[0]))
    torch.testing.assert_close(oracle(h, h_prime), oracle(h, h_prime, **defaults))
