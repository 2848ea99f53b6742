"""Tiny batches with cosines of one digit, and an oracle's value and gradients there."""

import inspect

import numpy as np
import pytest
import torch

from verify import oracles

# <h_1,h'_1> = .6, <h_1,h'_2> = .8, <h_2,h'_1> = .8, <h_2,h'_2> = −.6; <h_1,h_2> = 0.
H = ((1.0, 0.0), (0.0, 1.0))
H_PRIME = ((0.6, 0.8), (0.8, -0.6))
# Cross-view cosines (.6, .8, −.6), (.8, .6, .8), (−.6, −.8, .6); same-view 0, −1, 0.
H_3 = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
H_PRIME_3 = ((0.6, 0.8), (0.8, 0.6), (-0.6, 0.8))
CROSS_3 = ((0.6, 0.8, -0.6), (0.8, 0.6, 0.8), (-0.6, -0.8, 0.6))
SAME_3 = ((1.0, 0.0, -1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 1.0))
ROUNDING = 128 * torch.finfo(torch.float64).eps  # relative; a few dozen operations


def rows(values):
    return torch.tensor(values, dtype=torch.float64)


def value(name, h, h_prime, **arguments):
    return oracles.load(name)(rows(h), rows(h_prime), **arguments).item()


def terms(name, h, h_prime, **arguments):
    """(N,) as a list; every hyper-parameter is given."""
    return oracles.load_terms(name)(rows(h), rows(h_prime), **arguments).tolist()


def gradients(name, h, h_prime, **arguments):
    """∂loss/∂h and ∂loss/∂h', each an array (N, D)."""
    x, y = rows(h).requires_grad_(), rows(h_prime).requires_grad_()
    scalar = oracles.load(name)(x, y, **arguments)
    found = torch.autograd.grad(scalar, (x, y), materialize_grads=True)
    return tuple(g.numpy() for g in found)


def close(number):
    return pytest.approx(number, rel=ROUNDING, abs=ROUNDING)


def others(n, i):
    return [k for k in range(n) if k != i]


def is_open(cross, i, m):
    """The gate 1[c_ii' − max_{k≠i} c_ik' < m] of arXiv:2402.18281."""
    return float(cross[i][i] - max(cross[i][k] for k in others(len(cross), i)) < m)


def assert_is_surrogate(name, h, h_prime, push, pull, **arguments):
    """The loss is mean_i (Σ_j push_ij <h_i,h_j> − Σ_a pull_ia h_ia h'_ia) with constant factors:
    its value and its gradients. push: (N, N), diagonal 0; pull: (N,) or (N, D)."""
    x, y, push = np.array(h), np.array(h_prime), np.array(push)
    pull = np.broadcast_to(np.array(pull).reshape(len(x), -1), x.shape)
    n = len(x)
    assert value(name, h, h_prime, **arguments) == close(
        float(((push * (x @ x.T)).sum() - (pull * x * y).sum()) / n)
    )
    by_h, by_h_prime = gradients(name, h, h_prime, **arguments)
    np.testing.assert_allclose(by_h, ((push + push.T) @ x - pull * y) / n, rtol=0, atol=1e-13)
    np.testing.assert_allclose(by_h_prime, -pull * x / n, rtol=0, atol=1e-13)


def inputs(name, n):
    """What an oracle asks for besides the views and hyper-parameters: labels with a repeated
    class and a singleton, or (N, 2) indices of other samples."""
    wanted = [
        x.name
        for x in inspect.signature(oracles.load(name)).parameters.values()
        if x.kind is x.KEYWORD_ONLY and x.default is x.empty
    ]
    return {key: _input(key, at, n) for at, key in enumerate(wanted)}


def _input(key, at, n):
    if key == "labels":
        return torch.tensor([0, *[k // 2 for k in range(1, n)]][::-1])
    steps = torch.tensor([[1 + at % (n - 1), n - 1]])
    return (torch.arange(n)[:, None] + steps) % n
