"""`derive compare`: relations that are known, faults that must not pass, counterexamples."""

import json
import math
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from sympy import Expr, Integer, Rational

from derive.cli import main
from derive.comparison.compare import ComparisonResult, compare
from derive.comparison.corners import corners
from derive.comparison.counterexample import Evidence
from derive.comparison.fit import affine
from derive.comparison.grid import SIZES, simple_batches
from derive.comparison.relations import SETTLED, Kind
from derive.errors import HyperparameterError, UnknownNameError
from derive.hyper import REAL, Hyper
from derive.identity import vanishes
from derive.nodes import (
    H_PRIME,
    Angle,
    Cos,
    Exp,
    H,
    Hinge,
    Inner,
    Log,
    Match,
    N,
    SampleIndex,
    Step,
    Stop,
    Top,
    stopped,
)
from derive.notation import cosine, hardest, same_view, score, squared_distance, sum_samples
from derive.objective import CROSS, SAME, Objective
from derive.objectives._common import partition, temperature
from derive.verdict import Verdict

s = score(lambda k: cosine(k, k))
_k = SampleIndex("_k")


def kinds(result: ComparisonResult) -> list[Kind]:
    return [x.kind for x in result.findings]


def proved(result: ComparisonResult, kind: Kind) -> str:
    """The text of the finding of that kind, which has to be proved and the strongest."""
    assert kinds(result)[0] is kind
    assert result.verdict is Verdict.PROVED
    return result.findings[0].text


def is_zero(e: Expr) -> bool:
    return vanishes(e) is Verdict.PROVED


# ---- the relations of the literature ----


def test_a_loss_is_itself() -> None:
    for loss in ("infonce", "ntxent", "supcon", "vicreg", "met", "mvicreg", "mixup_infonce"):
        result = compare(loss, loss)
        proved(result, Kind.SAME)
        assert result.counterexample is None


def test_dcl_is_alpha_infonce_without_the_positive() -> None:
    result = compare("dcl", "alpha_infonce")
    text = proved(result, Kind.SPECIAL)
    assert result.findings[0].where.keys() == {"B.eps", "pool"}
    assert result.findings[0].where["B.eps"] == "0"
    assert "L_A = L_B/τ" in text
    assert "h_j ↔ h'_j" in text
    set_to_zero = compare("dcl", "alpha_infonce", {"B.eps": 0})
    assert set_to_zero.findings[0].where.keys() == {"pool"}


def test_infonce_is_the_softplus_of_dcl() -> None:
    result = compare("infonce", "dcl")
    text = proved(result, Kind.FUNCTION)
    assert text.startswith("L_A = log(1 + e^(L_B))")
    assert "∇L_A = σ(L_B)·∇L_B by every embedding" in text
    assert kinds(result)[1] is Kind.GATED
    g = result.findings[1].parts["gradient_factor"]
    assert is_zero(g - result.decompositions[0].dissipation)
    assert result.relation == "a function of the other"
    other_way = compare("dcl", "infonce")
    assert other_way.findings[0].text.startswith("L_B = log(1 + e^(L_A))")


def test_mpt_is_the_limit_of_infonce() -> None:
    for settings in ({}, {"B.m": 0}):
        result = compare("infonce", "mpt", settings)
        text = proved(result, Kind.LIMIT)
        assert result.findings[0].where["limit"] == "A.tau → 0"
        assert "As τ → 0: L_A = L_B/τ + rest" in text
        assert "0 ≤ rest ≤ log(N)" in text
        assert ("with m = 0 in B" in text) == (not settings)


def test_the_simple_loss_is_the_limit_of_infonce() -> None:
    result = compare("infonce", "simple")
    text = proved(result, Kind.LIMIT)
    assert result.findings[0].where == {"B.lam": "1/(N - 1)", "limit": "A.tau → oo"}
    assert "L_A = log(N) + (N − 1)/(N τ)·L_B + rest" in text
    assert "O(1/τ²)" in text


