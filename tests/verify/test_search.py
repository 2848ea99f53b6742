"""The property search and the scales of its tolerances, with planted errors."""

import math

import pytest
import torch
from hypothesis import strategies as st
from sympy import Rational, S, Symbol, sympify

from derive.errors import InputError
from derive.hyper import NONNEGATIVE, POSITIVE, REAL, Domain, Hyper
from derive.nodes import ANCHOR, NEGATIVE, Angle, Exp, Hinge, Log, N
from derive.notation import cosine
from derive.objectives import load, names
from derive.verdict import Verdict
from tests.catalogue import sampled
from verify.bounds import bound
from verify.draws import Example, drawn_value, examples
from verify.scales import conditioning
from verify.search import Search
from verify.strategies import Batch
from verify.subject import Subject, default_value
from verify.windows import HIGH, LOW, extreme_values

MPT = Subject.of("mpt")
SEED = st.integers(0, 100)


def search(measure, limit=1.0, number=0, count=30):
    found = Search(measure, limit)
    found.run(examples(MPT), count, number)
    return found


def test_agreement_reports_the_worst_quantity():
    found = search(lambda example: {"value": 0.25, "gradient": example.batch.n / 10})
    verdict, detail = found.outcome()
    assert verdict is Verdict.AGREED
    assert "30 examples" in detail
    assert "worst 0.8 of 1 units (gradient)" in detail
    assert sum(found.tried.values()) == 30


@pytest.mark.parametrize("wrong", [1.01, float("inf"), float("nan")])
def test_a_counterexample_is_refuted_and_made_small(wrong):
    found = search(lambda example: {"value": wrong if example.batch.n > 3 else 0.0})
    verdict, detail = found.outcome()
    assert verdict is Verdict.REFUTED
    assert "n=4, d=2, seed=0" in detail  # the least batch of more than three
    assert "m=-0.77" in detail  # the default less 1


def test_refusing_a_good_batch_is_refuted():
    def refuse(example):
        raise InputError("too small")

    verdict, detail = search(refuse).outcome()
    assert verdict is Verdict.REFUTED
    assert "refused a good batch (too small)" in detail


def test_a_batch_that_cannot_be_made_is_not_the_refusal_of_a_loss():
    class Crowded(Batch):
        @property
        def h(self):
            raise InputError("met only ties")

    crowded = st.builds(
        Example, st.just(MPT), st.builds(Crowded, st.just("paired"), st.just(2), st.just(2), SEED),
        st.just((0.5,)),
    )  # fmt: skip
    found = Search(lambda example: {"value": 0.0}, 1.0)
    found.run(crowded, 20, 0)
    assert found.outcome() == (Verdict.UNDECIDED, "no example was tried")
    mixed = Search(lambda example: {"value": 0.0}, 1.0)
    mixed.run(crowded | examples(MPT), 20, 0)
    assert mixed.outcome()[0] is Verdict.AGREED


def test_nothing_tried_is_undecided():
    assert Search(lambda example: {}, 1.0).outcome()[0] is Verdict.UNDECIDED


def test_an_error_of_our_own_is_not_a_counterexample():
    def broken(example):
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        search(broken)


@pytest.mark.parametrize("name", sampled(names()))
def test_windows_lie_in_their_domains(name):
    for hyper in load(name).hyper:
        for share in (0.0, 0.5, 1.0):
            hyper.read(drawn_value(hyper, share, 4, 16))


def test_the_window_of_a_temperature():
    tau = load("infonce").hyper[0]
    assert drawn_value(tau, 0, 4, 4) == pytest.approx(0.02)
    assert drawn_value(tau, 1, 4, 4) == pytest.approx(2)


def test_the_extremes_of_a_temperature_a_weight_and_a_margin():
    tau, nu = load("infonce").hyper[0], load("mhe").hyper[0]
    assert drawn_value(tau, LOW, 4, 4) == 1e-3
    assert drawn_value(tau, HIGH, 4, 4) == pytest.approx(2)  # a scale has no far end
    assert drawn_value(nu, LOW, 4, 4) == 0
    margin = load("mpt").hyper[0]
    ends = [drawn_value(margin, x, 4, 4) for x in (LOW, HIGH)]
    assert ends == pytest.approx([-9.77, 10.23])


