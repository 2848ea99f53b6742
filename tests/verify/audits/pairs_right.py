"""Pairs that are both right, each of which a careless comparison calls different."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.verify.audits.draws import (
    Pair,
    basis,
    crowd,
    doubled,
    even,
    large,
    near_perfect,
    opposed,
    raw,
    sphere,
    touching,
    unit,
    wide,
)  # fmt: skip
from tests.verify.audits.pairs_wrong import (
    HALF,
    LABELS,
    SINGLE,
    barlow,
    ce,
    gathered,
    hardest,
    infonce,
    ntxent,
    own,
    siglip,
    standard,
    triplet,
)  # fmt: skip

BRAIN = torch.bfloat16


def plain_lse(h: Tensor, p: Tensor, tau: float = 0.2) -> Tensor:
    s = h @ p.T / tau
    return (s.exp().sum(1).log() - s.diagonal()).mean()


def shifted(h: Tensor, p: Tensor, tau: float = 0.2) -> Tensor:
    s = h @ p.T / tau
    top = s.max(1, keepdim=True).values.detach()
    return ((s - top).exp().sum(1).log() + top[:, 0] - s.diagonal()).mean()


def loops(h: Tensor, p: Tensor, tau: float = 0.2) -> Tensor:
    out = []
    for i in range(len(h)):
        row = torch.stack([torch.dot(h[i], x) for x in p]) / tau
        out.append(torch.logsumexp(row, 0) - row[i])
    return sum(out) / len(out)


def ratio(h: Tensor, p: Tensor, tau: float = 0.2) -> Tensor:
    e = torch.einsum("id,jd->ij", h, p).div(tau).exp()
    return -(e.diagonal() / e.sum(1)).log().mean()


def log1p_form(h: Tensor, p: Tensor, tau: float = 0.2) -> Tensor:
    s = h @ p.T / tau
    gaps = (s - s.diagonal()[:, None]).masked_fill(own(len(h)), -torch.inf)
    return gaps.exp().sum(1).log1p().mean()


def by_halves(h: Tensor, p: Tensor) -> Tensor:
    """Mean of the means of equal parts."""
    parts = (h @ p.T / 0.2).log_softmax(1).diagonal().chunk(2)
    return -torch.stack([x.mean() for x in parts]).mean()


def ntxent_blocks(h: Tensor, p: Tensor, tau: float = 0.4) -> Tensor:
    inf = own(len(h))

    def one(a: Tensor, b: Tensor) -> Tensor:
        rows = torch.cat([(a @ b.T) / tau, (a @ a.T / tau).masked_fill(inf, -torch.inf)], 1)
        return F.cross_entropy(rows, torch.arange(len(a)), reduction="sum")

    return (one(h, p) + one(p, h)) / (2 * len(h))


class _Right(torch.autograd.Function):
    """InfoNCE from logits with its gradient by hand."""

    @staticmethod
    def forward(ctx, s):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(s)
        return ce(s)

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def]
        (s,) = ctx.saved_tensors
        return g * (s.softmax(1) - torch.eye(len(s), dtype=s.dtype)) / len(s)


def covariance(x: Tensor) -> Tensor:
    c = (x - x.mean(0)).T @ (x - x.mean(0)) / (len(x) - 1)
    return c.masked_fill(own(len(c)), 0).square().sum() / len(c)


def covariance_sums(x: Tensor) -> Tensor:
    """Of the uncentred products, centred twice over."""
    x = x - x.mean(0)
    x = x - x.mean(0)
    c = torch.einsum("nk,nl->kl", x, x) / (len(x) - 1)
    return (c.square().sum() - c.diagonal().square().sum()) / x.shape[1]


def barlow_affine(h: Tensor, p: Tensor) -> Tensor:
    return barlow(3 * h - 2, 0.5 * p + 1)


def max_triplet(h: Tensor, p: Tensor) -> Tensor:
    s = (h @ p.T).masked_fill(own(len(h)), -torch.inf)
    return F.relu(0.4 + s.amax(1) - (h * p).sum(1)).mean()


def top_triplet(h: Tensor, p: Tensor) -> Tensor:
    s = (h @ p.T).masked_fill(own(len(h)), -torch.inf)
    return F.relu(0.4 + s.topk(1, dim=1).values[:, 0] - (h * p).sum(1)).mean()


def last_triplet(h: Tensor, p: Tensor) -> Tensor:
    """The last of tied negatives, where `max` takes the first."""
    s = (h @ p.T).masked_fill(own(len(h)), -torch.inf).flip(1)
    return F.relu(0.4 + s.max(1).values - (h * p).sum(1)).mean()


def batch_hard(h: Tensor, p: Tensor, labels: Tensor, flip: bool) -> Tensor:
    """The farthest positive and the nearest negative, each with ties."""
    d = (h[:, None] - p[None]).square().sum(-1)
    d, labels_ = (d.flip(1), labels.flip(0)) if flip else (d, labels)
    same = labels[:, None] == labels_[None]
    far = d.masked_fill(~same, -torch.inf).max(1).values
    close = d.masked_fill(same, torch.inf).min(1).values
    return F.relu(0.5 + far - close).mean()


def cosines(h: Tensor, p: Tensor) -> Tensor:
    return ce(F.cosine_similarity(h[:, None], p[None], dim=-1) / 0.2)


def pairwise_log(h: Tensor, p: Tensor) -> Tensor:
    d = torch.cdist(h, p).square()
    return (-2 * d).exp().mean().log()


def differences_log(h: Tensor, p: Tensor) -> Tensor:
    d = (h[:, None] - p[None]).norm(dim=-1).square()
    return (-2 * d).exp().mean().log()


def products_log(h: Tensor, p: Tensor) -> Tensor:
    d = h.square().sum(1)[:, None] + p.square().sum(1)[None] - 2 * h @ p.T
    return (-2 * d).reshape(-1).logsumexp(0) - math.log(len(h) ** 2)


def simple_siam(h: Tensor, p: Tensor) -> Tensor:
    return -(F.cosine_similarity(h, p.detach()) + F.cosine_similarity(p, h.detach())).mean() / 2


def simple_siam_rows(h: Tensor, p: Tensor) -> Tensor:
    with torch.no_grad():
        u, v = unit(h), unit(p)
    return -0.5 * ((unit(h) * v).sum(1) + (unit(p) * u).sum(1)).mean()


def dots_siam(h: Tensor, p: Tensor) -> Tensor:
    return -((h * p.detach()).sum(1) + (p * h.detach()).sum(1)).mean() / 2


def up(f):  # type: ignore[no-untyped-def]
    return lambda h, p: f(h.float(), p.float())


def checkpointed(h: Tensor, p: Tensor) -> Tensor:
    from torch.utils.checkpoint import checkpoint

    return checkpoint(infonce, h, p, use_reentrant=False)


def square_of(h: Tensor, p: Tensor) -> Tensor:
    return 2 - 2 * (unit(h) * unit(p)).sum(1).mean()


def signed_siglip(h: Tensor, p: Tensor) -> Tensor:
    s = 8 * h @ p.T - 4
    return (F.softplus(s).sum() - s.diagonal().sum()) / len(h)


def queue(h: Tensor, p: Tensor) -> Tensor:
    """Draws its own negatives, the same under the seed."""
    pool = unit(torch.randn(9, h.shape[1], dtype=h.dtype))
    return ce(torch.cat([(h * p).sum(1, keepdim=True), h @ pool.T], 1)[:, : len(h)] / 0.3)


RIGHT = (
    Pair("log-sum-exp without a shift", plain_lse, infonce, sphere),
    Pair("log-sum-exp with a detached shift", shifted, infonce, sphere),
    Pair("a shift at a low temperature", lambda h, p: shifted(h, p, .01),
         lambda h, p: infonce(h, p, .01), sphere),
    Pair("loops", loops, infonce, sphere),
    Pair("a ratio of exponentials", ratio, infonce, sphere),
    Pair("near its floor", log1p_form, infonce, near_perfect),
    Pair("near its floor, low temperature", lambda h, p: log1p_form(h, p, .05),
         lambda h, p: plain_lse(h, p, .05), near_perfect),
    Pair("mean of means", by_halves, infonce, even),
    Pair("blocks of NT-Xent", ntxent_blocks, ntxent, sphere),
    Pair("many rows", plain_lse, infonce, crowd),
    Pair("many features", ratio, infonce, wide),
    Pair("hand-written backward", lambda h, p: _Right.apply(h @ p.T / .2), infonce, sphere),
    Pair("a checkpoint", checkpointed, infonce, sphere),
    Pair("centred twice", lambda h, p: covariance_sums(h) + covariance_sums(p),
         lambda h, p: covariance(h) + covariance(p), raw),
    Pair("standardised twice", lambda h, p: barlow(standard(h), standard(p)), barlow, raw),
    Pair("an affine map before standardising", barlow_affine, barlow, raw),
    Pair("normalised twice", lambda h, p: infonce(unit(unit(h)), unit(unit(p))),
         lambda h, p: infonce(unit(h), unit(p)), raw),
    Pair("normalised with a guard", lambda h, p: infonce(F.normalize(h, eps=1e-12), F.normalize(p)),
         lambda h, p: infonce(unit(h), unit(p)), raw),
    Pair("an epsilon in the denominator", lambda h, p: infonce(h / (h.norm(
        dim=1, keepdim=True) + 1e-12), unit(p)), lambda h, p: infonce(unit(h), unit(p)), raw),
    Pair("an epsilon of 1e-10 in a logarithm", lambda h, p: -((h @ p.T / .5).softmax(
        1).diagonal() + 1e-10).log().mean(), lambda h, p: infonce(h, p, .5), sphere),
    Pair("an inactive clamp", lambda h, p: ce((h @ p.T).clamp(-2, 2) / .2), infonce, sphere),
    Pair("a clamp at the end of cosines", lambda h, p: ce((h @ p.T).clamp(-1, 1) / .2), infonce,
         sphere),
    Pair("multiplied by the inverse", lambda h, p: ce(h @ p.T * (1 / .2)), infonce, sphere),
    Pair("divided before the product", lambda h, p: ce((h / .2) @ p.T), infonce, sphere),
    Pair("cosine against dot product", cosines, infonce, sphere),
    Pair("normalised inside", lambda h, p: infonce(unit(h), unit(p)), infonce, sphere),
    Pair("normalised inside, ties", lambda h, p: last_triplet(unit(h), unit(p)), triplet, basis),
    Pair("a distance of unit rows", lambda h, p: (h - p).square().sum(1).mean(), square_of, sphere),
    Pair("cdist against differences", pairwise_log, differences_log, sphere),
    Pair("cdist of many rows", pairwise_log, differences_log, crowd),
    Pair("products against differences", products_log, differences_log, raw),
    Pair("two forms of a sigmoid loss", signed_siglip, siglip, sphere),
    Pair("another tie", last_triplet, triplet, doubled),
    Pair("a tie split", max_triplet, triplet, doubled),
    Pair("a tie split on the basis", max_triplet, last_triplet, basis),
    Pair("topk at a tie", top_triplet, max_triplet, doubled),
    Pair("ties of maxima and minima", lambda h, p, labels: batch_hard(h, p, labels, True),
         lambda h, p, labels: batch_hard(h, p, labels, False), doubled, hyper={"labels": LABELS}),
    Pair("ties of maxima and minima on the basis", lambda h, p, y: batch_hard(h, p, y, True),
         lambda h, p, y: batch_hard(h, p, y, False), basis,
         hyper={"y": torch.tensor([0, 1, 0, 1, 1])}),
    Pair("clamp against relu at the corner", lambda h, p: (1 - (h * p).sum(1)).clamp(min=0).mean(),
         lambda h, p: F.relu(1 - (h * p).sum(1)).mean(), basis),
    Pair("stop-gradients, two ways", simple_siam_rows, simple_siam, raw),
    Pair("stop-gradients and unit rows", dots_siam, simple_siam, sphere),
    Pair("a gather with gradients", lambda h, p: gathered(h, p, grad=True, local=True), infonce,
         even),
    Pair("the plain gather times the world size", lambda h, p: gathered(
        h, p, grad=True, local=False), infonce, even),
    Pair("a norm at zero", lambda h, p: (h - p).norm(dim=1).mean(),
         lambda h, p: torch.linalg.vector_norm(p - h, dim=1).mean(), touching),
    Pair("single precision", ratio, infonce, sphere, dtype=SINGLE),
    Pair("single precision, low temperature", lambda h, p: shifted(h, p, .02),
         lambda h, p: infonce(h, p, .02), wide, dtype=SINGLE),
    Pair("single precision, near its floor", plain_lse, infonce, near_perfect, dtype=SINGLE),
    Pair("single precision, distances", products_log, differences_log, raw, dtype=SINGLE),
    Pair("single precision, large rows", lambda h, p: F.softplus(torch.cdist(h, p)).mean(),
         lambda h, p: F.softplus((h[:, None] - p[None]).norm(dim=-1)).mean(), large, dtype=SINGLE),
    Pair("single precision, cosines", cosines, infonce, sphere, dtype=SINGLE),
    Pair("half precision", shifted, infonce, sphere, dtype=HALF),
    Pair("half precision, widened", up(infonce), infonce, sphere, dtype=HALF),
    Pair("half precision, many rows", up(plain_lse), shifted, crowd, dtype=HALF),
    Pair("half precision, cosines", cosines, infonce, sphere, dtype=HALF),
    Pair("half precision, covariance", lambda h, p: covariance_sums(h), up(
        lambda h, p: covariance(h)), raw, dtype=HALF),
    Pair("half precision, opposed", up(triplet), max_triplet, opposed, dtype=HALF),
    Pair("bfloat16, widened", up(infonce), shifted, sphere, dtype=BRAIN),
    Pair("bfloat16, standardised", up(barlow), barlow, raw, dtype=BRAIN),
    Pair("float32 inside, on purpose", up(infonce), infonce, sphere),
    Pair("draws under the seed", queue, lambda h, p: queue(h.clone(), p.clone()), even),
    Pair("zero everywhere", lambda h, p: F.relu(hardest(h, p) - 5).mean(),
         lambda h, p: 0 * (h * p).sum(), sphere),
)  # fmt: skip