def test_dcl_plus_is_a_hinge_on_dcl() -> None:
    text = proved(compare("dcl_plus", "dcl"), Kind.FUNCTION)
    assert text == "L_A = max(0, L_B); ∇L_A = 1[L_B > 0]·∇L_B by every embedding."


def test_vicreg_without_two_terms_is_alignment() -> None:
    result = compare("vicreg", "align", {"nu_cov": 0, "nu_var": 0, "alpha": 2})
    proved(result, Kind.FACTOR)
    assert str(result.findings[0].parts["factor"]) == "nu_inv"


@pytest.mark.parametrize(
    ("a", "b", "kind", "words"),
    [
        ("infonce", "arccon", Kind.SPECIAL, "u = 0 in B"),
        ("alpha_mine", "alpha_infonce", Kind.SPECIAL, "L_A = L_B"),
        ("alpha_n_plus_1_tuplet", "alpha_mine", Kind.FUNCTION, "softplus"),
        ("uniform", "uniform_same_view", Kind.SPECIAL, "the other view"),
        ("mhe", "uniform_same_view", Kind.LIMIT, "t = 1 in B"),
        ("vicreg", "vicreg_original", Kind.UNIT, "A normalises its rows and B does not"),
        ("mhs", "mhs_anchor", Kind.SAME, "L_A = L_B"),
        ("hard_simple", "simple", Kind.SPECIAL, "α = 1 in A"),
        ("infonce", "dcl_plus", Kind.GATED, "for all negatives"),
    ],
)
def test_more_relations(a: str, b: str, kind: Kind, words: str) -> None:
    assert words in proved(compare(a, b), kind)


def test_equal_weights_and_another_ratio() -> None:
    result = compare("infonce", "arccon", {"B.u": "1/10"})
    proved(result, Kind.WEIGHTS)
    assert result.counterexample is not None


# ---- different, with numbers ----


def test_infonce_and_mpt_with_a_margin_are_different() -> None:
    result = compare("infonce", "mpt", {"m": ".23"})
    assert (result.relation, result.verdict) == ("different", Verdict.REFUTED)
    shown = result.counterexample
    assert shown is not None
    assert (shown.n, shown.d) == (2, 2)
    for evidence in shown.evidence:
        recomputed(evidence)
    assert len(shown.evidence) == 2
    assert shown.evidence[0].ratio != pytest.approx(shown.evidence[1].ratio)


def recomputed(evidence: Evidence) -> None:
    """Both values in plain arithmetic, at τ = 1/20 and m = .23."""
    h, h_prime = evidence.batch
    c = [float(sum(x * y for x, y in zip(h[0], row, strict=True))) for row in h_prime]
    infonce = math.log(sum(math.exp(20 * x) for x in c)) - 20 * c[0]
    mpt = max(0.0, max(c[1:]) - c[0] + 0.23)
    assert evidence.values == pytest.approx((infonce, mpt), abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b"), [("mpt", "met"), ("infonce", "spectral"), ("vicreg", "barlow_twins")]
)
def test_unrelated_losses_are_different(a: str, b: str) -> None:
    result = compare(a, b)
    assert result.relation == "different"
    assert result.counterexample is not None


def test_small_batches_are_plain_and_of_unit_vectors() -> None:
    for n, d in SIZES:
        batches = list(simple_batches(n, d))
        assert len(batches) > 10
        for h, h_prime in batches:
            assert all(sum(x * x for x in row) == 1 for row in (*h, *h_prime))
            assert h[0] == (1, *[0] * (d - 1))


# ---- nearly equal losses: planted faults ----


class _Near(Objective):
    title, source, reduction = "a loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", CROSS
    hyper = (temperature(Rational(1, 2)),)

    def terms(self, i, x):
        raise AssertionError


class Factor(_Near):
    def terms(self, i, x):
        infonce = Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau)) - s(i) / x.tau
        return infonce * Rational(10001, 10000)


