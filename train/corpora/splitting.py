"""A corpus in two: what is trained on, and what is held out to measure on."""

from collections import defaultdict
from random import Random

from train.corpus import Corpus
from train.errors import CorpusError


def split(corpus: Corpus, share: float, seed: int) -> tuple[Corpus, Corpus]:
    """The training rows and the held-out rows, drawn by `seed`; each keeps the corpus's order.

    share: of the rows to hold out, 0 <= share < 1; the number is rounded, and at least 1 unless
    share is 0. Rows with the same anchor stay together, so that no held-out anchor is trained on
    as an anchor (it may be the positive or the negative of a training row); the number may
    therefore be missed by the size of one group.
    Raises `CorpusError` when one side would be empty that should not be.
    """
    if not 0 <= share < 1:
        raise CorpusError(f"a held-out share of {share} is not from 0 to below 1. Give .1, say.")
    wanted = max(1, round(share * len(corpus))) if share else 0
    groups: dict[str, list[int]] = defaultdict(list)
    for index, anchor in enumerate(corpus.anchors):
        groups[anchor].append(index)
    anchors = list(groups)
    Random(seed).shuffle(anchors)
    out: set[int] = set()
    for anchor in anchors:
        if len(out) >= wanted:
            break
        out.update(groups[anchor])
    if len(out) == len(corpus):
        raise CorpusError(
            f"{corpus.name}: holding out {share:g} of {len(corpus):,} rows leaves none to train "
            "on. Give more text, or a smaller share."
        )
    kept = [index for index in range(len(corpus)) if index not in out]
    return corpus.only(kept), corpus.only(sorted(out), f"{corpus.name}, held out")
