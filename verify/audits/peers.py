"""How each loss of another package reads two views: a table, and the forms of its calls."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from verify.audits import given_embeddings as given

Loss = Callable[[Tensor, Tensor], Tensor]
Make = Callable[..., Any]


def views(make: Make) -> Loss:
    loss = make()
    return lambda h, h_prime: loss(h, h_prime)


def one_batch(make: Make) -> Loss:
    loss = make()

    def value(h: Tensor, h_prime: Tensor) -> Tensor:
        labels = torch.arange(len(h), device=h.device).repeat(2)
        found: Tensor = loss(torch.cat([h, h_prime]), labels)
        return found

    return value


def reference(make: Make) -> Loss:
    loss = make()
    return lambda h, h_prime: loss(h, ref_emb=h_prime)


def listed(make: Make) -> Loss:
    loss = make()
    return lambda h, h_prime: loss([h, h_prime])


def first_alone(make: Make) -> Loss:
    loss = make()
    return lambda h, h_prime: loss(h)


UNKNOWN = "Direction, pool and reduction of this loss are not written down; see the diagnosis."
FORMS: dict[Callable[[Make], Loss], str] = {
    views: "loss(h, h')",
    one_batch: "loss(h and h' as one batch, a label a pair)",
    reference: "loss(h, ref_emb=h')",
    listed: "loss([h, h'])",
    first_alone: "loss(h), without h'",
    given.columns: "h is the first column, h' the second",
    given.eager_columns: "h is the first column, h' the second; it runs its backward itself",
    given.one_column: "h and h' as one column, a label a pair",
    given.all_pairs: "the N² pairs (h_i, h'_j), label 1 where i = j, else 0",
    given.all_triplets: "the N(N − 1) triplets (h_i, h'_i, h'_j)",
}
USUAL = {
    "st": given.columns,
    "pml": one_batch,
    "lightly": views,
    "info-nce": views,
}
_ONE_WAY = "h_i against all h'_k, the positive among them; mean over the N anchors"
_TWO_N = "2N anchors against the other 2N − 1 of both views; mean over the 2N"
_PAIRS_PML = "all pairs of the 2N rows; mean over the pairs that are not 0"
CALLS: dict[tuple[str, str], tuple[Callable[[Make], Loss], str]] = {
    ("st", "MultipleNegativesRankingLoss"): (given.columns, f"By default {_ONE_WAY}; τ = 1/scale"),
    ("st", "CachedMultipleNegativesRankingLoss"): (
        given.eager_columns,
        f"By default {_ONE_WAY}; τ = 1/scale",
    ),
    ("st", "MultipleNegativesSymmetricRankingLoss"): (
        given.columns,
        f"Both directions, their mean; each {_ONE_WAY}; τ = 1/scale",
    ),
    ("st", "CachedMultipleNegativesSymmetricRankingLoss"): (
        given.eager_columns,
        f"Both directions, their mean; each {_ONE_WAY}; τ = 1/scale",
    ),
    ("st", "MegaBatchMarginLoss"): (
        given.eager_columns,
        "h_i against its hardest h'_j, j ≠ i, by cosine; mean over the N anchors",
    ),
    ("st", "ContrastiveLoss"): (given.all_pairs, "N² pairs by cosine distance; half their mean"),
    ("st", "OnlineContrastiveLoss"): (given.all_pairs, "the hard ones of the N² pairs; their sum"),
    ("st", "CoSENTLoss"): (
        given.all_pairs,
        "one log-sum-exp over all (negative, positive) pairs of pairs",
    ),
    ("st", "AnglELoss"): (
        given.all_pairs,
        "one log-sum-exp over all (negative, positive) pairs of pairs",
    ),
    ("st", "CosineSimilarityLoss"): (
        given.all_pairs,
        "squared error of N² cosines against the identity; mean over the N²",
    ),
    ("st", "TripletLoss"): (
        given.all_triplets,
        "Euclidean distances; mean over the N(N − 1) triplets",
    ),
    ("st", "BatchAllTripletLoss"): (
        given.one_column,
        "all triplets of the 2N rows; mean over those above 0",
    ),
    ("st", "BatchHardTripletLoss"): (
        given.one_column,
        "2N anchors, farthest positive, nearest negative; mean over the 2N",
    ),
    ("st", "BatchHardSoftMarginTripletLoss"): (
        given.one_column,
        "2N anchors, farthest positive, nearest negative; mean over the 2N",
    ),
    ("st", "BatchSemiHardTripletLoss"): (
        given.one_column,
        "2N anchors with a semi-hard negative; mean over the positive pairs",
    ),
    ("st", "GlobalOrthogonalRegularizationLoss"): (
        given.columns,
        "cosines across the views, i ≠ j: squared mean, and excess second moment",
    ),
    ("pml", "NTXentLoss"): (one_batch, _TWO_N),
    ("pml", "SupConLoss"): (one_batch, f"{_TWO_N} whose term is above 0"),
    ("pml", "ContrastiveLoss"): (one_batch, _PAIRS_PML),
    ("pml", "TripletMarginLoss"): (
        one_batch,
        "all triplets of the 2N rows; mean over those above 0",
    ),
    ("pml", "NPairsLoss"): (
        one_batch,
        "one row a label as the anchor, another as the positive: one direction; mean",
    ),
    ("pml", "MultiSimilarityLoss"): (one_batch, "2N anchors, pairs of both views; mean over 2N"),
    ("pml", "CircleLoss"): (one_batch, "2N anchors, pairs of both views; mean over those above 0"),
    ("pml", "NCALoss"): (one_batch, "2N anchors, −log of the share of the positive; mean"),
    ("pml", "VICRegLoss"): (reference, "invariance, variance, covariance of each view"),
    ("lightly", "NTXentLoss"): (views, _TWO_N),
    ("lightly", "DCLLoss"): (
        views,
        "2N anchors, both views as negatives, without the positive; mean of two directions",
    ),
    ("lightly", "DCLWLoss"): (
        views,
        "as DCLLoss, with positives weighted by a softmax that is stopped",
    ),
    ("lightly", "NegativeCosineSimilarity"): (views, "−cos of the pairs; mean over N"),
    ("lightly", "BarlowTwinsLoss"): (views, "features standardised over the batch; sum over D²"),
    ("lightly", "VICRegLoss"): (views, "invariance, variance, covariance of each view"),
    ("lightly", "KoLeoLoss"): (first_alone, "nearest neighbour within the one view; mean over N"),
    ("lightly", "FroSSLLoss"): (listed, "log-norm of each view's covariance, and invariance"),
    ("lightly", "EMPSSLLoss"): (listed, "coding rate of each view, and cosine to the mean"),
    ("info-nce", "InfoNCE"): (views, f"{_ONE_WAY}; rows normalised"),
}