class Constant(_Near):
    def terms(self, i, x):
        return Log((Exp(s(i) / x.tau) + partition(cosine, i, x.tau)) / N) - s(i) / x.tau


class PullTooStrong(_Near):
    def terms(self, i, x):
        together = Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau))
        return together - Rational(10001, 10000) * s(i) / x.tau


class Sign(_Near):
    def terms(self, i, x):
        return Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau)) + s(i) / x.tau


class PositiveTwice(_Near):
    """The j = i term stands in the sum and beside it."""

    def terms(self, i, x):
        everyone = sum_samples(lambda k: Exp(cosine(i, k) / x.tau))
        return Log(Exp(s(i) / x.tau) + everyone) - s(i) / x.tau


class Columns(_Near):
    def terms(self, i, x):
        swapped = partition(lambda a, b: cosine(b, a), i, x.tau)
        return Log(Exp(s(i) / x.tau) + swapped) - s(i) / x.tau


class NegativesStopped(_Near):
    stop_gradients = "the negatives"

    def terms(self, i, x):
        among = partition(lambda a, b: Inner(H, a, stopped(H_PRIME), b), i, x.tau)
        return Log(Exp(s(i) / x.tau) + among) - s(i) / x.tau


class Reweighted(_Near):
    """A surrogate with the gradient of InfoNCE by every embedding, and other values."""

    stop_gradients = "the weights"

    def terms(self, i, x):
        together = Exp(s(i) / x.tau) + partition(cosine, i, x.tau)
        weight = lambda k: Stop(Exp(cosine(i, k) / x.tau) / together)  # noqa: E731
        return (sum_samples(lambda k: weight(k) * cosine(i, k)) - s(i)) / x.tau


class AllCandidates(_Near):
    """InfoNCE with one sum over all candidates: the same."""

    def terms(self, i, x):
        return Log(sum_samples(lambda k: Exp((cosine(i, k) - cosine(i, i)) / x.tau)))


def test_other_spellings_are_the_same() -> None:
    proved(compare("infonce", AllCandidates()), Kind.SAME)


def test_a_factor_and_a_constant_are_named() -> None:
    result = compare(Factor(), "infonce")
    proved(result, Kind.FACTOR)
    assert result.findings[0].parts["factor"] == Rational(10001, 10000)
    result = compare(Constant(), "infonce")
    proved(result, Kind.CONSTANT)
    assert is_zero(result.findings[0].parts["constant"] + Log(N))


@pytest.mark.parametrize("fault", [PullTooStrong, Sign, PositiveTwice, Columns])
def test_nearly_equal_is_not_the_same(fault: type[_Near]) -> None:
    result = compare("infonce", fault())
    assert not {Kind.SAME, Kind.CONSTANT, Kind.FACTOR, Kind.AFFINE, Kind.GRADIENT} & {
        *kinds(result)
    }
    assert result.counterexample is not None


def test_stop_gradients_are_not_overlooked() -> None:
    result = compare("infonce", NegativesStopped())
    assert kinds(result)[0] is Kind.VALUES
    assert result.counterexample is not None
    result = compare("infonce", Reweighted())
    proved(result, Kind.GRADIENT)
    assert result.findings[0].parts["factor"] == 1


class DoubleAngle(_Near):
    hyper = ()

    def terms(self, i, x):
        return -Cos(2 * Angle(cosine(i, i)))


class DoubleAngleByCosine(_Near):
    hyper = ()

    def terms(self, i, x):
        return 1 - 2 * cosine(i, i) ** 2


def test_what_only_numbers_know_is_not_called_proved() -> None:
    result = compare(DoubleAngle(), DoubleAngleByCosine())
    assert (result.relation, result.verdict) == ("same function", Verdict.AGREED)
    text = " ".join(str(result).split())
    assert "not proved" in text
    assert "L_A = L_B at every batch tried (22: 12 random, collapse, h' = −h, h' = h" in text
    assert "for all" not in text
    assert not result.settled


