"""The α-CL view: α is φ'(ξ) ψ'(d_i² − d_ij²), and −∇E_α is the gradient where that is claimed."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from sympy import Rational
from torch import Tensor

import derive
from derive.alpha import alpha_data, alpha_sections, alpha_view
from derive.nodes import ANCHOR, FEATURE, H_PRIME, NEGATIVE, Component, H
from derive.notation import cosine, same_view, sum_pairs, sum_samples
from derive.objective import CROSS, SAME, Objective
from derive.paradigm import Decomposition
from derive.printing.document import as_text
from derive.printing.layout import Typesetter
from derive.torch.lowering import evaluate
from tests.derive.batches import default_values, unit_batch
from tests.derive.fields import SameTriple, Triple

BATCH = unit_batch(6, 5, seed=3, noise=0.8)
# φ and ψ of the catalogue at its defaults, in torch.
FAMILY: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "alpha_infonce": (lambda x: 0.5 * (1 + x).log(), lambda x: (x / 0.5).exp()),
    "alpha_mine": (torch.log, torch.exp),
    "alpha_triplet": (lambda x: x, lambda x: (x + 0.5).relu()),
    "alpha_soft_triplet": (lambda x: 0.5 * (1 + x).log(), lambda x: (x / 0.5 + 0.1).exp()),
    "alpha_n_plus_1_tuplet": (lambda x: (1 + x).log(), torch.exp),
    "alpha_lifted": (lambda x: x.log().relu() ** 2, lambda x: (x + 1).exp()),
    "alpha_modified_triplet": (lambda x: x, lambda x: torch.sigmoid(5 * x)),
    "alpha_triplet_contrastive": (lambda x: x, lambda x: x),
}


def number(e: Any, d: Decomposition, axes: tuple[Any, ...]) -> Tensor:
    values = default_values(d.objective, 6, 5, **d.coefficients.settings)
    return evaluate(e, *BATCH, values, axes).clone()


@pytest.mark.parametrize("loss", FAMILY)
def test_importance_is_the_product_of_the_slopes(loss: str) -> None:
    """α_ij = φ'(ξ_i) ψ'(d_i² − d_ij²), by autograd of φ and ψ."""
    phi, psi = FAMILY[loss]
    h, h_prime = BATCH
    gaps = (h - h_prime).square().sum(1, keepdim=True) / 2
    gaps = (gaps - torch.cdist(h, h).square() / 2).requires_grad_()
    off = 1 - torch.eye(6, dtype=h.dtype)
    (expected,) = torch.autograd.grad(phi((psi(gaps) * off).sum(1)).sum(), gaps)
    d = derive.decompose(loss)
    view = alpha_view(d)
    got = number(view.importance[H], d, (ANCHOR, NEGATIVE)).fill_diagonal_(0)
    assert view.in_family
    assert torch.allclose(got, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("loss", [*FAMILY, "alpha_direct", "infonce", "dcl", "mpt"])
def test_the_gradient_is_that_of_the_energy(loss: str) -> None:
    """−∂E_α/∂h_i with α fixed, d_j of other anchors' terms stopped, up to a multiple of h_i."""
    d = derive.decompose(loss)
    view = alpha_view(d)
    assert view.in_family
    (pool, importance), *_ = view.importance.items()
    alpha = number(importance, d, (ANCHOR, NEGATIVE)).fill_diagonal_(0)
    got = by_anchor(alpha, BATCH[1] if pool == H_PRIME else BATCH[0], d)
    assert got < 1e-11


def by_anchor(alpha: Tensor, negatives: Tensor, d: Decomposition) -> float:
    h = BATCH[0].clone().requires_grad_()
    away = (h[:, None] - negatives[None]).square().sum(2) / 2
    own = (h - BATCH[1]).square().sum(1, keepdim=True) / 2
    (slope,) = torch.autograd.grad(-(alpha * (away - own)).sum(), h)
    difference = slope - number(d.coefficients.assembled(), d, (ANCHOR, FEATURE))
    radial = (difference * BATCH[0]).sum(1, keepdim=True) * BATCH[0]
    return float((difference - radial).abs().max())


@pytest.mark.parametrize("loss", ["dcl", "alpha_mine", "alpha_direct", "alpha_triplet_contrastive"])
def test_normalised_importance(loss: str) -> None:
    d = derive.decompose(loss)
    view = alpha_view(d)
    assert view.normalised
    alpha = number(view.importance[next(iter(view.importance))], d, (ANCHOR, NEGATIVE))
    total = number(view.total, d, ())
    assert torch.allclose(alpha.fill_diagonal_(0).sum(1), total.expand(6))


