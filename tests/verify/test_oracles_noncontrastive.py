"""The non-contrastive oracles (catalogue, group C) against arithmetic by hand and in numpy."""

from math import exp, log, sqrt

import numpy as np
import pytest
import torch

from tests.verify.by_hand import (
    CROSS_3,
    H_3,
    H_PRIME,
    H_PRIME_3,
    SAME_3,
    H,
    assert_is_surrogate,
    close,
    gradients,
    is_open,
    terms,
    value,
)
from verify import oracles

# Nearest in the same view: h_2 for h_1 and h_1 for h_2 at √.8 (cosine .6), h_2 for h_3 at √.4.
NEAR = ((1.0, 0.0), (0.6, 0.8), (0.0, 1.0))
NEAR_PRIME = ((0.8, 0.6), (0.6, 0.8), (0.8, -0.6))
RAW = ((1.0, 2.0), (3.0, 2.0), (2.0, 5.0))
RAW_PRIME = ((0.0, 1.0), (2.0, 3.0), (4.0, 2.0))


def unit_views(n=5, d=4):
    generator = torch.Generator().manual_seed(11)
    x = torch.randn(2, n, d, generator=generator, dtype=torch.float64)
    return tuple(y.tolist() for y in x / x.norm(dim=-1, keepdim=True))


def gates(h, h_prime, m):
    """(N,): which anchors are open."""
    cross = np.array(h) @ np.array(h_prime).T
    return np.array([is_open(cross, i, m) for i in range(len(cross))])


def off_diagonal(matrix):
    return matrix * (1 - np.eye(len(matrix)))


def tangent_gradient(name, h, h_prime, **hyper):
    """∂L/∂h along the sphere: a formula in differences has a part along h_i, one in cosines not."""
    x, gradient = np.array(h), gradients(name, h, h_prime, **hyper)[0]
    return along_sphere(gradient, x)


def along_sphere(gradient, x):
    return gradient - (gradient * x).sum(axis=1, keepdims=True) * x


def test_mhe_by_hand():
    # L^a = (.8 + 3.2)/2; one pair at √2.
    assert value("mhe", H, H_PRIME, nu=3.0) == close(2.0 + 3 * -2.0)
    # Pairs at 2, 4 and 2 (squared); L^a = 2 − 2 · .6.
    expected = 0.8 + 10 * log((2 * exp(-2) + exp(-4)) / 3)
    assert value("mhe", H_3, H_PRIME_3) == close(expected)


def test_mhe_gradient_is_that_of_the_paper():
    # arXiv:2402.18281 Eq. 7 and 8.
    h, h_prime = unit_views()
    x, y = np.array(h), np.array(h_prime)
    energy = off_diagonal(np.exp(2 * x @ x.T))
    expected = -2 / 5 * y + 3.0 * 2 * energy @ x / (energy.sum() / 2)
    found = tangent_gradient("mhe", h, h_prime, nu=3.0)
    np.testing.assert_allclose(found, along_sphere(expected, x), atol=1e-13)


def test_mhs_by_hand():
    # L^a of NEAR: (.4 + 0 + (2 + 1.2))/3; nearest at √.8, √.4, √.4.
    expected = 3.6 / 3 - 2.0 * (sqrt(0.8) + 2 * sqrt(0.4)) / 3
    for name in ("mhs", "mhs_anchor"):
        assert value(name, NEAR, NEAR_PRIME, nu=2.0) == close(expected)
    each = [3.6 / 3 - 2.0 * d for d in (sqrt(0.8), sqrt(0.4), sqrt(0.4))]
    assert terms("mhs_anchor", NEAR, NEAR_PRIME, nu=2.0) == close(each)


def test_mhs_gradient_has_both_roles_of_an_embedding():
    # h_1 is nobody's nearest: −(h_1 − h_2)/√.8. Doubled for h_2 and h_3, each other's nearest.
    h = np.array(NEAR)
    by_h = gradients("mhs", NEAR, NEAR, nu=3.0)[0]  # coincident views: no alignment
    assert by_h[0].tolist() == close((-(h[0] - h[1]) / sqrt(0.8)).tolist())
    assert by_h[2].tolist() == close((-2 * (h[2] - h[1]) / sqrt(0.4)).tolist())


