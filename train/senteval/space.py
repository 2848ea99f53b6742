"""What the embeddings look like as points: diagnostics, none of them a score.

All of the unit rows, of distinct sentences, and of pairs of two different ones: a sentence that
the data repeats says nothing about the encoder.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from train.senteval.embeddings import Embeddings, unit
from train.senteval.labelled import Labelled
from train.senteval.pairs import Pairs

Points = NDArray[np.float64]  # (n, D), unit rows
CLOSE = 4.0  # pairs with a higher gold score are positives, as in SimCSE (§3, footnote 3)
DEAD = 1e-3  # an axis whose deviation is below this share of the root mean square one
BLOCK = 1_024  # rows of distances at a time


def alignment(left: Points, right: Points) -> float:
    """E |u − v|² over positive pairs (Wang and Isola 2020, α = 2): 0 where they coincide."""
    return float(np.square(left - right).sum(axis=1).mean())


def uniformity(points: Points) -> float:
    """log E exp(−2 |u − v|²) over pairs (Wang and Isola 2020, t = 2): from −4 (about) to 0."""
    n, parts = len(points), []
    for start in range(0, n, BLOCK):
        cosines = points[start : start + BLOCK] @ points[start:].T
        later = np.arange(n - start)[None] > np.arange(len(cosines))[:, None]  # i < j
        if later.any():
            parts.append(logsumexp(-4 * (1 - cosines[later])))
    return float(logsumexp(parts) - np.log(n * (n - 1) / 2))


def average_cosine(points: Points) -> float:
    """Mean over pairs (Ethayarajh 2019): 0 isotropic about the origin, 1 one direction."""
    n = len(points)
    total = np.square(points.sum(axis=0)).sum() - np.square(points).sum()
    return float(total / (n * (n - 1)))


def tolerance(points: Points, labels: Sequence[int]) -> dict[str, float | None]:
    """The mean cosine of two samples of one class (Wang and Liu 2021).

    Their formula has the indicator of the same class inside the mean over all pairs, their text
    the mean over the pairs of the same class: this is the text's; times `same_class`, the share
    of such pairs, it is the formula's. None where there is no such pair, or no pair at all.
    """
    total, pairs, classes = 0.0, 0, np.array(labels)
    for label in np.unique(classes):
        some = points[classes == label]
        if len(some) > 1:
            total += average_cosine(some) * len(some) * (len(some) - 1)
            pairs += len(some) * (len(some) - 1)
    every = len(points) * (len(points) - 1)
    return {
        "tolerance": total / pairs if pairs else None,
        "same_class": pairs / every if every else None,
    }


def partition_ratio(points: Points) -> float:
    """min Z(c) / max Z(c), Z(c) = Σ exp(c·u), over c = ± the axes: 1 is isotropic.

    Mu and Viswanath 2018 (1702.01417), with the eigenvectors of UᵀU as c; an eigenvector's
    sign is arbitrary, so both are taken. Theirs is of word vectors of any length.
    """
    axes = np.linalg.eigh(points.T @ points)[1]
    projected = points @ axes  # (n, D)
    logs = np.concatenate([logsumexp(projected, axis=0), logsumexp(-projected, axis=0)])
    return float(np.exp(logs.min() - logs.max()))


def collapse(points: Points) -> dict[str, float | int | None]:
    """How many axes are used, from the singular values σ of the centred rows.

    effective_rank: exp of the entropy of σ/Σσ (Roy and Vetterli 2007), at most D;
    first_axis: the first one's share of the variance; dead_dimensions: coordinates that do not
    vary. None where nothing varies.
    """
    centred = points - points.mean(axis=0)
    deviations = np.sqrt(np.square(centred).mean(axis=0))
    typical = np.sqrt(np.square(deviations).mean())
    width = points.shape[1]
    if typical < 1e-7:  # rounding of float32 embeddings
        return {"effective_rank": None, "first_axis": None, "dead_dimensions": width}
    sigma = np.linalg.svd(centred, compute_uv=False)
    shares = sigma[sigma > 0] / sigma.sum()
    return {
        "effective_rank": float(np.exp(-(shares * np.log(shares)).sum())),
        "first_axis": float(sigma[0] ** 2 / np.square(sigma).sum()),
        "dead_dimensions": int((deviations < DEAD * typical).sum()),
    }


def diagnose(pairs: Pairs, classes: Labelled | None, embeddings: Embeddings) -> dict[str, Any]:
    """The record of STS-B dev's sentences, and of TREC's training questions for the tolerance.

    None where the data gives nothing to measure: no positive pair, or no TREC.
    """
    sentences = list(dict.fromkeys([*pairs.left, *pairs.right]))
    points = unit(embeddings.rows(sentences))
    close = [i for i, gold in enumerate(pairs.gold) if gold > CLOSE]
    left, right = ([side[i] for i in close] for side in (pairs.left, pairs.right))
    return {
        "alignment": alignment(*(unit(embeddings.rows(x)) for x in (left, right)))
        if close
        else None,
        "positive_pairs": len(close),
        "uniformity": uniformity(points),
        "average_cosine": average_cosine(points),
        "partition_ratio": partition_ratio(points),
        **collapse(points),
        "dimension": points.shape[1],
        "sentences": len(sentences),
        **of_classes(classes, embeddings),
    }


def of_classes(classes: Labelled | None, embeddings: Embeddings) -> dict[str, float | None]:
    """The tolerance, each distinct question once."""
    if classes is None:
        return {"tolerance": None, "same_class": None}
    labels = dict(zip(classes.left, classes.labels, strict=True))
    return {**tolerance(unit(embeddings.rows(list(labels))), list(labels.values()))}
