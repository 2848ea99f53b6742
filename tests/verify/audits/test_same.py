"""Two losses compared: faults are found and named by kind, right pairs stay the same."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
import torch

import verify
from derive.errors import InputError
from tests.verify.audits.draws import Pair, empty_row, sphere, unit
from tests.verify.audits.pairs_right import RIGHT, plain_lse
from tests.verify.audits.pairs_wrong import WRONG, infonce
from tests.verify.audits.planted import triplets
from verify.audits.values import unequal


def some(pairs: Iterable[Pair], every: int) -> list[Any]:
    """One in `every` in the gate, all of them in `slow`."""
    return [
        pytest.param(p, id=p.name, marks=[] if k % every == 0 else [pytest.mark.slow])
        for k, p in enumerate(pairs)
    ]


@pytest.mark.parametrize("pair", some(WRONG, 3))
def test_a_fault_differs_and_its_kind_is_named(pair: Pair) -> None:
    found = verify.same(pair.f, pair.g, inputs=pair.inputs, hyper=pair.hyper, dtype=pair.dtype)
    assert found.verdict == "differs", found.text()
    assert pair.kind in {x.kind for x in found.bugs}, found.text()


@pytest.mark.parametrize("pair", some(RIGHT, 3))
def test_a_right_pair_is_the_same(pair: Pair) -> None:
    found = verify.same(pair.f, pair.g, inputs=pair.inputs, hyper=pair.hyper, dtype=pair.dtype)
    assert found.verdict == "same", found.text()


def test_the_kinds_cover_what_is_promised() -> None:
    kinds = {x.kind for x in WRONG}
    assert kinds == {"value", "gradient", "tie", "singular", "overflow", "precision", "error"}
    assert len(WRONG) >= 30
    assert len(RIGHT) >= 30


def test_where_neither_is_finite_nothing_is_decided() -> None:
    found = verify.same(
        lambda h, p: infonce(unit(h), unit(p)),
        lambda h, p: plain_lse(unit(h), unit(p)),
        inputs=empty_row,
    )
    assert found.verdict == "undecided"
    assert found.points == 0


def test_a_loss_that_is_not_deterministic_is_undecided() -> None:
    calls = iter(range(10**6))
    found = verify.same(lambda h, p: infonce(h, p) + next(calls), infonce, inputs=sphere)
    assert found.verdict == "undecided"
    assert "random" in {x.kind for x in found.findings}


def test_own_draws_find_a_wrong_axis() -> None:
    wrong = verify.same(
        lambda h, p: infonce(torch.nn.functional.normalize(h, dim=0), p),
        lambda h, p: infonce(torch.nn.functional.normalize(h), p),
    )
    assert wrong.verdict == "differs"


def test_own_draws_leave_a_right_pair_alone() -> None:
    right = verify.same(lambda h, p: infonce(h, p), lambda h, p: infonce(h.clone(), p) * 1.0)
    assert right.verdict == "same"
    assert right.points > 12


def test_hyper_parameters_reach_both_and_stay_as_they_are() -> None:
    tau = torch.tensor(0.1, requires_grad=True)

    def greedy(h, p, tau):  # type: ignore[no-untyped-def]
        value = infonce(h, p, tau)
        tau.requires_grad_(False)
        return value

    found = verify.same(greedy, infonce, inputs=sphere, hyper={"tau": tau})
    assert found.verdict == "same"
    assert tau.requires_grad
    assert tau.item() == pytest.approx(0.1)


def test_a_change_in_place_is_told() -> None:
    def rude(h, p):  # type: ignore[no-untyped-def]
        value = infonce(h, p)
        h.data.mul_(2)
        return value

    found = verify.same(rude, infonce, inputs=sphere)
    assert "changes h in place" in found.text()


def test_the_report_is_json_and_text() -> None:
    found = verify.same(lambda h, p: 2 * infonce(h, p), infonce, inputs=sphere)
    data = json.loads(found.to_json())
    assert data["verdict"] == "differs"
    assert data["findings"][0]["level"] == "bug"
    assert "2 times it at every point" in found.text()
    assert "2 times the other's, in the same direction" in found.text()


@pytest.mark.parametrize("bad", [lambda seed: (1, 2), lambda seed: 1 / 0])
def test_inputs_that_are_no_matrices_are_refused(bad: Any) -> None:
    with pytest.raises(InputError, match="inputs"):
        verify.same(infonce, infonce, inputs=bad)


def test_defaults_that_are_not_the_definitions_are_said() -> None:
    def code(h: Any, h_prime: Any, margin: float = 0.3) -> Any:
        return triplets(h, h_prime, margin)

    found = unequal(("code", "met"), {"margin": 0.3, "eps": 1e-8}, {"m": 0.45})
    assert found is not None
    assert found.message.startswith("compared with margin = 0.3 in code and m = 0.45 in met")
    assert found.evidence == {"m": [0.3, 0.45]}
    assert unequal(("code", "met"), {"margin": 0.45}, {"m": 0.45}) is None
    report = verify.audit(code, "met", hyper={})
    assert found.message in {x.message for x in report.findings}
    assert {x.level for x in report.findings if x.kind == "settings"} == {"note"}
