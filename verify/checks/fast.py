"""The objective that trains (`derive.torch`) against the oracle: value and both gradients.

Unit embeddings, in one tile and in tiles of three anchors; and raw ones, rows scaled by 10⁻² to
10² and normalised by the objective, where the gradient is compared times the row's norm.
Unit gradients are compared along the sphere, as in `autograd`; so are ties and gates, where the
objective has to take a selection of the oracle, or a mean of some.

Hypothesis draws small batches in float64; `verify.trained` adds the sizes and the dtypes of
training, N to 300 and float32, and `verify.halves` float16 and bfloat16.

Tolerance: LIMIT units of eps·scale, eps that of the dtype (of float16 and bfloat16: the eps of
float32, and half an eps of the dtype of the result). Value: as in `autograd`. A gradient of the
training scalar adds up the terms of all anchors that a row takes part in; its scale is the largest
sum of parts (`autograd`) over the rows of a batch scalar, or the mean over anchors, of either order
of the views, times κ_gradient.
"""

from derive.verdict import Verdict
from verify import draws, trained
from verify.checks.autograd import against, tied
from verify.comparison import Comparison
from verify.draws import Example
from verify.profiles import ORDINARY, Sizes
from verify.search import Search
from verify.subject import Subject

NAME = "fast"
LIMIT = 16.0
TILE = 3  # batches have 2 to 8 pairs: less than a tile, whole tiles, and a rest


class _Comparison(Comparison):
    """As away from ties; at one, among the selections of the oracle."""

    def at_tie(self, example: Example) -> dict[str, float]:
        runs = self.runs_as_given(example.h, example.h_prime, example)
        return tied(self.subject, example, runs, LIMIT)


def check(
    subject: Subject, *, examples: int, seed: int, sizes: Sizes = ORDINARY
) -> tuple[Verdict, str]:
    """REFUTED with the smallest counterexample, or AGREED with the worst cases."""
    small = Search(_Comparison(subject, TILE), LIMIT)
    drawn = draws.examples(subject, max_n=sizes.most_pairs, max_d=sizes.most_features)
    small.run(drawn, examples, seed)
    verdict, detail = small.outcome()
    if not verdict.passed:
        return verdict, f"{detail}{against(subject)}{small.program()}"
    verdict, more = trained.compare(subject, seed, sizes)
    if not verdict.passed:
        first, _, program = more.partition("\n\n")
        return verdict, f"{first}{against(subject)}" + (f"\n\n{program}" if program else "")
    return verdict, f"{detail}; {more}{against(subject)}"