WINDOWS = {
    "a weight that is off": (0, NONNEGATIVE, 0, 1),
    "above one": (2, Domain(low=S.One), 1.4, 41),
    "bounded above": (-2, Domain(high=S.Zero), -80, -0.8),
    "off, bounded above": (0, Domain(high=S.Zero, high_open=False), -1, 0),
    "a margin far from 0": (-10, REAL, -20, 0),
    "near an end": (Rational(99, 100), Domain(S.Zero, S.One), 0.05, 0.99),
    "at an end": (Rational(1, 3), Domain(Rational(1, 3), S.One, low_open=False), 1 / 3, 29 / 30),
    "depends on N": (1 / (N - 1), POSITIVE, 0.4 / 3, 40 / 3),
}


@pytest.mark.parametrize(("default", "domain", "low", "high"), WINDOWS.values(), ids=WINDOWS)
def test_a_window_holds_the_default_and_stays_in_the_domain(default, domain, low, high):
    hyper = Hyper("x", "x", "x", sympify(default), domain, "")
    drawn = [drawn_value(hyper, share / 20, 4, 16) for share in range(21)]
    assert sorted((drawn[0], drawn[-1])) == pytest.approx([low, high])
    assert len(set(drawn)) == 21
    usual = default_value(hyper, 4, 16)
    assert min(drawn) <= usual + 1e-15  # 1/3 as a float is outside, its neighbour is not
    assert usual - 1e-15 <= max(drawn)
    assert all(domain.contains(Rational(drawn_value(hyper, x, 4, 16))) for x in (LOW, HIGH))
    assert all(domain.contains(Rational(x)) for x in drawn)
    extreme = extreme_values(hyper, usual)
    assert extreme
    assert all(domain.contains(Rational(x)) for x in extreme)


def test_a_default_outside_its_domain_is_our_bug():
    with pytest.raises(AssertionError, match="outside"):
        drawn_value(Hyper("x", "x", "x", 1 - N, NONNEGATIVE, ""), 0.5, 4, 4)


def conditions(name, h, h_prime, **values):
    rows = [torch.tensor(x, dtype=torch.float64) for x in (h, h_prime)]
    return conditioning(load(name).formula(), *rows, values)


def test_scales_by_hand():
    right_angles = ([[1, 0], [0, 1]], [[1, 0], [0, 1]])
    assert conditions("mpt", *right_angles, m=0.1).gradient == 1
    assert conditions("infonce", *right_angles, tau=0.1).gradient == 11  # 1 + 1/τ
    apart = ([[1, 0], [0, 1]], [[0.6, 0.8], [-0.6, 0.8]])  # the nearest at ‖·‖² = .4
    assert conditions("met", *apart, m=0.1).gradient == pytest.approx(1 / 0.4)
    assert conditions("met", *apart, m=0.1).value == pytest.approx(0.4**-0.5)
    hyper = {"nu_inv": 1, "nu_cov": 1, "nu_var": 1, "gamma": 1, "eps": 0.1}
    centring = conditions("vicreg", *right_angles, **hyper).centring
    assert centring == pytest.approx(1 + 2 / 0.5**0.5)  # ‖(½, −½)‖


def test_bounds_by_hand():
    c, tau = cosine(ANCHOR, NEGATIVE), Symbol("tau", positive=True)
    sizes = {"N": 4.0, "D": 3.0, "tau": 0.99}
    assert bound(Angle(c), sizes) == pytest.approx(math.pi)
    assert bound(Hinge(5 + c), sizes) == 6
    assert bound(1 / (1 - tau), sizes) == pytest.approx(100)
    assert bound(c / (1 - tau), sizes) == pytest.approx(100)
    assert bound(1 / (1 - tau), {**sizes, "tau": 1.0}) == math.inf
    assert bound(1 / c, sizes) == math.inf
    assert bound(Log(c), sizes) == math.inf
    batch = Batch("paired", 4, 3, 0)
    with pytest.raises(ArithmeticError, match="no bound"):
        conditioning(Exp(1 / c), batch.h, batch.h_prime, {"tau": 0.99})


def test_a_bound_is_a_triangle_inequality():
    exponent = load("arccon").formula()
    assert bound(exponent * 0 + 3, {"N": 2, "D": 2}) == 3
    score = load("mpt").formula().args[0]  # −c_ii' + max c_ik' + m
    assert bound(score, {"m": -0.5, "N": 2, "D": 2}) == 2.5
