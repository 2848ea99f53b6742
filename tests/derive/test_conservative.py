"""Is a field the gradient of a scalar: yes with the scalar, no with a witness; faults both ways."""

import json
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from sympy import Expr, Rational, S, sqrt

import derive
from derive.cli import main
from derive.conservation import ConservativeResult, Reading, conservative
from derive.errors import HyperparameterError
from derive.integrability.field import Cosine, Field
from derive.integrability.forms import agree
from derive.modification import compose
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    NEGATIVE,
    Z_PRIME,
    Angle,
    Cos,
    Delta,
    Exp,
    H,
    Inner,
    Log,
    N,
    Named,
    Sin,
    Step,
    Stop,
    Z,
)
from derive.notation import cosine, hardest_index, same_view, sum_samples
from derive.numeric import Point, mp
from derive.numeric import evaluate as value
from derive.objectives import names
from derive.objectives._common import partition
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from tests.catalogue import sampled
from tests.derive.batches import default_values, unit_batch
from tests.derive.fields import SameTriple, Triple, hinge

YES, NO = Verdict.PROVED, Verdict.REFUTED


def lse(i: Expr, x: Any) -> Expr:
    return x.tau * Log(partition(cosine, i, x.tau))


class Ungated(Triple):
    def dissipation(self, i, x):
        return S.One


class Softened(Triple):
    """InfoNCE's dissipation: with r = 1 this is τ·InfoNCE."""

    def dissipation(self, i, x):
        negatives = partition(cosine, i, x.tau)
        return negatives / (negatives + Exp(cosine(i, i) / x.tau))


class Angular(Triple):
    """ArcCon's ratio, u = m."""

    def ratio(self, i, x):
        return Sin(Angle(cosine(i, i)) + x.m) / Sin(Angle(cosine(i, i)))


class ArcConByParts(Angular):
    def dissipation(self, i, x):
        negatives = partition(cosine, i, x.tau)
        return negatives / (negatives + Exp(Cos(Angle(cosine(i, i)) + x.m) / x.tau))


class Uniform(Triple):
    def weight(self, i, j, x):
        return 1 / (N - 1)


class Linear(Triple):
    """Not normalised, so that Σ_j W_ij changes and the pull with it."""

    def weight(self, i, j, x):
        return cosine(i, j)


class Power(Triple):
    def weight(self, i, j, x):
        powers = sum_samples(lambda k: (1 + cosine(i, k)) ** x.p, other_than=i)
        return (1 + cosine(i, j)) ** x.p / powers


class HardestOnly(Triple):
    def weight(self, i, j, x):
        return Delta(j, hardest_index(lambda k: cosine(i, k), i))


class HardestByDistance(HardestOnly):
    def weight(self, i, j, x):
        return super().weight(i, j, x) / sqrt(2 - 2 * cosine(i, j))


class METByParts(HardestByDistance):
    """MET's ratio with the hardest negative: the pull is 1/d_ii'."""

    def ratio(self, i, x):
        j = hardest_index(lambda k: cosine(i, k), i)
        return sqrt(1 - cosine(i, j)) / sqrt(1 - cosine(i, i))


class OtherTemperature(Ungated):
    """A planted fault: the normaliser has half the temperature."""

    def weight(self, i, j, x):
        return Exp(cosine(i, j) / x.tau) / partition(cosine, i, x.tau / 2)


class LeaningPull(Triple):
    """A planted fault: the ratio leans on one negative's cosine, by a thousandth."""

    def ratio(self, i, x):
        return x.r + sum_samples(lambda k: cosine(i, k), other_than=i) / 1000


class ByBatch(SameTriple):
    """Weights normalised over the batch, not gated, and a constant pull."""

    def terms(self, i, x):
        whole = sum_samples(lambda k: partition(same_view, k, x.tau))
        weight = lambda j: Stop(Exp(same_view(i, j) / x.tau) / whole)  # noqa: E731
        return sum_samples(lambda j: weight(j) * same_view(i, j), other_than=i) - cosine(i, i)


class ByRow(SameTriple):
    """Weights normalised over the row: one anchor's field is a gradient, the batch's is none."""

    def terms(self, i, x):
        weight = lambda j: Stop(Exp(same_view(i, j)) / partition(same_view, i, S.One))  # noqa: E731
        return sum_samples(lambda j: weight(j) * same_view(i, j), other_than=i) - cosine(i, i)


