"""Spearman's correlation of cosine and gold score, over all of a task's subsets at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.evaluation import spearman
from train.senteval.embeddings import Embeddings, unit
from train.senteval.pairs import Pairs


def cosines(pairs: Pairs, embeddings: Embeddings) -> NDArray[np.float64]:
    """(pairs,)"""
    left, right = (unit(embeddings.rows(side)) for side in (pairs.left, pairs.right))
    return np.einsum("nd,nd->n", left, right)


def score(subsets: Sequence[Pairs], embeddings: Embeddings) -> dict[str, Any]:
    """The task's record. score: over the concatenation ("all"), None where it is undefined.

    mean and weighted_mean: of the subsets' own correlations, SentEval's other two aggregates.
    """
    found = [cosines(pairs, embeddings) for pairs in subsets]
    gold = [score for pairs in subsets for score in pairs.gold]
    record: dict[str, Any] = {
        "score": spearman(np.concatenate(found).tolist(), gold),
        "measure": "Spearman, all",
        "n": len(gold),
    }
    if len(subsets) > 1:
        record |= by_subset(subsets, found)
    return record


def by_subset(subsets: Sequence[Pairs], found: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    """Each subset's own correlation and their means; None for one that is undefined."""
    scores = {
        pairs.name: spearman(cos.tolist(), pairs.gold) if len(set(pairs.gold)) > 1 else None
        for pairs, cos in zip(subsets, found, strict=True)
    }
    counts = [len(pairs.gold) for pairs in subsets]
    defined = [x for x in scores.values() if x is not None]
    whole = len(defined) == len(subsets)
    return {
        "mean": float(np.mean(defined)) if whole else None,
        "weighted_mean": float(np.average(defined, weights=counts)) if whole else None,
        "subsets": {
            pairs.name: {"score": scores[pairs.name], "n": n}
            for pairs, n in zip(subsets, counts, strict=True)
        },
    }