def test_mhs_of_coincident_points_has_the_zero_subgradient():
    one = (NEAR[0],) * 3
    for gradient in gradients("mhs", one, one):
        assert np.abs(gradient).max() == 0


def test_barlow_twins_by_hand():
    # C = ½ (h_1 h'_1ᵀ + h_2 h'_2ᵀ) = ((.3, .4), (.4, −.3)).
    expected = 0.7**2 + 1.3**2 + 7.0 * 2 * 0.16
    assert value("barlow_twins", H, H_PRIME, nu=7.0) == close(expected)
    assert value("barlow_twins", H, H_PRIME) == close(2.18 + 30 * 0.32)


def test_barlow_twins_gradient_has_the_weights_of_the_other_view():
    # (2/N)(−A h'_i + (ν/N) Σ_j <h'_i,h'_j> h_j), where Eq. 10 prints <h_i,h'_j>.
    h, h_prime = unit_views()
    x, y = np.array(h), np.array(h_prime)
    a = 1 - (1 - 7.0) * (x * y).mean(axis=0)
    expected = 2 / 5 * (-a * y + 7.0 / 5 * off_diagonal(y @ y.T) @ x)
    found = tangent_gradient("barlow_twins", h, h_prime, nu=7.0)
    np.testing.assert_allclose(found, along_sphere(expected, x), atol=1e-13)


def test_barlow_twins_original_by_hand():
    # Features of RAW: (1, 3, 2) → (−1, 1, 0)/√(2/3), (2, 2, 5) → (−1, −1, 2)/√2;
    # of RAW_PRIME: (−2, 0, 2)/√(8/3) and (−1, 1, 0)/√(2/3).
    c = np.array([[2 / sqrt(16 / 9), 2 / (2 / 3)], [6 / sqrt(16 / 3), 0]]) / 3
    expected = (c[0, 0] - 1) ** 2 + (c[1, 1] - 1) ** 2 + 2.0 * (c[0, 1] ** 2 + c[1, 0] ** 2)
    assert value("barlow_twins_original", RAW, RAW_PRIME, nu=2.0) == close(expected)


def test_barlow_twins_original_does_not_see_scale_and_shift():
    moved = tuple((7 * a - 3, 0.5 * b + 1) for a, b in RAW)
    found = value("barlow_twins_original", moved, RAW_PRIME)
    assert found == pytest.approx(value("barlow_twins_original", RAW, RAW_PRIME), rel=1e-13)


def test_barlow_twins_original_of_a_constant_feature():
    # Its correlations are 0: (0 − 1)² on the diagonal, and no gradient.
    flat = tuple((a, 4.0) for a, _ in RAW)
    by_h, by_h_prime = gradients("barlow_twins_original", flat, RAW_PRIME)
    assert np.isfinite(by_h).all()
    assert by_h[:, 1].tolist() == [0, 0, 0]
    assert np.isfinite(by_h_prime).all()


def test_vicreg_on_raw_embeddings_by_hand():
    # RAW: variances 1 and 3, C_12 = ½(1 − 1 + 0) = 0; RAW_PRIME: 4 and 1, C_12 = ½(2 + 0 + 0) = 1.
    squares = (1 + 1) + (1 + 1) + (4 + 9)
    std = (2.0 - sqrt(1.21) + 2.0 - sqrt(3.21)) / 2 + (0 + 2.0 - sqrt(1.21)) / 2
    cov = 0.0 + 2 * 1.0 / 2
    hyper = {"nu_inv": 3.0, "nu_var": 5.0, "nu_cov": 7.0, "gamma": 2.0, "eps": 0.21}
    found = value("vicreg_original", RAW, RAW_PRIME, **hyper)
    assert found == close(3 * squares / 3 + 5 * std + 7 * cov)
    found = value("vicreg_code", RAW, RAW_PRIME, **hyper)
    assert found == close(3 * squares / 6 + 5 * std / 2 + 7 * cov)


def test_vicreg_code_is_a_preset_of_the_papers_equation():
    # In D dimensions: 25/D and 12.5 instead of 25 and 25.
    found = value("vicreg_original", RAW, RAW_PRIME, nu_inv=12.5, nu_var=12.5)
    assert value("vicreg_code", RAW, RAW_PRIME) == close(found)