class GatedByBatch(ByBatch):
    """A planted fault: a gate for the anchor, which the other end of the pair does not have."""

    def terms(self, i, x):
        return Stop(hinge(i, x)) * super().terms(i, x)


def scalar(reading: Reading) -> Expr:
    found = reading.scalar if reading.summand is None else reading.summand
    assert found is not None
    return found


def same(e: Expr, f: Expr) -> bool:
    """The same derivatives by every cosine of h_i."""
    field = Field(derive.decompose(Triple()).coefficients)
    cosines = (Cosine(H_PRIME, ANCHOR, ANCHOR), Cosine(H_PRIME, ANCHOR, NEGATIVE))
    return all(agree(field.derivative(e, c), field.derivative(f, c)) for c in cosines)


def test_the_baseline_of_the_paradigm_is_a_piecewise_gradient() -> None:
    result = conservative(Triple())
    assert [x.verdict for x in result.readings] == [YES, YES]
    x = Triple().parameters()
    expected = hinge(ANCHOR, x) * (lse(ANCHOR, x) - x.r * cosine(ANCHOR, ANCHOR))
    assert same(scalar(result.readings[0]), expected)
    assert result.readings[0].piecewise
    assert scalar(result.readings[0]).has(Step)
    assert result.independent == "D > N"


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Ungated, lambda i, x: lse(i, x) - x.r * cosine(i, i)),
        (Angular, lambda i, x: hinge(i, x) * (lse(i, x) - Cos(Angle(cosine(i, i)) + x.m))),
        (
            Uniform,
            lambda i, x: (
                hinge(i, x)
                * (sum_samples(lambda k: cosine(i, k), other_than=i) / (N - 1) - x.r * cosine(i, i))
            ),
        ),
    ],
)
def test_scalars_of_triples(loss: type[Triple], expected: Any) -> None:
    reading = conservative(loss()).readings[0]
    assert reading.verdict is YES
    assert same(scalar(reading), expected(ANCHOR, Triple().parameters()))


@pytest.mark.parametrize("loss", [ArcConByParts, HardestOnly, METByParts, ByBatch])
def test_other_gradients_come_with_their_scalar(loss: type[Triple]) -> None:
    result = conservative(loss())
    assert [x.verdict for x in result.readings] == [YES, YES]
    assert all(x.scalar is not None for x in result.readings)


@pytest.mark.parametrize(
    ("loss", "first", "second"),
    [
        (Linear, "ii'", "ij'"),
        (Power, "ij'", "ik'"),
        (HardestByDistance, "ii'", "ij'"),
        (OtherTemperature, "ii'", "ij'"),
        (LeaningPull, "ii'", "ij'"),
        ("mvicreg", "ii'", "ij"),
        ("alpha_direct", "ij", "ik"),
    ],
)
def test_no_with_the_smallest_pair_of_cosines(loss: Any, first: str, second: str) -> None:
    result = conservative(loss if isinstance(loss, str) else loss())
    assert [x.verdict for x in result.readings] == [NO, NO]
    witness = result.readings[1].witness
    assert witness is not None
    assert [written(witness.first), written(witness.second)] == [first, second]
    batch = witness.instance.batch
    assert batch.d > batch.n
    assert abs(witness.instance.difference) > 1e-9
    assert all(x.scalar is None for x in result.readings)


def written(c: Cosine) -> str:
    return f"{c.p}{c.q}" + "'" * (c.view == H_PRIME)


def test_the_gate_of_one_end_only_is_seen() -> None:
    """mVICReg's push (d_i − d_j) w_ij, and the same without a changing pull."""
    for loss in ("mvicreg", GatedByBatch()):
        witness = conservative(loss).readings[0].witness
        assert witness is not None
        assert witness.one_cosine
        assert witness.difference.atoms(Step) == witness.left.atoms(Step) | witness.right.atoms(
            Step
        )


