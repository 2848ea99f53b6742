"""Faults as they are made, each beside the loss that was meant."""

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.verify.audits.draws import (
    Pair,
    basis,
    crowd,
    doubled,
    empty_row,
    even,
    large,
    opposed,
    opposite,
    raw,
    sphere,
    touching,
    unit,
    wide,
)  # fmt: skip

HALF = torch.float16
SINGLE = torch.float32


def own(n: int) -> Tensor:
    return torch.eye(n, dtype=torch.bool)


def ce(logits: Tensor) -> Tensor:
    return F.cross_entropy(logits, torch.arange(len(logits)))


def infonce(h: Tensor, p: Tensor, tau: float = 0.2) -> Tensor:
    return ce(h @ p.T / tau)


def ntxent(h: Tensor, p: Tensor, tau: float = 0.4, *, mask: bool = True) -> Tensor:
    z = torch.cat([h, p])
    s = z @ z.T / tau
    s = s.masked_fill(own(len(z)), -torch.inf) if mask else s
    n = len(h)
    return F.cross_entropy(s, torch.cat([torch.arange(n) + n, torch.arange(n)]))


def constant_subtracted(h: Tensor, p: Tensor, tau: float = 0.4) -> Tensor:
    """e^{1/τ} for e^{⟨z, z⟩/τ}: right in value for unit rows, and a gradient along them is left."""
    z = torch.cat([h, p])
    total = (z @ z.T / tau).exp().sum(1) - torch.tensor(1 / tau, dtype=h.dtype).exp()
    own_pair = torch.cat([(h * p).sum(1)] * 2) / tau
    return (total.log() - own_pair).mean()


def hardest(h: Tensor, p: Tensor) -> Tensor:
    return (h @ p.T).masked_fill(own(len(h)), -torch.inf).max(1).values


def triplet(h: Tensor, p: Tensor, m: float = 0.4) -> Tensor:
    return F.relu(m + hardest(h, p) - (h * p).sum(1)).mean()


def standard(x: Tensor, dim: int = 0) -> Tensor:
    return (x - x.mean(dim, keepdim=True)) / x.std(dim, correction=0, keepdim=True)


def barlow(h: Tensor, p: Tensor, dim: int = 0, lam: float = 0.02) -> Tensor:
    c = standard(h, dim).T @ standard(p, dim) / len(h)
    return (c.diagonal() - 1).square().sum() + lam * c.masked_fill(own(len(c)), 0).square().sum()


def siglip(h: Tensor, p: Tensor, sign: float = 1.0, t: float = 8.0, b: float = -4.0) -> Tensor:
    y = 2 * torch.eye(len(h), dtype=h.dtype) - 1
    return -F.logsigmoid(sign * y * (t * h @ p.T + b)).sum() / len(h)


def uniformity(x: Tensor, t: float = 2.0) -> Tensor:
    d2 = torch.pdist(x).square()
    return (-t * d2).exp().mean().log()


def gathered(h: Tensor, p: Tensor, *, grad: bool, local: bool, times: float = 1.0) -> Tensor:
    """Two ranks, gradients averaged as DDP does."""
    hs, ps = h.chunk(2), p.chunk(2)
    total = h.new_zeros(())
    for r in range(2):
        pool = torch.cat([x if grad or k == r else x.detach() for k, x in enumerate(ps)])
        left = torch.cat([x if grad or k == r else x.detach() for k, x in enumerate(hs)])
        if local:
            target = torch.arange(len(hs[r])) + r * len(hs[r])
            total = total + F.cross_entropy(hs[r] @ pool.T / 0.2, target)
        else:
            total = total + ce(left @ pool.T / 0.2)
    return times * total / 2


class _Wrong(torch.autograd.Function):
    """InfoNCE, its backward without 1/N."""

    @staticmethod
    def forward(ctx, s):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(s)
        return ce(s)

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def]
        (s,) = ctx.saved_tensors
        return g * (s.softmax(1) - torch.eye(len(s), dtype=s.dtype))


class _NoProjection(torch.autograd.Function):
    """Rows divided by their norms, the backward without the projection."""

    @staticmethod
    def forward(ctx, x):  # type: ignore[no-untyped-def]
        norm = x.norm(dim=1, keepdim=True)
        ctx.save_for_backward(norm)
        return x / norm

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def]
        return g / ctx.saved_tensors[0]