class _Added(_Near):
    """InfoNCE and a term that few batches see."""

    added: Callable[[Expr], Expr]

    def terms(self, i, x):
        together = Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau))
        return together - s(i) / x.tau + type(self).added(i)


class HingeAtOpposite(_Added):
    def added(i):
        return Hinge(Rational(-999, 1000) - s(i))


class GateAtOpposite(_Added):
    def added(i):
        return Step(Rational(-99, 100) - s(i))


class Tiny(_Added):
    def added(i):
        return Exp(s(i) - 100)


class OfLabels(_Added):
    inputs = ("labels",)

    def added(i):
        return Log(sum_samples(lambda k: Match(i, k)))


class Divided(_Near):
    """A term of the labels inside the logarithm, and a factor."""

    inputs = ("labels",)

    def terms(self, i, x):
        together = Exp(s(i) / x.tau) + partition(cosine, i, x.tau)
        return 2 * Log(together / sum_samples(lambda k: Match(i, k))) - 2 * s(i) / x.tau


class FewHardest(_Near):
    hyper = ()

    def terms(self, i, x):
        top = lambda j: Top(j, cosine(i, _k), _k, i, Rational(1, 1000))  # noqa: E731
        return sum_samples(lambda j: top(j) * cosine(i, j), other_than=i) - s(i)


class Hardest(_Near):
    hyper = ()

    def terms(self, i, x):
        return hardest(lambda k: cosine(i, k), i) - s(i)


@pytest.mark.slow
def test_a_difference_that_random_batches_miss_is_found() -> None:
    for a, b in ((HingeAtOpposite(), "infonce"), (GateAtOpposite(), "infonce")):
        result = compare(a, b)
        assert not {*kinds(result)} & set(SETTLED)
        shown = result.counterexample
        assert shown is not None
        assert "goes through these values" in shown.says
    ties = compare(FewHardest(), Hardest())
    assert ties.relation == "different"


def test_a_small_difference_is_no_constant() -> None:
    assert not {*kinds(compare(Tiny(), "infonce"))} & set(SETTLED)


def test_a_term_of_the_labels_is_named() -> None:
    result = compare(OfLabels(), "infonce")
    assert "L_A = L_B + log(Σ_{k} 1[y_i = y_k])" in proved(result, Kind.LABELS)
    text = proved(compare(Divided(), "infonce"), Kind.AFFINE_LABELS)
    assert text.startswith("L_A = 2·L_B − 2 log(Σ_{k} 1[y_i = y_k])")


def test_a_loss_that_normalises_is_another_on_raw_rows() -> None:
    result = compare("vicreg", "vicreg_original")
    assert result.relation == "same on unit embeddings"
    assert not result.settled
    shown = result.counterexample
    assert shown is not None
    assert shown.raw
    (first, second) = shown.evidence
    assert first.values[0] == pytest.approx(second.values[0])
    assert first.values[1] != pytest.approx(second.values[1])
    text = " ".join(str(result).split())
    assert "Doubling z_1 changes L_B and leaves L_A as it is" in text
    assert "The defaults differ: ν_inv = 1 in A, 25 in B" in text
    assert result.data()["settled"] is False
    assert compare("vicreg", "vicreg").settled


def test_other_defaults_are_named() -> None:
    assert compare("mvicreg", "mmhe").data()["other_defaults"] == {"r": ("3/2", "7/4")}


def test_corners_are_unit_vectors_and_what_their_names_say() -> None:
    for n, d in SIZES:
        named = dict(corners(n, d))
        for h, h_prime in named.values():
            assert {len(h), len(h_prime)} == {n}
            assert all(sum(x * x for x in row) == 1 for row in (*h, *h_prime))
        assert all(x == tuple(-c for c in y) for x, y in zip(*named["h' = −h"], strict=True))
        assert len({*named["collapse"][0], *named["collapse"][1]}) == 1
        assert n == 2 or named["two tied negatives"][1][1] == named["two tied negatives"][1][2]