def test_one_anchor_and_all_of_them_are_different_questions() -> None:
    batch, anchor = conservative(ByRow()).readings
    assert (batch.verdict, anchor.verdict) == (NO, YES)
    batch, anchor = conservative("alpha_triplet").readings
    assert (batch.verdict, anchor.verdict) == (NO, YES)
    assert anchor.own


def test_an_answer_that_hangs_on_a_hyperparameter_says_so() -> None:
    result = conservative(Softened())
    assert result.verdict is NO
    witness = result.readings[0].witness
    assert witness is not None
    assert not witness.instance.at_defaults
    assert result.at_defaults is not None
    assert result.at_defaults.verdict is YES
    fixed = conservative(Softened(), r=1)
    assert fixed.verdict is YES
    assert same(scalar(fixed.readings[0]), Triple().parameters().tau * infonce_of_triple())


def infonce_of_triple() -> Expr:
    x, i = Triple().parameters(), ANCHOR
    return Log(Exp(cosine(i, i) / x.tau) + partition(cosine, i, x.tau)) - cosine(i, i) / x.tau


@pytest.mark.parametrize("loss", ["infonce", "dcl", "arccon", "mpt", "met", "mat", "spectral"])
def test_losses_across_views_are_their_own_scalars(loss: str) -> None:
    result = conservative(loss)
    assert [(x.verdict, x.own) for x in result.readings] == [(YES, True), (YES, True)]


@pytest.mark.parametrize("loss", ["vicreg", "barlow_twins", "mhe", "ntxent", "infonce_symmetric"])
def test_batch_scalars_are_their_own_scalars(loss: str) -> None:
    result = conservative(loss)
    assert all(x.verdict is YES and x.scalar is not None for x in result.readings)
    assert result.readings[0].own
    assert ("paradigm" in {x.name for x in result.readings}) == (loss in ("vicreg", "barlow_twins"))


def test_an_anchor_without_norms_is_undecided_but_for_itself() -> None:
    class Raw(Triple):
        embeddings, stop_gradients = "raw", "none"

        def terms(self, i, x):
            return sum_samples(lambda k: Inner(Z, i, Z_PRIME, k) ** 2, other_than=i)

    batch, anchor = conservative(Raw()).readings
    assert (batch.verdict, anchor.verdict) == (Verdict.UNDECIDED, YES)
    assert "norms" in batch.reason


@pytest.mark.parametrize("loss", [Triple, Softened, Linear, ByRow])
def test_the_verdict_is_that_of_autograd(loss: type[Triple]) -> None:
    """The Jacobian of one anchor's tangential field, in floats, at D > N."""
    settings = {"r": 1, "tau": Rational(1, 2), "m": 2}  # an open gate
    values = default_values(loss(), 4, 9, **settings)
    result = conservative(loss(), **settings)
    asymmetry = curl(result, values)
    assert (asymmetry < 1e-9) == (result.readings[1].verdict is YES)


def curl(result: ConservativeResult, values: dict[str, float]) -> float:
    """The largest entry of J − Jᵀ, J = ∂(field of h_1)/∂h_1 between tangents, by differences."""
    h, h_prime = unit_batch(4, 9)
    basis = torch.linalg.qr(torch.cat([h[:1].T, torch.eye(9, dtype=h.dtype)], 1))[0][:, 1:]

    def tangential(t: torch.Tensor) -> torch.Tensor:
        moved = h.clone()
        moved[0] = torch.nn.functional.normalize(h[0] + basis @ t, dim=0)
        field = evaluate(
            result.coefficients.assembled(), moved, h_prime, values, (ANCHOR, FEATURE)
        )[0]
        return basis.T @ (field - moved[0] * (field @ moved[0])) / (1 + t @ t).sqrt()

    steps = 1e-5 * torch.eye(8, dtype=h.dtype)
    columns = [(tangential(t) - tangential(-t)) / 2e-5 for t in steps]
    jacobian = torch.stack(columns, 1)
    return float((jacobian - jacobian.T).abs().max())


@pytest.mark.parametrize("loss", sampled(names()))
def test_every_loss_of_the_catalogue_is_decided(loss: str) -> None:
    for reading in conservative(loss).readings:
        assert reading.verdict in (YES, NO)
        assert (reading.scalar is None) == (reading.verdict is NO)
        assert (reading.witness is None) == (reading.verdict is YES)


