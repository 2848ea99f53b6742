"""Norms of pull and push: against autograd through the normalisation, and 003's formulas."""

import json
from math import cos, exp, log, pi, sin
from typing import Any

import pytest
import torch
from sympy import Expr, Integer, Rational
from torch import Tensor

import derive
from derive.angles.equal import at_equal_angles
from derive.angles.form import in_angles
from derive.angles.signs import sign_of
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Angle, Exp, H, HardestIndex, Inner, N, Sin
from derive.norms import Norm, norm_data, norm_sections, norms
from derive.notation import cosine, same_view, sum_samples
from derive.numeric import Point
from derive.numeric import evaluate as value
from derive.paradigm import Decomposition
from derive.printing.document import as_latex, as_text
from derive.printing.layout import Typesetter
from derive.torch.lowering import evaluate
from tests.derive.batches import default_values, unit_batch

BATCH = unit_batch(6, 5, seed=3, noise=0.8)


def number(e: Expr, d: Decomposition, axes: tuple[Any, ...]) -> Tensor:
    values = default_values(d.objective, 6, 5, **d.coefficients.settings)
    return evaluate(e, *BATCH, values, axes).clone()


def tangential(v: Tensor) -> Tensor:
    """What of v (N, ..., D) is orthogonal to the anchors, row by row."""
    h = BATCH[0].reshape(6, *[1] * (v.ndim - 2), 5)
    return v - h * (v * h).sum(-1, keepdim=True)


@pytest.mark.parametrize(
    "loss", ["infonce", "arccon", "mpt", "met", "mat", "dcl", "dcl_plus", "spectral", "vicreg"]
)
def test_norms_are_those_of_the_vectors(loss: str) -> None:
    d = derive.decompose(loss)
    found = norms(d)
    (view,) = d.coefficients.push
    b = number(d.coefficients.pull, d, (ANCHOR,))
    a = number(d.coefficients.push[view], d, (ANCHOR, NEGATIVE)).fill_diagonal_(0)
    negatives = BATCH[1] if view == H_PRIME else BATCH[0]
    pull = tangential(b[:, None] * BATCH[1]).norm(dim=1)
    push = tangential(a[:, :, None] * negatives[None]).norm(dim=2)
    assert torch.allclose(number(found.pull.value, d, (ANCHOR,)).abs(), pull, atol=1e-12)
    value = found.push[view].value
    if view in found.hardest:
        assert torch.allclose(number(value, d, (ANCHOR,)).abs(), push.sum(1), atol=1e-12)
    else:
        got = number(value, d, (ANCHOR, NEGATIVE)).abs().fill_diagonal_(0)
        assert torch.allclose(got, push, atol=1e-12)


@pytest.mark.parametrize("loss", ["infonce", "ntxent"])
def test_all_the_pushes_together_by_the_gram_matrix(loss: str) -> None:
    """‖x_i‖² ‖push_i‖² and its bounds, as the sheet says them."""
    d = derive.decompose(loss)
    weights, vectors = [], []
    for view, a in d.coefficients.push.items():
        weights.append(number(a, d, (ANCHOR, NEGATIVE)).fill_diagonal_(0))
        vectors.append(BATCH[1] if view == H_PRIME else BATCH[0])
    a, v = torch.cat(weights, 1), torch.cat(vectors)
    c = BATCH[0] @ v.T
    gram = torch.einsum("ij,ik,ijk->i", a, a, v @ v.T - c[:, :, None] * c[:, None, :])
    pushed = tangential(a @ v).norm(dim=1)
    assert torch.allclose(gram, pushed**2)
    single = a.abs() * (1 - c**2).clamp(min=0).sqrt()
    assert (pushed <= single.sum(1) + 1e-12).all()
    assert (pushed >= 2 * single.amax(1) - single.sum(1) - 1e-12).all()


def test_the_raw_gradient_is_what_the_norms_say() -> None:
    """Autograd through h = x/‖x‖: the pull and the push of dcl add up, each over ‖x_i‖."""
    x = (torch.arange(1, 7)[:, None] * BATCH[0]).requires_grad_()
    logits = torch.nn.functional.normalize(x, dim=1) @ BATCH[1].T / 0.05
    torch.autograd.backward(-logits.diagonal().sum())
    d = derive.decompose("dcl", tau=0.05)
    pull = number(norms(d).pull.value, d, (ANCHOR,)) / x.detach().norm(dim=1)
    assert torch.allclose(x.grad.norm(dim=1), pull)


