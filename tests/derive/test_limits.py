"""The limit of the gauge: leading exponentials, gates, and when there is no answer."""

import pytest
from sympy import Symbol

from derive.limits import NoLimitError, limit_of_score
from derive.nodes import ANCHOR, Exp, Hinge, Step
from derive.notation import cosine, score

s = score(lambda k: cosine(k, k))(ANCHOR)
tau = Symbol("tau", positive=True)
x = Symbol("x", positive=True)


def test_exponentials_of_the_score_vanish() -> None:
    assert limit_of_score(x / (x + Exp(s / tau)), s) == 1


def test_gates_go_by_the_sign_of_the_score() -> None:
    assert limit_of_score(Step(x - s), s) == 1
    with pytest.raises(NoLimitError, match="vanishes"):
        limit_of_score(Step(s - x), s)


def test_the_smallest_rate_leads() -> None:
    assert limit_of_score((Exp(s) + x * Exp(-s)) / Exp(-s), s) == x


@pytest.mark.parametrize(
    ("e", "reason"),
    [
        (Exp(s / tau), "vanishes"),
        (Exp(-s / tau), "unbounded"),
        (Hinge(x - s), "outside exponentials"),
        (Exp(s**2), "not linear"),
        (Exp(s) - Exp(s) + s, "outside exponentials"),
        ((1 + Exp(s)) - 1, "vanishes"),
    ],
)
def test_no_limit_says_why(e: object, reason: str) -> None:
    with pytest.raises(NoLimitError) as caught:
        limit_of_score(e, s)
    assert reason in caught.value.reason


def test_unordered_rates_have_no_limit() -> None:
    y = Symbol("y", positive=True)
    with pytest.raises(NoLimitError) as caught:
        limit_of_score(Exp(s * x) + Exp(s * y), s)
    assert "ordered" in caught.value.reason
