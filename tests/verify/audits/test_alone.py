"""One loss alone: contradictions within it are bugs, everything else is a note."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import verify
from derive.objectives import load, names
from derive.torch import objective
from tests.catalogue import sampled
from tests.verify.audits.draws import even, raw, sphere, touching, wide
from tests.verify.audits.pairs_wrong import (
    HALF,
    SINGLE,
    _NoProjection,
    _Wrong,
    infonce,
    ntxent,
    spread,
)
from verify import oracles
from verify.audits import black_box
from verify.audits.calls import BlackBox
from verify.inputs import as_tensors, draw_inputs


def _kinds(found: verify.Report) -> set[str]:
    return {x.kind for x in found.bugs}


def one_chunk(h: Tensor, p: Tensor) -> Tensor:
    """Only the last half trains."""
    parts = -(h @ p.T / 0.2).log_softmax(1).diagonal()
    half = len(h) // 2
    return (parts[:half].detach().sum() + parts[half:].sum()) / len(h)


def nothing(h: Tensor, p: Tensor) -> Tensor:
    with torch.no_grad():
        value = infonce(h, p)
    return value.requires_grad_()


def vanishing(h: Tensor, p: Tensor) -> Tensor:
    return (1 + (-25 - 2 * (h * p).sum(1)).exp()).log().mean() * 1e9


def cancelling(h: Tensor, p: Tensor) -> Tensor:
    return ((h - p).square().sum(1) + 1e8 - 1e8).mean()


FULL = torch.float64
BUGS: list[tuple[str, Callable[..., Any], Any, torch.dtype, str]] = [
    ("factor in the backward", lambda h, p: _Wrong.apply(h @ p.T / 0.2), sphere, FULL, "backward"),
    ("no projection", lambda h, p: infonce(_NoProjection.apply(h), p), raw, FULL, "backward"),
    ("one chunk trains", one_chunk, even, FULL, "symmetry"),
    ("no gradient at all", nothing, sphere, FULL, "dead"),
    ("root of zero", lambda h, p: (h - p).square().sum(1).sqrt().mean(), touching, FULL,
     "singular"),
    ("epsilon in half", lambda h, p: spread(torch.cat([h, h]), False), sphere, HALF, "overflow"),
    ("vanishes in single", vanishing, sphere, SINGLE, "precision"),
    ("cancels in single", cancelling, wide, SINGLE, "precision"),
]  # fmt: skip


def test_rounding_inside_the_loss_is_no_wrong_backward() -> None:
    found = verify.audit(vanishing, dtype=torch.bfloat16, seed=0)
    assert "backward" not in [x.kind for x in found.bugs], found.text()


@pytest.mark.parametrize(
    ("f", "inputs", "dtype", "kind"), [pytest.param(*x[1:], id=x[0]) for x in BUGS]
)
def test_a_contradiction_is_a_bug(f: Any, inputs: Any, dtype: torch.dtype, kind: str) -> None:
    found = verify.audit(f, inputs=inputs, dtype=dtype)
    assert found.verdict == "suspect", found.text()
    assert kind in _kinds(found), found.text()


NOTES: list[tuple[str, Callable[..., Any], Any, str]] = [
    ("a stop-gradient that is meant", lambda h, p: infonce(h, p.detach()), sphere, "stop-gradient"),
    ("both views, one after the other", lambda h, p: (
        infonce(h, p.detach()) + infonce(h.detach(), p)) / 2, sphere, "factor"),
    ("the sign", lambda h, p: (h * p).sum(1).mean(), sphere, "direction"),
    ("a view that is not used", lambda h, p: infonce(h, h), sphere, "dead"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        pytest.param(lambda h, p: (1 - (h * h).sum(1)).clamp(min=0).mean(), sphere, id="at a kink"),
        pytest.param(
            lambda h, p: infonce(h.bfloat16().double(), p.bfloat16().double()), sphere, id="steps"
        ),
    ],
)
def test_what_differences_cannot_see_is_no_bug(f: Any, inputs: Any) -> None:
    """A value that is flat on one side, or that moves by steps."""
    assert not verify.audit(f, inputs=inputs).bugs


@pytest.mark.parametrize(("f", "inputs", "kind"), [pytest.param(*x[1:], id=x[0]) for x in NOTES])
def test_what_may_be_meant_is_a_note(f: Any, inputs: Any, kind: str) -> None:
    found = verify.audit(f, inputs=inputs)
    assert found.verdict == "undecided", found.text()
    if kind == "factor":
        assert "1/2 of the value's own" in found.text()
    else:
        assert kind in {x.kind for x in found.findings}, found.text()


def test_invariances_are_told() -> None:
    found = verify.audit(lambda h, p: infonce(F.normalize(h), F.normalize(p)), inputs=raw)
    told = next(x for x in found.findings if x.kind == "invariance")
    assert told.evidence["holds"] == ["the order of the pairs", "rotations", "the rows' lengths"]


def _told(f: Callable[..., Any]) -> Any:
    found = verify.audit(f, inputs=sphere)
    return next(x for x in found.findings if x.kind == "decomposition")


def test_the_parts_of_infonce_are_measured() -> None:
    told = _told(lambda h, p: infonce(h, p, 0.05))
    cosines = torch.tensor(told.evidence["cosines"])
    share = (cosines / 0.05).softmax(1)
    push = 1 - share.diagonal()
    torch.testing.assert_close(torch.tensor(told.evidence["dissipation"]), push, rtol=1e-3, atol=0)
    torch.testing.assert_close(torch.tensor(told.evidence["ratio"]), torch.ones(4))


def test_what_sees_more_than_the_cosines_has_no_parts() -> None:
    assert "not a function of the cosines" in _told(ntxent).message


def _inputs(name: str) -> dict[str, Any]:
    return dict(as_tensors(draw_inputs(load(name).inputs, 6, Random(0))))


# A few in the gate; every loss of the catalogue in `slow`.
@pytest.mark.parametrize("name", sampled(names(), ("supcon", "mvicreg", "alpha_triplet")))
def test_no_oracle_of_the_catalogue_is_suspect(name: str) -> None:
    for inputs in (None, sphere, raw):
        found = verify.audit(oracles.load(name), inputs=inputs, hyper=_inputs(name))
        assert not found.bugs, found.text()


@pytest.mark.parametrize("name", sampled(names(), ("simple",)))
def test_no_fast_objective_is_suspect(name: str) -> None:
    kinds = ("unit", "raw") if load(name).embeddings == "unit" else ("raw",)
    for embeddings in kinds:
        loss = objective(name, embeddings=embeddings)  # type: ignore[arg-type]
        for inputs in (None, sphere):
            found = verify.audit(loss, inputs=inputs, hyper=_inputs(name))
            assert not found.bugs, found.text()


@pytest.mark.parametrize(
    ("margin", "gone", "said"),
    [(0.5, 0, ""), (-0.3, 2, "(undefined for 2 of 4 anchors)"), (-0.4, 3, "GD is 0 to 1")],
)
def test_where_no_negative_is_pushed_r_is_undefined_and_the_note_says_why(
    margin: float, gone: int, said: str
) -> None:
    def hinge(h: Tensor, p: Tensor) -> Tensor:
        gaps = h @ p.T - (h * p).sum(1, keepdim=True) + margin
        return gaps.masked_fill(torch.eye(len(h)).bool(), -9.0).amax(1).relu().mean()

    found = black_box.finding(BlackBox(hinge))
    assert found is not None
    assert "nan" not in found.message
    assert said in found.message
    assert ("R and W divide by their push, which is 0 there" in found.message) == bool(gone)
    ratio = found.evidence["ratio"]
    assert isinstance(ratio, list)
    assert sum(x != x for x in ratio) == gone


def test_where_none_is_defined_the_note_says_so() -> None:
    assert black_box._range(torch.full((3,), torch.nan)) == "undefined"
    assert black_box._range(torch.tensor([1.0, torch.inf])) == "1 (undefined for 1 of 2 anchors)"