def test_importance_that_is_not_normalised() -> None:
    assert not alpha_view(derive.decompose("infonce")).normalised
    assert "It is not normalised" in text(derive.decompose("infonce"))


@pytest.mark.parametrize("loss", ["arccon", "met", "mvicreg", "simple", "align_uniform"])
def test_what_has_another_ratio_has_a_pull_left_over(loss: str) -> None:
    d = derive.decompose(loss)
    view = alpha_view(d)
    assert not view.in_family
    pull = number(d.coefficients.pull, d, (ANCHOR,))
    alpha = number(next(iter(view.importance.values())), d, (ANCHOR, NEGATIVE)).fill_diagonal_(0)
    left = number(view.left_pull, d, (ANCHOR,))
    assert torch.allclose(left, pull - alpha.sum(1), atol=1e-12)
    assert "is not of the α-CL form" in text(d)


def test_the_ratio_of_a_surrogate_decides() -> None:
    assert not alpha_view(derive.decompose(Triple())).in_family
    assert alpha_view(derive.decompose(Triple(), r=1)).in_family
    assert not alpha_view(derive.decompose(Triple(), r="1.001")).in_family


def test_a_remainder_is_left_over() -> None:
    assert alpha_view(derive.decompose("vicreg")).left_out
    assert alpha_view(derive.decompose("supcon")).left_out
    d = derive.decompose("infonce")
    more = Component(H, ANCHOR, FEATURE) ** 3
    part = derive.decompose("vicreg").remainder[0]
    c = d.coefficients
    spoilt = replace(c, remainder=(replace(part, component=more),), gradient=c.gradient + more)
    assert not alpha_view(replace(d, coefficients=spoilt)).in_family


class Pairs(Objective):
    """Σ_i Σ_{j≠i} (d_i² − d_ij²) as one scalar: h_i is an anchor and a negative."""

    title, source, reduction = "all pairs", "this test", "one scalar"
    differentiated, pool = "batch", SAME

    def terms(self, i: Any, x: Any) -> Any:
        own = sum_samples(lambda k: sum_samples(lambda m: -cosine(k, k), other_than=k))
        return 2 * sum_pairs(same_view) + own


class CrossPairs(Pairs):
    pool = CROSS

    def terms(self, i: Any, x: Any) -> Any:
        pair = lambda k: sum_samples(lambda m: cosine(k, m) - cosine(k, k), other_than=k)  # noqa: E731
        return sum_samples(pair)


def test_a_scalar_of_the_batch_pushes_an_embedding_in_both_roles() -> None:
    d = derive.decompose(Pairs())
    view = alpha_view(d)
    assert view.both_roles
    assert view.in_family
    assert view.importance == {H: 1}
    assert d.ratio == Rational(1, 2)
    h = BATCH[0].clone().requires_grad_()
    away = (h[:, None] - h[None]).square().sum(2) / 2
    own = (h - BATCH[1]).square().sum(1, keepdim=True) / 2
    off = 1 - torch.eye(6, dtype=h.dtype)
    (slope,) = torch.autograd.grad(-(off * (away - own)).sum(), h)
    difference = slope - number(d.coefficients.assembled(), d, (ANCHOR, FEATURE))
    across = difference - (difference * BATCH[0]).sum(1, keepdim=True) * BATCH[0]
    assert across.abs().max() < 1e-12


def test_across_views_there_is_one_role() -> None:
    view = alpha_view(derive.decompose(CrossPairs()))
    assert not view.both_roles
    assert view.in_family
    assert view.importance == {H_PRIME: 1}


def test_signs_and_absent_negatives_are_said() -> None:
    assert alpha_view(derive.decompose("spectral")).signed
    assert not alpha_view(derive.decompose("infonce")).signed
    assert "There are no negatives" in text(derive.decompose("align"))
    assert not alpha_view(derive.decompose("align")).in_family


def text(d: Decomposition) -> str:
    return " ".join(as_text(alpha_sections(d, Typesetter(d.objective.hyper))).split())


@pytest.mark.parametrize("loss", ["infonce", "ntxent", "vicreg", "mhe", "alpha_infonce"])
def test_sections_and_data(loss: str) -> None:
    d = derive.decompose(loss)
    lines = as_text(alpha_sections(d, Typesetter(d.objective.hyper))).splitlines()
    assert max(map(len, lines)) <= 80
    data = json.loads(json.dumps(alpha_data(d)))
    assert data["in_family"] == alpha_view(d).in_family
    assert set(data["importance"]) == {view.name for view in d.coefficients.push}


def test_same_view_surrogates_are_told_from_one_anchor() -> None:
    """One anchor's term, negatives of its own view: no second role is read into it."""
    assert not alpha_view(derive.decompose(SameTriple(), r=1)).both_roles
