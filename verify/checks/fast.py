"""The objective that trains (`derive.torch`) against the oracle: value and both gradients.

Unit embeddings, in one tile and in tiles of three anchors; and raw ones, rows scaled by 10⁻² to
10² and normalised by the objective, where the gradient is compared times the row's norm.
Unit gradients are compared along the sphere, as in `autograd`.

Hypothesis draws small batches in float64; `verify.trained` adds the sizes and the dtype of
training, N to 300 and float32.

Tolerance: LIMIT units of eps·scale. Value: as in `autograd`. A gradient of the training scalar
adds up the terms of all anchors that a row takes part in; its scale is the largest sum of parts
(`autograd`) over the rows of a batch scalar, or the mean over anchors, of either order of the
views, times κ_gradient.
"""

from derive.verdict import Verdict
from verify import draws, trained
from verify.checks.autograd import against
from verify.comparison import Comparison
from verify.search import Search
from verify.subject import Subject

NAME = "fast"
LIMIT = 16.0
TILE = 3  # batches have 2 to 8 pairs: less than a tile, whole tiles, and a rest


def check(subject: Subject, *, examples: int, seed: int) -> tuple[Verdict, str]:
    """REFUTED with the smallest counterexample, or AGREED with the worst cases."""
    small = Search(Comparison(subject, TILE), LIMIT)
    small.run(draws.examples(subject), examples, seed)
    verdict, detail = small.outcome()
    if not verdict.passed:
        return verdict, f"{detail}{against(subject)}"
    verdict, more = trained.compare(subject, seed)
    said = f"{detail}; {more}" if verdict.passed else more
    return verdict, f"{said}{against(subject)}"