class LogarithmOfDistance(_Near):
    hyper, differentiated = (), "batch"

    def terms(self, i, x):
        return sum_samples(lambda k: Log(squared_distance(H, k, H_PRIME, k))) / N


def test_a_limit_inherits_what_it_assumes() -> None:
    text = proved(compare("align", LogarithmOfDistance()), Kind.LIMIT)
    assert text.startswith("As α → 0: L_A = 1 + α/2·L_B + rest")
    assert "≠ 0 for all of them (no two coincident embeddings)" in text


class Shifted(_Near):
    """A parameter that only moves the value."""

    hyper = (temperature(Rational(1, 2)), Hyper("k", "k", "k", Integer(1), REAL, "shift"))

    def terms(self, i, x):
        return Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau)) - s(i) / x.tau + x.k


def test_a_constant_may_hold_a_parameter() -> None:
    result = compare(Shifted(), "infonce")
    proved(result, Kind.CONSTANT)
    assert str(result.findings[0].parts["constant"]) == "k"


class SameViewBatch(_Near):
    differentiated, pool = "batch", SAME

    def terms(self, i, x):
        return sum_samples(lambda k: Log(partition(same_view, k, x.tau)) - s(k) / x.tau)


def test_a_mean_over_anchors_is_compared_with_a_batch_scalar() -> None:
    result = compare("dcl", SameViewBatch())
    text = proved(result, Kind.SPECIAL)
    assert "the other view" in text
    assert "L_A = 1/N·L_B" in text or "L_A = L_B/N" in text
    assert "compared by its mean over i" in " ".join(str(result).split())


# ---- numbers alone decide nothing ----


def test_a_fit_needs_a_line() -> None:
    assert affine([1.0, 3.0, 5.0], [0.0, 1.0, 2.0]) is not None
    assert affine([1.0, 3.0, 5.0 + 1e-6], [0.0, 1.0, 2.0]) is None
    assert affine([1.0, 1.0, 1.0], [0.0, 1.0, 2.0]) is None
    assert affine([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]) is None
    assert affine([1.0, math.nan, 3.0], [1.0, 2.0, 3.0]) is None


# ---- the interface ----


def test_settings_of_one_and_of_both() -> None:
    result = compare("infonce", "dcl", {"A.tau": ".1", "B.tau": ".2"})
    assert result.a.settings == {"tau": ".1"}
    assert result.b.settings == {"tau": ".2"}
    both = compare("infonce", "mpt", tau="1/10")
    assert (both.a.settings, both.b.settings) == ({"tau": "1/10"}, {})
    with pytest.raises(UnknownNameError, match="unknown hyper-parameter"):
        compare("infonce", "dcl", {"C.tau": 1})
    with pytest.raises(UnknownNameError, match="unknown hyper-parameter"):
        compare("infonce", "dcl", {"m": 1})
    with pytest.raises(HyperparameterError, match="set twice"):
        compare("infonce", "dcl", {"A.tau": 1, "tau": 1})


def test_the_command() -> None:
    arguments = ["compare", "--loss", "infonce", "--loss", "mpt", "--set", "B.m=0"]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 0, run.output
    for text in ("A limit of the other (proved", "GD_i [A]", "R_i [B] = 1", "Counterexample"):
        assert text in run.output
    assert max(map(len, run.output.splitlines())) <= 80
    assert CliRunner().invoke(main, arguments[:3]).exit_code == 2


def test_latex_and_json() -> None:
    result = compare("infonce", "mpt", {"m": ".23"})
    assert r"\section" in result.render("latex")
    data = json.loads(result.render("json"))
    assert data["relation"] == "different"
    assert data["counterexample"]["N"] == 2
    assert data["a"]["ratio"]["text"] == "1"
