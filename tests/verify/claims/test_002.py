"""The temperature view: the properties hold, and wrong ones do not."""

import pytest
from sympy import Rational

from derive.nodes import ANCHOR, NEGATIVE, Hinge, N
from derive.notation import cosine, sum_samples
from verify.claims.model import Outcome
from verify.claims.p002 import claims, entropy, limits, penalties
from verify.claims.p002.notation import HARDEST, TAU, penalty

EXACT = {
    "002-relative-penalty",
    "002-balance",
    "002-hardness-aware",
    "002-simple-loss-not-aware",
    "002-entropy-grows",
    "002-lower-temperature-focuses",
    "002-limit-hardest-triplet",
    "002-limit-simple",
}


def test_the_properties_are_proved():
    found = {x.id: x.judged().judgement for x in claims()}
    assert {k for k, x in found.items() if x.outcome is Outcome.EXACT} == EXACT
    with_positive = found["002-relative-penalty-all"]
    assert with_positive.outcome is Outcome.FALSE
    assert "self pair" in with_positive.correction


def test_the_share_of_the_simple_loss_is_one_over_the_number_of_negatives():
    assert "λ = 1/(N - 1)" in limits.warm(0).evidence[0]


@pytest.mark.parametrize(
    "judged",
    [
        lambda: penalties.relative(0, penalty(NEGATIVE) / TAU),
        lambda: penalties.relative(0, penalty(NEGATIVE) ** 2),
        lambda: penalties.balance(0, times=2),
        lambda: penalties.hardness(0, loss="simple"),
        lambda: entropy.grows(0, sign=-1),
        lambda: entropy.focus(0, sign=-1),
        lambda: limits.cold(0, Hinge(HARDEST - cosine(ANCHOR, ANCHOR) + Rational(1, 10))),
        lambda: limits.cold(0, HARDEST - cosine(ANCHOR, ANCHOR)),
        lambda: limits.cold(0, sum_samples(lambda k: cosine(ANCHOR, k), other_than=ANCHOR)),
        lambda: limits.warm(0, 1 / N),
    ],
    ids=[
        "penalty over τ", "penalty squared", "balance twice", "simple is aware", "entropy falls",
        "focus grows", "triplet with margin", "triplet without hinge", "all negatives", "λ = 1/N",
    ],
)  # fmt: skip
def test_what_is_wrong_is_refuted(judged):
    assert judged().outcome is Outcome.FALSE
