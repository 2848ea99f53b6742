"""Scores of an encoder on the held-out books: retrieval and graded similarity."""

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer

from train.bible import Verse
from train.errors import DivergedError, EvaluationError
from train.lengths import reading_as_scored

Vectors = NDArray[np.float32]  # (sentences, D), unit rows
Encode = Callable[[Sequence[str]], Vectors]
Scores = dict[str, float | None]  # None: undefined for these embeddings
Evaluation = Callable[[Encode], Scores]

RETRIEVAL = "retrieval MRR, WEB to BBE"
GRADED = "graded similarity, Spearman"


def encoding(model: SentenceTransformer, batch_size: int = 128) -> Encode:
    """`model` as a function from sentences to unit vectors; a repeated sentence is encoded once.

    The function raises `DivergedError` when an embedding is not finite.
    """

    def encode(sentences: Sequence[str]) -> Vectors:
        rows = {sentence: row for row, sentence in enumerate(dict.fromkeys(sentences))}
        vectors = model.encode(
            list(rows),
            batch_size=batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        if not np.isfinite(vectors).all():
            raise DivergedError(
                "the encoder returns embeddings that are not finite. Lower --lr and train again."
            )
        return np.asarray(vectors, dtype=np.float32)[[rows[sentence] for sentence in sentences]]

    return encode


def mean_reciprocal_rank(
    similarities: NDArray[np.floating], queries: Sequence[str], candidates: Sequence[str]
) -> float:
    """Mean of 1/rank of the best right candidate. `similarities`: (n, n), pair i at (i, i).

    Texts repeat, so candidate j is right for query i when it reads like candidate i, or when
    query j reads like query i. A rank counts the wrong candidates that score higher; one that
    ties counts half.
    """
    reciprocal = []
    query_ids, candidate_ids = same_text_ids(queries), same_text_ids(candidates)
    for i, scores in enumerate(similarities):
        right = (query_ids == query_ids[i]) | (candidate_ids == candidate_ids[i])
        best, wrong = scores[right].max(), scores[~right]
        rank = 1 + np.count_nonzero(wrong > best) + np.count_nonzero(wrong == best) / 2
        reciprocal.append(1 / rank)
    return float(np.mean(reciprocal))


def same_text_ids(texts: Sequence[str]) -> NDArray[np.int64]:
    """Equal numbers for equal texts."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(text, len(first)) for text in texts])


def spearman(similarities: Sequence[float], gold: Sequence[float]) -> float | None:
    """Rank correlation in [−1, 1]; None where all similarities are equal: a collapsed encoder.

    Raises `EvaluationError` where all gold scores are equal: no encoder can be scored on these.
    """
    if len(set(gold)) < 2:
        raise EvaluationError(
            f"Spearman's correlation of {len(gold)} pairs is undefined: all gold scores are "
            "equal. Give evaluation data with more than one score."
        )
    if len(set(similarities)) < 2:
        return None
    return float(spearmanr(similarities, gold).statistic)


def graded_pairs(verses: Sequence[Verse]) -> list[tuple[int, int, int]]:
    """(i, j, grade): WEB verse i with BBE verse j; the same 2, the next one 1, another book 0.

    A pair whose texts coincide with those of a higher grade is left out.
    """
    random = Random(0)  # the test set must not depend on the run's seed
    pairs = []
    for i, verse in enumerate(verses):
        others = [j for j in random.sample(range(len(verses)), 50) if verses[j].book != verse.book]
        following = verses[i + 1 : i + 2]
        if not others or not following or following[0].chapter != verse.chapter:
            continue
        texts = verse.bbe, following[0].bbe, verses[others[0]].bbe
        if len(set(texts)) == 3:
            pairs += [(i, i, 2), (i, i + 1, 1), (i, others[0], 0)]
    return pairs


def held_out_books(verses: Sequence[Verse]) -> Evaluation:
    """Retrieval and graded similarity between two translations of `verses`.

    With three grades of equal size, Spearman's correlation cannot exceed √(8/9) = .943.
    """
    web, bbe = [verse.web for verse in verses], [verse.bbe for verse in verses]
    pairs = graded_pairs(verses)

    def evaluate(encode: Encode) -> Scores:
        similarities = encode(web) @ encode(bbe).T  # (n, n)
        return {
            RETRIEVAL: mean_reciprocal_rank(similarities, web, bbe),
            GRADED: spearman(
                [float(similarities[i, j]) for i, j, _ in pairs], [grade for *_, grade in pairs]
            ),
        }

    return evaluate


def evaluate_all(evaluations: Sequence[Evaluation], model: SentenceTransformer) -> Scores:
    """The scores of every evaluation, in order; sentences are cut as `train eval` cuts them."""
    scores: Scores = {}
    with reading_as_scored(model):
        for evaluation in evaluations:
            scores |= evaluation(encoding(model))
    return scores