def test_vicreg_without_eps_is_finite_where_a_feature_is_constant():
    flat = tuple((a, 4.0) for a, _ in RAW)
    for name in ("vicreg_original", "vicreg_code"):
        for gradient in gradients(name, flat, RAW_PRIME, eps=0.0):
            assert np.isfinite(gradient).all()


MODIFIED = {"m": 0.3, "r": 2.0}  # with H_3 and H_PRIME_3 the third gate is shut


def gibbs(cosines, tau):
    """e^{c_ij/τ} off the diagonal."""
    return off_diagonal(np.exp(np.array(cosines) / tau))


def assert_modified(name, weight, **hyper):
    weight = gates(H_3, H_PRIME_3, 0.3)[:, None] * weight
    pull = MODIFIED["r"] * weight.sum(axis=1)
    assert_is_surrogate(name, H_3, H_PRIME_3, weight, pull, **MODIFIED, **hyper)


def test_mmhe_is_the_surrogate_of_equation_16():
    energy = gibbs(SAME_3, 0.5)
    assert_modified("mmhe", energy / (0.5 * np.triu(energy).sum()), tau=0.5)


def test_mmhe_by_hand():
    # Two samples: the only pair's weight is 1/τ for both anchors; <h_1,h_2> = 0.
    found = terms("mmhe", H, H_PRIME, m=3.0, tau=0.5, r=2.0)
    assert found == close([1 / 0.5 * -2 * 0.6, 1 / 0.5 * 2 * 0.6])


def test_mmhs_is_the_surrogate_of_equation_17():
    h, h_prime = NEAR, NEAR_PRIME
    weight = np.array([[0, 1 / sqrt(0.8), 0], [0, 0, 1 / sqrt(0.4)], [0, 1 / sqrt(0.4), 0]])
    # Margins .8 − .8, 1 − .96 and −.6 − .8: the second gate is shut.
    weight[1] = 0
    assert_is_surrogate("mmhs", h, h_prime, weight, 2 * weight.sum(axis=1), m=0.02, r=2.0)


def test_mmhs_of_coincident_points_is_zero():
    one = (H[0],) * 3
    for gradient in gradients("mmhs", one, H_PRIME_3, m=3.0):
        assert np.abs(gradient).max() == 0


def test_mbarlow_is_the_surrogate_of_equation_18():
    energy = gibbs(CROSS_3, 0.5)
    assert_modified("mbarlow", energy / energy.sum(), tau=0.5)


@pytest.mark.parametrize("name", ["mmhe", "mmhs", "mbarlow"])
def test_the_gates_of_the_modified_losses_are_strict(name):
    axes = ((1.0, 0.0), (0.0, 1.0))  # c_ii' − max c_ik' = 1
    assert value(name, axes, axes, m=1.0) == 0


def test_the_modified_losses_start_at_the_papers_ratio():
    # Table 6: 1.75 for MHE and MHS, 1.5 for Barlow Twins.
    for name, r in (("mmhe", 1.75), ("mmhs", 1.75), ("mbarlow", 1.5)):
        assert value(name, H_3, H_PRIME_3) == value(name, H_3, H_PRIME_3, m=0.3, r=r)


def test_tao_barlow_is_equation_10_of_the_paper():
    h, h_prime = unit_views()
    x, y = np.array(h), np.array(h_prime)
    pull = 2 / 5 * (1 - (1 - 7.0) * (x * y).mean(axis=0)) * np.ones_like(x)
    push = 2 / 5 * 7.0 / 5 * off_diagonal(x @ y.T)
    assert_is_surrogate("tao_barlow", h, h_prime, push, pull, nu=7.0)


def test_tao_vicreg_is_equation_11_of_the_paper():
    h, h_prime = unit_views()
    x = np.array(h)
    push = 2 / 5 * 7.0 / 5 * off_diagonal(x @ x.T)
    assert_is_surrogate("tao_vicreg", h, h_prime, push, np.full(5, 2 / 5), nu=7.0)


def test_tao_by_hand():
    # h_1·h_2 = 0: only the pull is left, and A = 1 + 6 (.3, −.3).
    assert terms("tao_vicreg", H, H_PRIME, nu=7.0) == close([-0.6, 0.6])
    assert terms("tao_barlow", H, H_PRIME, nu=7.0) == close([-2.8 * 0.6, 0.8 * -0.6])