def variance(x: Tensor, correction: int, gamma: float = 1.0) -> Tensor:
    return F.relu(gamma - (x.var(0, correction=correction) + 1e-4).sqrt()).mean()


def supcon(h: Tensor, p: Tensor, labels: Tensor, inside: bool) -> Tensor:
    logp = (h @ p.T / 0.3).log_softmax(1)
    same = (labels[:, None] == labels[None]).to(h.dtype)
    if inside:
        return -((logp.exp() * same).sum(1) / same.sum(1)).log().mean()
    return -((logp * same).sum(1) / same.sum(1)).mean()


LABELS = torch.tensor([0, 1, 0, 2, 1, 0])


def arc(h: Tensor, p: Tensor, clamp: float) -> Tensor:
    angle = (h * p).sum(1).clamp(-1 + clamp, 1 - clamp).acos()
    return angle.mean()


def chunks(h: Tensor, p: Tensor, size: int) -> Tensor:
    """Each chunk's candidates are its own: the batch is smaller than it seems."""
    return torch.stack(
        [infonce(a, b) for a, b in zip(h.split(size), p.split(size), strict=True)]
    ).mean()


def focal(h: Tensor, p: Tensor, detach: bool) -> Tensor:
    logp = (h @ p.T / 0.3).log_softmax(1).diagonal()
    weight = (1 - logp.exp()).square()
    return -((weight.detach() if detach else weight) * logp).mean()


def tie_counted_twice(h: Tensor, p: Tensor) -> Tensor:
    s = (h @ p.T).masked_fill(own(len(h)), -torch.inf)
    top = s.max(1, keepdim=True).values
    # Every entry at the maximum gets a whole gradient.
    kept = torch.where(s == top, s, s.detach())
    extra = torch.where(s == top, s - s.detach(), 0.0).sum(1)
    return (kept.detach().max(1).values + extra - (h * p).sum(1)).mean()


def spread(h: Tensor, up: bool, eps: float = 1e-8) -> Tensor:
    x = h.float() if up else h
    d = (x[:, None] - x[None]).square().sum(-1)
    return -(d[~own(len(x))] + eps).log().mean()


