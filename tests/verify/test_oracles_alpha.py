"""The oracles of the α-CL family (catalogue, group D) against arithmetic by hand."""

from math import exp, log

import numpy as np
import pytest

from tests.verify.by_hand import H_3, H_PRIME_3, SAME_3, close, gradients, others, terms, value

# x_ij = (1 − c_ii') − (1 − c_ij) = c_ij − c_ii' on the sphere, c_ii' = .6 here.
GAPS = [[SAME_3[i][j] - 0.6 for j in others(3, i)] for i in range(3)]


def test_the_gaps_by_hand():
    assert GAPS == [[-0.6, -1.6], [-0.6, -0.6], [-1.6, -0.6]]


FAMILY = {
    "alpha_infonce": (
        {"tau": 0.4, "eps": 0.7},
        lambda xs: 0.4 * log(0.7 + sum(exp(x / 0.4) for x in xs)),
    ),
    "alpha_mine": ({}, lambda xs: log(sum(map(exp, xs)))),
    "alpha_triplet": ({"eps": 1.0}, lambda xs: sum(max(x + 1.0, 0) for x in xs)),
    "alpha_soft_triplet": (
        {"tau": 0.4, "eps": 0.3},
        lambda xs: 0.4 * log(1 + sum(exp(x / 0.4 + 0.3) for x in xs)),
    ),
    "alpha_n_plus_1_tuplet": ({}, lambda xs: log(1 + sum(map(exp, xs)))),
    "alpha_lifted": (
        {"eps": 1.5},
        lambda xs: max(log(sum(exp(x + 1.5) for x in xs)), 0) ** 2,
    ),
    "alpha_modified_triplet": ({"c": 3.0}, lambda xs: sum(1 / (1 + exp(-3.0 * x)) for x in xs)),
    "alpha_triplet_contrastive": ({}, sum),
}


@pytest.mark.parametrize("name", FAMILY)
def test_a_member_by_hand(name):
    hyper, member = FAMILY[name]
    expected = [member(xs) for xs in GAPS]
    assert terms(name, H_3, H_PRIME_3, **hyper) == close(expected)
    assert value(name, H_3, H_PRIME_3, **hyper) == close(sum(expected) / 3)


DEFAULTS = {
    "alpha_infonce": {"tau": 0.5, "eps": 1.0},
    "alpha_triplet": {"eps": 0.5},
    "alpha_soft_triplet": {"tau": 0.5, "eps": 0.1},
    "alpha_lifted": {"eps": 1.0},
    "alpha_modified_triplet": {"c": 5.0},
    "alpha_direct": {"p": 4.0, "tau": 0.5},
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_defaults_are_the_catalogues(name):
    assert value(name, H_3, H_PRIME_3) == value(name, H_3, H_PRIME_3, **DEFAULTS[name])


def test_a_member_has_its_gradient_by_the_chain_rule():
    # α_ij = φ'(ξ_i) ψ'(x_ij), and dx_ij = <h_j − h'_i, dh_i> + <h_i, dh_j − dh'_i> on the sphere.
    alpha = np.zeros((3, 3))
    for i in range(3):
        weights = [exp(x / 0.5) for x in GAPS[i]]
        alpha[i, others(3, i)] = [w / (1 + sum(weights)) for w in weights]
    h, h_prime = np.array(H_3), np.array(H_PRIME_3)
    sums = alpha.sum(axis=1, keepdims=True)
    found = gradients("alpha_infonce", H_3, H_PRIME_3, tau=0.5, eps=1.0)
    expected = ((alpha + alpha.T) @ h - sums * h_prime, -sums * h)
    for x, got, wanted in zip((h, h_prime), found, expected, strict=True):
        difference = got - wanted / 3
        tangent = difference - (difference * x).sum(axis=1, keepdims=True) * x
        assert np.abs(tangent).max() < 1e-14


def test_infonce_at_epsilon_zero_is_the_decoupled_one():
    # dcl with negatives in the same view, times τ.
    expected = [0.5 * log(sum(exp(x / 0.5) for x in xs)) for xs in GAPS]
    assert terms("alpha_infonce", H_3, H_PRIME_3, tau=0.5, eps=0.0) == close(expected)
    for gradient in gradients("alpha_infonce", H_3, H_PRIME_3, tau=0.5, eps=0.0):
        assert np.isfinite(gradient).all()


def test_small_temperatures_do_not_overflow():
    # x = (1 + 1)/τ = 2000 for antipodal views and coincident negatives: log(1 + e^2000) = 2000.
    one, other = ((1.0, 0.0),) * 2, ((-1.0, 0.0),) * 2
    assert value("alpha_infonce", one, other, tau=1e-3, eps=1.0) == close(2.0)
    assert value("alpha_soft_triplet", one, other, tau=1e-3, eps=0.5) == close(2.0 + 5e-4)


def test_hinges_are_strict():
    # Of the first anchor x = −.6 and −1.6, of the second both −.6: at ε = .6 all are shut.
    gaps = gradients("alpha_triplet", H_3, H_PRIME_3, eps=0.6 - 1e-12)
    assert all(np.abs(gradient).max() == 0 for gradient in gaps)
    # log Σ e^{x+ε} < 0 for ε below −log(2 e^−.6).
    assert value("alpha_lifted", H_3, H_PRIME_3, eps=-0.2) == 0


def test_alpha_direct_by_hand():
    # d = ‖·‖/√2: 1, √2 | 1, 1 | √2, 1. To the power of 4: 1 and 4.
    near = exp(-1 / 0.5) / (exp(-1 / 0.5) + exp(-4 / 0.5))
    mixed = near * -0.6 + (1 - near) * -1.6
    assert terms("alpha_direct", H_3, H_PRIME_3, p=4.0, tau=0.5) == close([mixed, -0.6, mixed])


def test_alpha_direct_stops_its_weights():
    near = exp(-1 / 5) / (exp(-1 / 5) + exp(-4 / 5))
    alpha = np.array([[0, near, 1 - near], [0.5, 0, 0.5], [1 - near, near, 0]])
    h, h_prime = np.array(H_3), np.array(H_PRIME_3)
    by_h, by_h_prime = gradients("alpha_direct", H_3, H_PRIME_3, p=4.0, tau=5.0)
    # Ambient: (h_i − h'_i) − Σ_j α_ij (h_i − h_j) as anchor, Σ_i α_ip (h_i − h_p) as negative.
    expected = alpha @ h - h_prime + alpha.T @ h - alpha.sum(axis=0)[:, None] * h
    np.testing.assert_allclose(by_h, expected / 3, atol=1e-14)
    np.testing.assert_allclose(by_h_prime, (h_prime - h) / 3, atol=1e-14)