def original_push(name, h, h_prime, nu):
    """a_ij of an unmodified loss: the push of its gradient on negative h_j."""
    x, y, n = np.array(h), np.array(h_prime), len(h)
    if name == "mhe":
        energy = gibbs(x @ x.T, 0.5)
        return 2 * nu * energy / (energy.sum() / 2)
    if name == "barlow_twins":
        return 2 * nu / n**2 * off_diagonal(y @ y.T)
    if name == "vicreg":
        centred = x - x.mean(axis=0)
        return 4 * nu / (x.shape[1] * (n - 1) ** 2) * off_diagonal(centred @ centred.T)
    distance = np.sqrt(np.maximum(2 - 2 * x @ x.T, 0)) + 9 * np.eye(n)
    one_way = np.zeros((n, n))
    for i in range(n):
        k = distance[i].argmin()
        one_way[i, k] = 1 / distance[i, k]
    return nu / n * (one_way + one_way.T)


def original_pull(name, h, h_prime, nu):
    """b_i (or b_ia) of an unmodified loss."""
    x, y, n = np.array(h), np.array(h_prime), len(h)
    if name == "barlow_twins":
        return 2 / n * (1 - (1 - nu) * (x * y).mean(axis=0)) * np.ones_like(x)
    return np.full((n, 1), 2 / n)


STEPS = [("mhe", "nu"), ("mhs", "nu"), ("barlow_twins", "nu"), ("vicreg", "nu_cov")]


@pytest.mark.parametrize(("name", "nu"), STEPS)
def test_what_is_gated_is_the_push_and_the_pull_of_the_original(name, nu):
    """Along the sphere; VICReg's diagonal and hinge are no push and no pull."""
    h, h_prime = unit_views()
    hyper = {nu: 3.0} | ({"nu_var": 0.0} if name == "vicreg" else {})
    push, pull = (f(name, h, h_prime, 3.0) for f in (original_push, original_pull))
    x = np.array(h)
    expected = push @ x - pull * np.array(h_prime)
    if name == "vicreg":
        centred = x - x.mean(axis=0)
        own = 4 * 3.0 / (4 * 4**2) * (centred**2).sum(axis=1, keepdims=True) * x
        variances = (centred**2).sum(axis=0) / 4
        expected = expected + own - 4 * 3.0 / (4 * 4) * variances * centred
    found = tangent_gradient(name, h, h_prime, **hyper)
    np.testing.assert_allclose(found, along_sphere(expected, x), atol=1e-12)


@pytest.mark.parametrize(("name", "nu"), STEPS)
@pytest.mark.parametrize("m", [-0.2, 3.0])
def test_the_first_step_gates_the_original(name, nu, m):
    h, h_prime = unit_views()
    gate = gates(h, h_prime, m)[:, None]
    push, pull = (f(name, h, h_prime, 3.0) for f in (original_push, original_pull))
    assert 0 < gate.sum() < 5 or m == 3.0
    assert_is_surrogate(f"{name}_gd", h, h_prime, gate * push, gate * pull, m=m, **{nu: 3.0})


@pytest.mark.parametrize("name", ["mhe", "barlow_twins", "vicreg"])
@pytest.mark.parametrize("m", [-0.2, 3.0])
def test_the_second_step_keeps_the_pull_of_the_original(name, m):
    h, h_prime = unit_views()
    x, y = np.array(h), np.array(h_prime)
    energy = gibbs(x @ (y if name == "barlow_twins" else x).T, 0.5)
    gate = gates(h, h_prime, m)[:, None]
    weight = energy / energy.sum() * (2 / 0.5 if name == "mhe" else 1)
    pull = original_pull(name, h, h_prime, 3.0)
    nu = {"nu": 3.0} if name == "barlow_twins" else {}
    arguments = {"m": m, "tau": 0.5, **nu}
    assert_is_surrogate(f"{name}_gd_w", h, h_prime, gate * weight, gate * pull, **arguments)


def test_the_second_step_of_barlow_twins_starts_at_nu_one():
    found = value("barlow_twins_gd_w", H_3, H_PRIME_3)
    assert found == value("barlow_twins_gd_w", H_3, H_PRIME_3, nu=1.0, m=0.3, tau=0.05)


def test_every_loss_with_components_has_terms():
    for name in oracles.names():
        if name.startswith(("mm", "mbarlow", "tao")) or "_gd" in name:
            assert oracles.load_terms(name)
