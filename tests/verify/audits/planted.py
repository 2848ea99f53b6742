"""Losses in plain torch, with the variants of them that a diagnosis has to name."""

import torch
from torch.nn.functional import cross_entropy, logsigmoid


def own(n):
    return torch.eye(n, dtype=torch.bool)


def targets(logits):
    return torch.arange(len(logits))


def infonce(h, h_prime, tau=0.05, reduction="mean"):
    logits = h @ h_prime.T / tau
    return cross_entropy(logits, targets(logits), reduction=reduction)


def decoupled(h, h_prime, tau=0.05):
    logits = h @ h_prime.T / tau
    others = logits.masked_fill(own(len(h)), -torch.inf)
    return (others.logsumexp(1) - logits.diagonal()).mean()


def both_views(h, h_prime, tau=0.1, *, positive=True):
    rows = torch.cat([h, h_prime])
    hidden = own(len(rows)) if positive else own(len(h)).repeat(2, 2)
    others = (rows @ rows.T / tau).masked_fill(hidden, -torch.inf)
    return others.logsumexp(1).mean() - (h * h_prime).sum(1).mean() / tau


def joint(h, h_prime, tau=0.05):
    """Four kinds of pairs in one denominator, as sentence-transformers can have them."""
    products = [h @ h_prime.T, h_prime @ h.T, h @ h.T, h_prime @ h_prime.T]
    hidden = [x.masked_fill(own(len(h)), -torch.inf) for x in products[1:]]
    logits = torch.cat([products[0], *hidden], 1) / tau
    return logits.logsumexp(1).mean() - (h * h_prime).sum(1).mean() / tau


def triplets(h, h_prime, m=0.45, *, hardest=True):
    gaps = (h - h_prime).norm(dim=1)[:, None] - (h[:, None] - h_prime[None]).norm(dim=2) + m
    gaps = torch.relu(gaps).masked_fill(own(len(h)), 0.0)
    return gaps.amax(1).mean() if hardest else gaps.sum() / (len(h) * (len(h) - 1))


def sigmoid(h, h_prime, t=10.0, b=-10.0):
    signs = 2 * torch.eye(len(h), dtype=h.dtype) - 1
    return -logsigmoid(signs * (t * h @ h_prime.T + b)).sum() / len(h)


def variance_terms(h, h_prime, *, count=1, nu_inv=25.0):
    total = nu_inv * (h - h_prime).pow(2).sum(1).mean()
    n, d = h.shape
    for x in (h, h_prime):
        x = x - x.mean(0)
        covariance = x.T @ x / (n - count)
        total = total + covariance.masked_fill(own(d), 0.0).pow(2).sum() / d
        total = total + 25 * torch.relu(1 - (covariance.diagonal() + 1e-4).sqrt()).mean()
    return total


def uniformity(h, h_prime, t=2.0):
    gaps = (h[:, None] - h_prime[None]).pow(2).sum(2)[~own(len(h))]
    return gaps.mul(-t).exp().mean().log()
