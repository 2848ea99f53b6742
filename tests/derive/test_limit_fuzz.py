"""Random formulas in τ: what `limit` claims of them is held against 50-digit values."""

from random import Random

import pytest
from sympy import Expr, Rational, S

from derive.asymptotics.limit import limit
from derive.hyper import POSITIVE, Hyper
from derive.nodes import Exp, Hinge, Log, N, Step
from derive.notation import cosine, hardest, same_view, sum_samples
from derive.objective import CROSS, Objective
from tests.derive.test_limit import holds, rests

DEPTH = 4
FEW, MANY = 12, 40  # seeds: in every run, and in `make slow`


class Shapes:
    """Formulas of L_i from a seed: sums, products, hinges, gates, maxima and log-sum-exps."""

    def __init__(self, seed: int, i: Expr, tau: Expr):
        self.random, self.i, self.tau = Random(seed), i, tau

    def scalar(self, depth: int) -> Expr:
        i, t = self.i, self.tau
        if depth == 0:
            own = cosine(i, i)
            return self.random.choice([own, S.One, t, -own / t, 1 / t, own * t, Rational(-1, 2)])
        deeper = depth - 1
        return self.random.choice(
            [
                lambda: self.scalar(deeper) + self.scalar(deeper),
                lambda: self.scalar(deeper) * self.scalar(0),
                lambda: Hinge(self.scalar(deeper)),
                lambda: Log(self.positive(deeper)) * self.random.choice([t, 1 / N]),
                lambda: hardest(lambda k: self.linear(k) / t + self.linear(k), i),
                lambda: sum_samples(self.summand, other_than=i),
                lambda: Step(self.scalar(deeper)) * self.scalar(0),
                lambda: self.positive(deeper) / self.positive(deeper),
            ]
        )()

    def positive(self, depth: int) -> Expr:
        exponential = lambda k: Exp(self.linear(k) / self.tau)  # noqa: E731
        if depth < 0:
            return exponential(self.i)
        return self.random.choice(
            [
                lambda: sum_samples(exponential, other_than=self.i),
                lambda: sum_samples(exponential),
                lambda: 1 + self.positive(depth - 1),
                lambda: self.positive(depth - 1) + self.positive(depth - 1),
                lambda: self.positive(depth - 1) * self.positive(depth - 1),
            ]
        )()

    def summand(self, k: Expr) -> Expr:
        t = self.tau
        return self.random.choice(
            [
                lambda: self.linear(k),
                lambda: Hinge(self.linear(k) / t + self.linear(k)),
                lambda: Exp(self.linear(k) / t),
                lambda: Log(1 + Exp(self.linear(k) / t)),
                lambda: self.linear(k) * self.linear(k) * t,
            ]
        )()

    def linear(self, k: Expr) -> Expr:
        i = self.i
        return self.random.choice(
            [
                cosine(i, k), same_view(i, k), cosine(i, i), cosine(k, k), cosine(k, i),
                -cosine(i, k), cosine(i, k) - cosine(i, i), 2 * same_view(i, k), S.One, S.Zero,
            ]
        )  # fmt: skip


class Formula(Objective):
    title, source, reduction = "a random loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", CROSS
    hyper = (Hyper("tau", "τ", r"\tau", Rational(1), POSITIVE, "temperature"),)

    def __init__(self, seed: int):
        self.seed = seed

    def terms(self, i, x):
        return Shapes(self.seed, i, x.tau).scalar(DEPTH)


@pytest.mark.parametrize("to", ["0", "oo"])
@pytest.mark.parametrize(
    "seed", [x if x < FEW else pytest.param(x, marks=pytest.mark.slow) for x in range(MANY)]
)
def test_nothing_false_is_claimed(seed: int, to: str) -> None:
    result = limit(Formula(seed), "tau", to)
    if result.leading is None:
        assert result.reason
        return
    assert all(holds(result, rest, batch) for rest in rests(result.leading) for batch in (1, 2))


def test_most_are_decided() -> None:
    decided = [limit(Formula(seed), "tau", "0").leading is not None for seed in range(FEW)]
    assert sum(decided) >= 9
