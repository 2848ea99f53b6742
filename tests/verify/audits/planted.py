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


def decoupled(h, h_prime, tau=0.05, *, masked=-torch.inf):
    logits = h @ h_prime.T / tau
    others = logits.masked_fill(own(len(h)), masked)
    return (others.logsumexp(1) - logits.diagonal()).mean()


def both_views(h, h_prime, tau=0.1, *, positive=True, masked=-torch.inf):
    """masked: the logit that takes the place of a sample's with itself; None: its own stays."""
    rows = torch.cat([h, h_prime])
    hidden = own(len(rows)) if positive else own(len(h)).repeat(2, 2)
    logits = rows @ rows.T / tau
    others = logits if masked is None else logits.masked_fill(hidden, masked)
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


def variance_terms(h, h_prime, *, count=1, spread=None, nu_inv=25.0):
    """count: what N is lessened by in the covariance, and spread: in the variance."""
    total = nu_inv * (h - h_prime).pow(2).sum(1).mean()
    n, d = h.shape
    spread = count if spread is None else spread
    for x in (h, h_prime):
        x = x - x.mean(0)
        products = x.T @ x
        total = total + (products / (n - count)).masked_fill(own(d), 0.0).pow(2).sum() / d
        variance = products.diagonal() / (n - spread)
        total = total + 25 * torch.relu(1 - (variance + 1e-4).sqrt()).mean()
    return total


def standardised(h, h_prime, *, count=0, spread=0, nu=0.005):
    """Barlow Twins. count: what N is lessened by in the correlation, spread: in the deviations."""
    n, d = h.shape
    centred = [x - x.mean(0) for x in (h, h_prime)]
    a, b = (x / (x.pow(2).sum(0) / (n - spread)).sqrt() for x in centred)
    c = a.T @ b / (n - count)
    return (c.diagonal() - 1).pow(2).sum() + nu * c.masked_fill(own(d), 0.0).pow(2).sum()


def uniformity(h, h_prime, t=2.0):
    gaps = (h[:, None] - h_prime[None]).pow(2).sum(2)[~own(len(h))]
    return gaps.mul(-t).exp().mean().log()
