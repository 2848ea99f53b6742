"""Losses that the catalogue does not have, held against plain torch.

Each is here for a fault that it has shown: shares searched from another sample than the tile's
anchor, powers of what may be negative, weights of an anchor that are made of its own block.
"""

import pytest
import torch
from sympy import Rational
from torch import Tensor

from derive.hyper import POSITIVE, Hyper
from derive.nodes import Z_PRIME, Exp, FeatureIndex, Hinge, Inner, Log, Match, Mismatch, Z
from derive.notation import cosine, define, same_view, sum_features, sum_samples, top
from derive.objective import BOTH, SAME
from derive.torch import objective
from derive.torch.lowering import evaluate
from tests.derive.batches import raw_batch, unit_batch
from tests.derive.own_losses import (
    OfBatch,
    PerAnchor,
    Reference,
    assert_agrees,
    others,
)

ROWS, WIDTH = 7, 4
TILES = (1, 3, None)
each_tile = pytest.mark.parametrize("tile", TILES)

# --- Shares of another sample -------------------------------------------------------------------

SHARE = Rational(1, 3)  # two of six


class SharesOfOneView(OfBatch):
    pool = SAME

    def terms(self, i, x):
        def of(m):
            def hinge(k):
                return top(k, lambda n: same_view(m, n), m, SHARE) * Hinge(same_view(m, k) + 1)

            return sum_samples(hinge, other_than=m) - cosine(m, m)

        return sum_samples(of)


class SharesAcrossViews(OfBatch):
    def terms(self, i, x):
        def of(m):
            def square(k):
                return top(k, lambda n: cosine(m, n), m, SHARE) * cosine(m, k) ** 2

            return sum_samples(square, other_than=m)

        return sum_samples(of) - sum_samples(lambda m: cosine(m, m))


class SharesDownAColumn(PerAnchor):
    """Those that have the anchor among their own hardest."""

    def terms(self, i, x):
        def picks(k):
            return top(i, lambda m: cosine(k, m), k, SHARE)

        return sum_samples(lambda k: picks(k) * cosine(k, i) ** 2, other_than=i) - cosine(i, i)


def among(s: Tensor) -> Tensor:
    """1 for the two largest of each row off the diagonal."""
    hidden = s.detach().masked_fill(~others(len(s)), -torch.inf)
    return torch.zeros_like(hidden).scatter(1, hidden.topk(2, dim=1).indices, 1)


def shares_of_one_view(h: Tensor, p: Tensor) -> Tensor:
    s = h @ h.T
    return (among(s) * (s + 1).clamp(min=0)).sum() - (h * p).sum()


def shares_across_views(h: Tensor, p: Tensor) -> Tensor:
    s = h @ p.T
    return (among(s) * s.square()).sum() - s.trace()


def shares_down_a_column(h: Tensor, p: Tensor) -> Tensor:
    return shares_across_views(h, p) / len(h)  # the mean over anchors of sums over the others


SHARES: dict[str, tuple[PerAnchor, Reference]] = {
    "of one view": (SharesOfOneView(), shares_of_one_view),
    "across views": (SharesAcrossViews(), shares_across_views),
    "down a column": (SharesDownAColumn(), shares_down_a_column),
}


@each_tile
@pytest.mark.parametrize("what", SHARES)
def test_the_share_of_a_sample_that_is_not_the_anchor(what: str, tile: int | None) -> None:
    loss, reference = SHARES[what]
    assert_agrees(objective(loss, tile=tile), reference, unit_batch(ROWS, WIDTH), scale=ROWS)


# --- Powers -------------------------------------------------------------------------------------


class Powers(PerAnchor):
    hyper = (Hyper("p", "p", "p", "2", POSITIVE, "exponent"),)

    def terms(self, i, x):
        return sum_samples(lambda k: cosine(i, k) ** x.p, other_than=i) - cosine(i, i) ** x.p


@pytest.mark.parametrize("p", [1, 2, 3])
def test_powers_of_what_may_be_negative(p: int) -> None:
    def reference(h: Tensor, h_prime: Tensor) -> Tensor:
        s = (h @ h_prime.T) ** p
        return (s.sum() - 2 * s.trace()) / len(s)

    rows = unit_batch(ROWS, WIDTH)
    assert (rows[0] @ rows[1].T).min() < -0.1
    assert_agrees(objective(Powers(), p=p), reference, rows, scale=p)


# --- Weights of an anchor that are made of its block --------------------------------------------


class SupervisedMean(PerAnchor):
    inputs, pool = ("labels",), BOTH

    def terms(self, i, x):
        pushes = sum_samples(lambda k: Mismatch(i, k) * Exp(20 * same_view(i, k)))
        pulled = sum_samples(lambda k: Match(i, k) * cosine(i, k))
        return Log(pushes + Exp(20 * cosine(i, i))) - pulled / sum_samples(lambda k: Match(i, k))


class SupervisedNorms(PerAnchor):
    """The others' ‖z'_k‖² over the size of a class: weights of no product of two samples."""

    embeddings, inputs = "raw", ("labels",)

    def terms(self, i, x):
        def square(k):
            return Match(i, k) * Inner(Z_PRIME, k, Z_PRIME, k)

        squares = sum_samples(square, other_than=i)
        return squares / sum_samples(lambda k: Match(i, k)) - Inner(Z, i, Z_PRIME, i)


SIZES = (6 * WIDTH - 1, 6 * WIDTH, 10 * WIDTH)  # from 6 D on weights are kept out of the block


def classes(n: int) -> tuple[Tensor, Tensor]:
    """Labels of five classes, and which pairs are of one."""
    labels = torch.arange(n) % 5
    return labels, labels[:, None] == labels


@pytest.mark.parametrize("n", SIZES)
def test_the_number_of_a_class_counts_the_anchor(n: int) -> None:
    labels, same = classes(n)

    def reference(h: Tensor, h_prime: Tensor) -> Tensor:
        s = h @ h_prime.T
        pushes = (20 * h @ h.T).masked_fill(same, -torch.inf).logsumexp(1)
        pulled = (s * same).sum(1) / same.sum(1)
        return (torch.logaddexp(pushes, 20 * s.diagonal()) - pulled).mean()

    loss, rows = objective(SupervisedMean()), unit_batch(n, WIDTH)
    assert_agrees(loss, reference, rows, scale=20, labels=labels)


@pytest.mark.parametrize("n", SIZES)
def test_the_number_of_a_class_counts_the_anchor_in_norms(n: int) -> None:
    labels, same = classes(n)

    def reference(z: Tensor, p: Tensor) -> Tensor:
        squares = ((same & others(n)) * p.square().sum(1)).sum(1) / same.sum(1)
        return (squares - (z * p).sum(1)).mean()

    assert_agrees(objective(SupervisedNorms()), reference, raw_batch(n, WIDTH), labels=labels)


def test_a_sum_over_an_index_that_a_name_does_not_depend_on() -> None:
    """C is named at a feature and is the same for all: the sum is D times it."""
    a = FeatureIndex("a")
    trace = define("C", sum_samples(lambda k: same_view(k, k)), a)
    found = evaluate(sum_features(trace), *unit_batch(3, 4), {}, ())
    assert float(found) == pytest.approx(12.0, rel=1e-12)