# ---- 003: Nie et al. 2023, with every negative at the angle q (its θ_ij'), positive at p


def printed(loss: str, p: float, q: float, n: int) -> tuple[float, float]:
    """Pull (Eq. 7, 9, 11, 14, …) and push of one negative (Eq. 16-22), times ‖h_i‖, as printed
    but for the misprints that the tests below name."""
    if loss in ("infonce", "dcl", "dcl_plus"):
        tau, own, other = 0.05, exp(cos(p) / 0.05), (n - 1) * exp(cos(q) / 0.05)
        whole = own * (loss == "infonce") + other
        gate = 1 if loss != "dcl_plus" else float(-cos(p) / tau + log(other) > 0)
        return gate * other / whole * sin(p) / tau, gate * other / (n - 1) / whole * sin(q) / tau
    if loss == "mpt":
        gate = float(cos(p) - cos(q) < 0.23)
        return gate * sin(p), gate * sin(q)
    if loss == "met":
        gate = float(2 * sin(p / 2) - 2 * sin(q / 2) > -0.45)
        return gate * cos(p / 2), gate * cos(q / 2)
    gate = float(p - q > -0.15 * pi)
    return gate, gate


@pytest.mark.parametrize("loss", ["infonce", "dcl", "dcl_plus", "mpt", "met", "mat"])
@pytest.mark.parametrize(("p", "q"), [(0.4, 0.5), (0.4, 0.9), (1.1, 1.2), (0.9, 1.5)])
def test_the_curves_are_those_of_003(loss: str, p: float, q: float) -> None:
    d = derive.decompose(loss)
    pull, push = printed(loss, p, q, 64)
    found = norms(d).curves
    assert at(found["pull"], d, p, q) == pytest.approx(pull, rel=1e-12)
    assert at(found["push"], d, p, q) == pytest.approx(push, rel=1e-12)


def at(norm: Norm, d: Decomposition, p: float, q: float, n: int = 64) -> float:
    """A curve's value: every cosine is one of the anchor's."""
    h = ((1.0, 0.0),) * n
    h_prime = ((cos(p), sin(p)), *(((cos(q), sin(q)),) * (n - 1)))
    values = default_values(d.objective, n, 2, **d.coefficients.settings)
    return abs(float(value(norm.value, Point(h, h_prime, values), {ANCHOR: 0, NEGATIVE: 1})))


def test_uniformity_and_alignment_as_003_prints_them() -> None:
    """Eq. 17: 2t e^{2t cos θ} sin θ / ΣΣ e^{2t cos θ}; Eq. 8: α (2 sin(θ/2))^{α−2} sin θ."""
    q, t = 0.7, 2.0
    uniform = derive.decompose("uniform")
    assert at(norms(uniform).curves["push"], uniform, 0.4, q) == pytest.approx(
        2 * t * sin(q) / (64 * 63)
    )
    align = derive.decompose("align", alpha=3)
    got = at(norms(align).curves["pull"], align, 0.4, q)
    assert got * 64 == pytest.approx(3 * (2 * sin(0.2)) * sin(0.4))  # 003: the mean is left out


def test_misprints_of_003() -> None:
    """Eq. 11 prints sin θ_ij' for dcl+'s pull, and Eq. 33 for dcl's; Eq. 20 has a sum for the
    difference in mpt's gate: neither is the gradient."""
    p, q = 0.9, 1.0
    for loss in ("dcl", "dcl_plus"):
        d = derive.decompose(loss)
        assert at(norms(d).curves["pull"], d, p, q) == pytest.approx(sin(p) / 0.05)
        assert abs(at(norms(d).curves["pull"], d, p, q) - sin(q) / 0.05) > 0.5
    mpt = derive.decompose("mpt")
    assert cos(p) + cos(q) > 0.23  # Eq. 20 would close the gate here
    assert at(norms(mpt).curves["push"], mpt, p, q) == pytest.approx(sin(q))