WRONG = (
    Pair("positive missing from the denominator", infonce, lambda h, p: -(
        (h * p).sum(1) / .2 - (h @ p.T / .2).masked_fill(own(len(h)), -torch.inf).logsumexp(1)
    ).mean(), sphere, "value"),
    Pair("self-pair kept in the denominator", lambda h, p: ntxent(h, p, mask=False), ntxent,
         sphere, "value"),
    Pair("self-pair subtracted as a constant", lambda h, p: constant_subtracted(h, p), ntxent,
         sphere, "gradient"),
    Pair("lengths read otherwise", lambda h, p: (h - p).square().sum(1).mean(),
         lambda h, p: (2 - 2 * (h * p).sum(1)).mean(), sphere, "gradient"),
    Pair("temperature multiplies", lambda h, p: ce(h @ p.T * .2), infonce, sphere, "value"),
    Pair("temperature applied twice", lambda h, p: ce(h @ p.T / .2 / .2), infonce, sphere, "value"),
    Pair("square root of the temperature", lambda h, p: ce(h @ p.T / .2**.5), infonce, sphere,
         "value"),
    Pair("sign of the logits", lambda h, p: ce(-h @ p.T / .2), infonce, sphere, "value"),
    Pair("sign of the margin", lambda h, p: triplet(h, p, -.4), triplet, opposed, "value"),
    Pair("sign of the labels", lambda h, p: siglip(h, p, -1.), siglip, sphere, "value"),
    Pair("sum over anchors", lambda h, p: infonce(h, p) * len(h), infonce, sphere, "value"),
    Pair("mean over all entries", lambda h, p: F.softplus(h @ p.T).mean(),
         lambda h, p: F.softplus(h @ p.T).sum(1).mean(), sphere, "value"),
    Pair("softmax over the batch", lambda h, p: -(h @ p.T / .2).log_softmax(0).diagonal().mean(),
         infonce, sphere, "value"),
    Pair("softmax of all entries", lambda h, p: -(h @ p.T / .2).reshape(-1).log_softmax(0).reshape(
        len(h), -1).diagonal().mean(), infonce, sphere, "value"),
    Pair("normalised over the batch", lambda h, p: infonce(F.normalize(h, dim=0), F.normalize(
        p, dim=0)), lambda h, p: infonce(F.normalize(h), F.normalize(p)), raw, "value"),
    Pair("standardised over features", lambda h, p: barlow(h, p, 1), barlow, raw, "value"),
    Pair("not normalised", infonce, lambda h, p: infonce(unit(h), unit(p)), raw, "value"),
    Pair("one direction", infonce, lambda h, p: (infonce(h, p) + infonce(p, h)) / 2, sphere,
         "value"),
    Pair("both directions summed", lambda h, p: infonce(h, p) + infonce(p, h),
         lambda h, p: (infonce(h, p) + infonce(p, h)) / 2, sphere, "value"),
    Pair("N − 1 in the variance", lambda h, p: variance(h, 1) + variance(p, 1),
         lambda h, p: variance(h, 0) + variance(p, 0), raw, "value"),
    Pair("distance where its square is meant", lambda h, p: uniformity(h, 1.) + (h - p).norm(
        dim=1).mean(), lambda h, p: uniformity(h, 1.) + (h - p).square().sum(1).mean(), sphere,
        "value"),
    Pair("a (N,) and a (N, 1) subtracted", lambda h, p: F.relu(
        .4 + hardest(h, p)[:, None] - (h * p).sum(1)).mean(), triplet, opposed, "value"),
    Pair("labels of the other rank", lambda h, p: F.cross_entropy(h @ p.T / .2, (
        torch.arange(len(h)) + len(h) // 2) % len(h)), infonce, even, "value"),
    Pair("labels in eight bits", lambda h, p: F.cross_entropy(h @ p.T / .2, torch.arange(
        len(h)).to(torch.uint8).long()), infonce, crowd, "value"),
    Pair("easiest negative", lambda h, p: F.relu(.4 + (h @ p.T).masked_fill(
        own(len(h)), torch.inf).min(1).values - (h * p).sum(1)).mean(), triplet, opposed, "value"),
    Pair("mask by zero before a maximum", lambda h, p: F.relu(.4 + (h @ p.T).masked_fill(
        own(len(h)), 0).max(1).values - (h * p).sum(1)).mean(), triplet, opposed, "value"),
    Pair("log of the mean, not mean of the logs", lambda h, p, labels: supcon(h, p, labels, True),
         lambda h, p, labels: supcon(h, p, labels, False), sphere, "value", {"labels": LABELS}),
    Pair("small batches in place of one", lambda h, p: chunks(h, p, 4), infonce, even, "value"),
    Pair("averaged over active anchors", lambda h, p: F.relu(.1 + hardest(h, p) - (h * p).sum(
        1)).sum() / ((.1 + hardest(h, p) - (h * p).sum(1)) > 0).sum().clamp(min=1),
        lambda h, p: triplet(h, p, .1), sphere, "value"),
    Pair("a term is missing", lambda h, p: variance(h, 0) + (h - p).square().mean(),
         lambda h, p: variance(h, 0) + variance(p, 0) + (h - p).square().mean(), raw, "value"),
    Pair("a constant", lambda h, p: infonce(h, p) + 1, infonce, sphere, "value"),
    Pair("half of it", lambda h, p: infonce(h, p) / 2, infonce, sphere, "value"),
    Pair("one part in ten million", lambda h, p: infonce(h, p) * (1 + 1e-7), infonce, sphere,
         "value"),
    Pair("positives detached", lambda h, p: infonce(h, p.detach()), infonce, sphere, "gradient"),
    Pair("weight not detached", lambda h, p: focal(h, p, False), lambda h, p: focal(h, p, True),
         sphere, "gradient"),
    Pair("the shift keeps its gradient", lambda h, p: (h @ p.T / .2 - (h @ p.T / .2).max(
        1, keepdim=True).values).exp().sum(1).log().mean() + (h @ p.T / .2).detach().max(
        1).values.mean(), lambda h, p: (h @ p.T / .2).logsumexp(1).mean(), sphere, "gradient"),
    Pair("gather without a gradient", lambda h, p: gathered(h, p, grad=False, local=True),
         lambda h, p: gathered(h, p, grad=True, local=True), even, "gradient"),
    Pair("global loss, plain gather", lambda h, p: gathered(h, p, grad=False, local=False),
         infonce, even, "gradient"),
    Pair("times the world size", lambda h, p: gathered(h, p, grad=True, local=True, times=2.),
         infonce, even, "value"),
    Pair("hand-written backward, factor", lambda h, p: _Wrong.apply(h @ p.T / .2), infonce,
         sphere, "gradient"),
    Pair("hand-written backward, projection", lambda h, p: infonce(
        _NoProjection.apply(h), _NoProjection.apply(p)), lambda h, p: infonce(unit(h), unit(p)),
        sphere, "gradient"),
    Pair("norms detached", lambda h, p: infonce(h / h.norm(dim=1, keepdim=True).detach(), unit(p)),
         lambda h, p: infonce(unit(h), unit(p)), raw, "gradient"),
    Pair("a tie counted twice", tie_counted_twice, lambda h, p: (
        hardest(h, p) - (h * p).sum(1)).mean(), doubled, "tie"),
    Pair("last pair dropped", lambda h, p: infonce(h[:-1], p[:-1]), infonce, sphere, "value"),
    Pair("clamped cosines", lambda h, p: ce((h @ p.T).clamp(min=0) / .2), infonce, opposed,
         "value"),
    Pair("root of zero", lambda h, p: F.relu(1 - (h - p).square().sum(1).sqrt()).mean(),
         lambda h, p: F.relu(1 - (h - p).norm(dim=1)).mean(), touching, "singular"),
    Pair("angle at its end", lambda h, p: arc(h, p, 0.), lambda h, p: arc(h, p, 1e-6), basis,
         "singular"),
    Pair("angle at its other end", lambda h, p: arc(h, p, 0.), lambda h, p: arc(h, p, 1e-6),
         opposite, "singular"),
    Pair("zero norm", lambda h, p: infonce(unit(h), unit(p)), lambda h, p: infonce(
        F.normalize(h), F.normalize(p)), empty_row, "singular"),
    Pair("log of a product of probabilities", lambda h, p: -(
        h @ p.T / .001).softmax(1).diagonal().log().mean(), lambda h, p: infonce(h, p, .001),
        opposed, "overflow"),
    Pair("exponentials without a shift", lambda h, p: ((h @ p.T).exp().sum(1).log() - (h * p).sum(
        1)).mean(), lambda h, p: infonce(h, p, 1.), large, "overflow", {}, SINGLE),
    Pair("an epsilon that is zero in half precision", lambda h, p: spread(h, False),
         lambda h, p: spread(h, True), doubled, "overflow", {}, HALF),
    Pair("a mask that half precision cannot hold", lambda h, p: (h @ p.T / .2).masked_fill(
        own(len(h)), -1e9).logsumexp(1).mean(), lambda h, p: (h @ p.T / .2).masked_fill(
        own(len(h)), -torch.inf).logsumexp(1).mean(), sphere, "error", {}, HALF),
    Pair("cancels in single precision", lambda h, p: (((h @ h.T / .03).exp().sum(1) - torch.exp(
        torch.tensor(1 / .03, dtype=h.dtype))).clamp(min=1e-6)).log().mean(), lambda h, p: (
        h @ h.T / .03).masked_fill(own(len(h)), -torch.inf).logsumexp(1).mean(), wide,
        "value", {}, SINGLE),
    Pair("underflows in single precision", lambda h, p: (1 + (-8 - 12 * (h * p).sum(
        1)).exp()).log().mean(), lambda h, p: F.softplus(-8 - 12 * (h * p).sum(1)).mean(), sphere,
        "precision", {}, SINGLE),
    Pair("returns a vector", lambda h, p: (h - p).square().sum(1),
         lambda h, p: (h - p).square().sum(1).mean(), sphere, "error"),
    Pair("raises", lambda h, p: h @ p, lambda h, p: (h @ p.T).mean(), sphere, "error"),
)  # fmt: skip
