"""The property search and the scales of its tolerances, with planted errors."""

import pytest
import torch

from derive.errors import InputError
from derive.objectives import load, names
from derive.verdict import Verdict
from verify.draws import drawn_value, examples
from verify.scales import bound, conditioning
from verify.search import Search
from verify.subject import Subject

MPT = Subject.of("mpt")


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
    assert "m=-1.0" in detail


def test_refusing_a_good_batch_is_refuted():
    def refuse(example):
        raise InputError("too small")

    verdict, detail = search(refuse).outcome()
    assert verdict is Verdict.REFUTED
    assert "refused a good batch (too small)" in detail


def test_nothing_tried_is_undecided():
    assert Search(lambda example: {}, 1.0).outcome()[0] is Verdict.UNDECIDED


def test_an_error_of_our_own_is_not_a_counterexample():
    def broken(example):
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        search(broken)


@pytest.mark.parametrize("name", names())
def test_windows_lie_in_their_domains(name):
    for hyper in load(name).hyper:
        for share in (0.0, 0.5, 1.0):
            hyper.read(drawn_value(hyper, share, 4, 16))


def test_the_window_of_a_temperature():
    tau = load("infonce").hyper[0]
    assert drawn_value(tau, 0, 4, 4) == pytest.approx(0.02)
    assert drawn_value(tau, 1, 4, 4) == pytest.approx(2)


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


def test_a_bound_is_a_triangle_inequality():
    exponent = load("arccon").formula()
    assert bound(exponent * 0 + 3, {"N": 2, "D": 2}) == 3
    score = load("mpt").formula().args[0]  # −c_ii' + max c_ik' + m
    assert bound(score, {"m": -0.5, "N": 2, "D": 2}) == 2.5