@pytest.mark.parametrize("weight", ["softmax", "hardest", "uniform", "power", "linear"])
@pytest.mark.parametrize("gd", ["hinge", "infonce"])
def test_triples_of_the_library(gd: str, weight: str) -> None:
    """Off its jumps only a gate leaves the pull constant where Σ_j W_ij is; InfoNCE's dissipation
    needs the softmax of its own temperature, and r = 1: the defaults."""
    found = conservative(compose(gd=gd, weight=weight, ratio=1))
    answer = found.at_defaults or found
    expected = gd == "hinge" and weight not in ("power", "linear")
    assert (answer.verdict is YES) == (expected or (gd, weight) == ("infonce", "softmax"))


@pytest.mark.parametrize("loss", [Triple(), METByParts(), "tao_vicreg", "vicreg_gd", "paradigm"])
def test_the_gradient_of_the_scalar_by_differences(loss: Any) -> None:
    """∂Φ_i/∂h_i along a tangent, 50 digits; the field of the same anchor."""
    result = conservative(loss)
    reading = result.readings[1]
    assert reading.scalar is not None
    c = result.coefficients
    values = {x: mp.mpf(str(v)) for x, v in default_values(c.objective, 4, 9).items()}
    h, h_prime = (tuple(tuple(map(mp.mpf, row)) for row in x.tolist()) for x in unit_batch(4, 9))
    h, h_prime = (tuple(_unit(row) for row in x) for x in (h, h_prime))
    along = h_prime[2]
    ends = [
        numeric(reading.scalar, Point((_unit(_plus(h[0], along, s)), *h[1:]), h_prime, values))
        for s in (mp.mpf("1e-15"), mp.mpf("-1e-15"))
    ]
    slope = (ends[0] - ends[1]) / mp.mpf("2e-15")
    of = Field(c)
    entries = {view: a for view, a in of.push.items() if a != 0}
    point = Point(h, h_prime, values)
    field = [x * value(of.own, point, {ANCHOR: 0}) for x in h_prime[0]]
    for view, a in entries.items():
        rows = h_prime if view == H_PRIME else h
        for j in range(1, 4):
            field = _plus(field, rows[j], value(a, point, {ANCHOR: 0, NEGATIVE: j}))
    tangent = _plus(along, h[0], -_dot(along, h[0]))
    assert abs(slope - _dot(field, tangent)) < 1e-9 * max(1, abs(slope))


def numeric(e: Expr, point: Point) -> Any:
    return value(e, point, {ANCHOR: 0})


def _dot(x: Any, y: Any) -> Any:
    return sum(a * b for a, b in zip(x, y, strict=True))


def _plus(x: Any, y: Any, times: Any) -> tuple[Any, ...]:
    return tuple(a + times * b for a, b in zip(x, y, strict=True))


def _unit(x: Any) -> tuple[Any, ...]:
    return tuple(a / mp.sqrt(_dot(x, x)) for a in x)


def test_scalars_hold_no_score_by_name() -> None:
    assert not scalar(conservative(Triple()).readings[0]).atoms(Named)


def test_every_format_has_the_answer() -> None:
    for loss in ("mvicreg", "dcl"):
        result = conservative(loss)
        assert "the gradient of" in str(result)
        assert max(map(len, str(result).splitlines())) <= 80
        assert r"\[" in result.render("latex")
        data = json.loads(result.render("json"))
        assert [x["verdict"] for x in data["readings"]] == [
            x.verdict.value for x in result.readings
        ]
    witness = json.loads(conservative("mvicreg").render("json"))["readings"][1]["witness"]
    assert len(witness["instance"]["difference"]) > 45


def test_the_command() -> None:
    done = CliRunner().invoke(main, ["conservative", "--loss", "infonce", "--set", "tau=0.1"])
    assert done.exit_code == 0
    assert "Yes, it is the gradient of a scalar" in done.output
    failed = CliRunner().invoke(main, ["conservative", "--loss", "infonce", "--set", "tau=-1"])
    assert failed.exit_code == 2
    with pytest.raises(HyperparameterError):
        conservative("infonce", tau=-1)


def test_views_of_the_anchor_are_h() -> None:
    assert Field(derive.decompose("infonce").coefficients).anchor == H