# ---- the parts


def test_chords_and_sines_are_angles() -> None:
    c = cosine(ANCHOR, ANCHOR)
    half = Sin(Angle(c) / 2)
    assert in_angles((2 - 2 * c) ** Rational(1, 2)) == 2 * half
    assert in_angles(1 / (2 - 2 * c)) == 1 / (4 * half**2)
    assert in_angles((1 - c**2) ** Rational(1, 2)) == Sin(Angle(c))
    met = norms(derive.decompose("met"))
    assert Sin(Angle(c)) not in met.pull.value.atoms(Sin)


@pytest.mark.parametrize(
    ("e", "sign"),
    [
        (Exp(cosine(ANCHOR, NEGATIVE)), 1),
        (-Exp(cosine(ANCHOR, NEGATIVE)) * (N - 1), -1),
        (cosine(ANCHOR, NEGATIVE), 0),
        (cosine(ANCHOR, NEGATIVE) ** 2, 1),
        (1 - cosine(ANCHOR, NEGATIVE), 0),
        (sum_samples(lambda k: -Exp(same_view(ANCHOR, k))), -1),
        (Integer(0), 1),
    ],
)
def test_signs(e: Expr, sign: int) -> None:
    assert sign_of(e) == sign


def test_what_may_be_negative_prints_as_an_absolute_value() -> None:
    assert not norms(derive.decompose("infonce")).push[H_PRIME].signed
    d = derive.decompose("spectral")
    assert norms(d).push[H_PRIME].signed
    assert "|" in text(d)


def test_sums_at_equal_angles_count_the_negatives() -> None:
    i, j = ANCHOR, NEGATIVE
    everyone = sum_samples(lambda k: Exp(cosine(i, k)))
    pairs = sum_samples(lambda k: sum_samples(lambda m: Exp(cosine(k, m)), other_than=k))
    own, other = Exp(cosine(i, i)), Exp(cosine(i, j))
    assert at_equal_angles(everyone).expand() == (own + (N - 1) * other).expand()
    assert at_equal_angles(pairs).expand() == (N * (N - 1) * other).expand()
    within = sum_samples(lambda k: same_view(i, k))
    assert at_equal_angles(within).expand() == (1 + (N - 1) * Inner(H, i, H, j)).expand()


def test_a_fault_in_the_angle_is_seen() -> None:
    """The planted fault: cos instead of sin of the angle."""
    d = derive.decompose("infonce")
    wrong = d.coefficients.pull * cosine(ANCHOR, ANCHOR)
    right = number(norms(d).pull.value, d, (ANCHOR,))
    assert not torch.allclose(number(wrong, d, (ANCHOR,)), right)


def test_the_hardest_only_is_the_whole_push() -> None:
    d = derive.decompose("mpt")
    assert isinstance(norms(d).hardest[H_PRIME], HardestIndex)
    assert "the norm of the whole push" in text(d)


def test_what_is_left_out_and_what_has_no_curve_is_said() -> None:
    assert "Not included: variance, covariance" in text(derive.decompose("vicreg"))
    assert "there is no value: the labels decide" in text(derive.decompose("supcon"))
    assert "does not normalise its embeddings" in text(derive.decompose("vicreg_original"))
    assert "undefined" in norm_data(derive.decompose("vicreg_original"))


def text(d: Decomposition) -> str:
    return " ".join(as_text(norm_sections(d, Typesetter(d.objective.hyper))).split())


@pytest.mark.parametrize("loss", ["infonce", "ntxent", "met", "alpha_direct", "mvicreg"])
def test_sections_and_data(loss: str) -> None:
    d = derive.decompose(loss)
    typesetter = Typesetter(d.objective.hyper)
    sections = norm_sections(d, typesetter)
    assert max(map(len, as_text(sections).splitlines())) <= 80
    assert r"\theta" in as_latex(sections)
    assert any(x.startswith("c_i") for x in typesetter.notation.used)  # for the legend
    data = json.loads(json.dumps(norm_data(d)))
    assert set(data["push"]) == {view.name for view in d.coefficients.push}
