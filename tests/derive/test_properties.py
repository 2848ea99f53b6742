"""The sheet of properties: hand-known values, planted faults, and numbers against each proof."""

import math
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sympy import Expr, Integer, Rational, S

from derive.hyper import REAL, Hyper
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Component,
    Delta,
    Exp,
    H,
    Hinge,
    Inner,
    Log,
    N,
    Stop,
)
from derive.notation import (
    cosine,
    hardest,
    hardest_index,
    same_view,
    score,
    sum_features,
    sum_samples,
    top,
)
from derive.numeric import Point, mp
from derive.numeric import evaluate as numeric
from derive.objective import BOTH, CROSS, SAME, Objective
from derive.objectives import load
from derive.paradigm import decompose
from derive.properties import Properties, properties
from derive.properties.inequality import ALWAYS, NEVER, where_at_least
from derive.properties.masks import (
    ANY,
    MINUS,
    NONNEGATIVE,
    NONPOSITIVE,
    PLUS,
    ZERO,
    negated,
    product,
    total,
)
from derive.properties.points import normalised
from derive.properties.samples import batches
from derive.properties.signs import Signs
from derive.properties.subject import Subject
from derive.properties.symmetric import Batch, chance, value
from derive.properties.tidy import tidy
from derive.verdict import Verdict
from verify.evaluation import Evaluator
from verify.numbers import Point as ExactPoint
from verify.numbers import mp as verify_mp

LOSSES = ("infonce", "dcl", "mpt", "met", "arccon", "vicreg", "mvicreg")
c = Subject(decompose(load("infonce"))).cosine


@cache
def sheet(name: str) -> Properties:
    return properties(decompose(load(name)))


def answer(name: str, entry: str) -> str:
    found = sheet(name)[entry]
    assert found.status is Verdict.PROVED, found
    return found.answer


# ---- what is known by hand ----


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        ("infonce", "chance", "log(N)"),
        ("infonce", "collapse", "log(N)"),
        ("dcl", "chance", "log(N − 1)"),
        ("mpt", "chance", "max(0, m)"),
        ("met", "collapse", "max(0, m)"),
        ("vicreg", "chance", "not a function of c"),
        ("vicreg", "collapse", "2 ν_var max(0, γ − √(ε))"),
        ("arccon", "collapse", "log(1 + (N − 1) e^((1 − cos(u))/τ))"),
        ("infonce", "infimum", "log(1 + (N − 1) e^(−2/τ))"),
        ("dcl", "infimum", "log(N − 1) − 2/τ"),
        ("mpt", "infimum", "max(0, m − 2)"),
        (
            "arccon",
            "infimum",
            "min(log(1 + (N − 1) e^(−(1 + cos(u))/τ)), log(1 + (N − 1) e^((cos(u) − 1)/τ)))",
        ),
        ("spectral", "infimum", "−2"),
        ("align", "infimum", "0"),
        pytest.param("supcon", "chance", "log(2 N − 1)", marks=pytest.mark.slow),
        ("uniform", "infimum", "−4 t"),
        ("infonce", "negative", "no"),
        ("dcl", "negative", "yes"),
        ("mpt", "negative", "no"),
        ("vicreg", "negative", "no"),
        ("infonce", "dissipation_range", "(0, 1)"),
        ("mpt", "dissipation_range", "{0, 1}"),
        ("dcl", "dissipation_range", "1"),
        ("infonce", "dissipation_in_positive", "decreasing"),
        ("met", "dissipation_in_positive", "piecewise constant and non-increasing"),
        ("arccon", "dissipation_in_positive", "decreasing where θ_ii' < π − u"),
        ("infonce", "weight", "increasing"),
        ("mpt", "weight", "hardest only"),
        ("met", "weight", "hardest only"),
        ("mvicreg", "weight", "increasing"),
        ("infonce", "ratio_at_least_one", "R_i = 1"),
        ("arccon", "ratio_at_least_one", "θ_ii' ≤ π/2 − u/2 (or u = 0)"),
        ("met", "ratio_at_least_one", "c_ii' ≥ c_ij*'"),
        ("mvicreg", "ratio_at_least_one", "r ≥ 1"),
        ("infonce", "rotation", "invariant"),
        ("infonce", "permutation", "invariant"),
        ("vicreg", "view_swap", "invariant"),
        ("infonce", "scale_raw", "invariant"),
        ("infonce", "gibbs", "T = τ"),
        ("infonce", "entropy", "increasing"),
        ("mpt", "gibbs", "T → 0"),
        ("infonce", "balance", "holds"),
        ("infonce", "conjecture_1", "yes"),
        ("dcl", "conjecture_1", "no"),
        ("mpt", "conjecture_2", "yes"),
        ("infonce", "conjecture_3", "no"),
        ("arccon", "conjecture_3", "in part"),
    ],
)
def test_known_by_hand(name: str, entry: str, expected: str) -> None:
    assert answer(name, entry) == expected


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("vicreg", "rotation"),
        ("infonce", "view_swap"),
        ("infonce", "scale_h"),
        ("arccon", "balance"),
    ],
)
def test_refuted_with_the_ground(name: str, entry: str) -> None:
    found = sheet(name)[entry]
    assert found.status is Verdict.REFUTED
    assert found.evidence


def test_rotation_is_refuted_by_numbers() -> None:
    evidence = sheet("vicreg")["rotation"].evidence
    assert "(3/5, 4/5)" in evidence
    assert "then" in evidence


def test_infonce_over_all_anchors_is_bounded_by_the_simplex() -> None:
    assert "e^(−(1 + 1/(N − 1))/τ)" in sheet("infonce")["infimum"].statement


def test_samples_say_so() -> None:
    found = sheet("vicreg")["infimum"]
    assert found.status == "sampled"
    for word in ("seed", "N = 3", "no proof"):
        assert word in found.evidence


def test_nothing_is_open_for_infonce() -> None:
    assert sheet("infonce").open == ()


def test_conjectures_are_worded_as_such() -> None:
    titles = [x.title for x in sheet("infonce").sections()]
    assert any("Conjectures of arXiv:2402.18281 (not facts)" in title for title in titles)


@pytest.mark.parametrize("name", LOSSES)
def test_the_sheet_prints_and_has_data(name: str) -> None:
    text = sheet(name).render("text")
    assert max(map(len, text.replace("\u0302", "").splitlines())) <= 80
    data = sheet(name).data()
    assert {x["status"] for x in data["properties"]} <= {
        "proved",
        "refuted",
        "sampled",
        "undecided",
    }
    assert all(x["evidence"] for x in data["properties"])


def test_an_exact_value_is_data_that_sympy_reads() -> None:
    chance_of = next(x for x in sheet("infonce").data()["properties"] if x["name"] == "chance")
    assert chance_of["value"]["sympy"].startswith("log(Symbol('N'")


# ---- planted faults ----


class _Made(Objective):
    """Made for a test."""

    title, source, reduction, differentiated = "made", "a test", "mean over anchors", "anchor"
    pool = CROSS

    def terms(self, i: Expr, x: Any) -> Expr:
        raise NotImplementedError


class Flipped(_Made):
    """InfoNCE with the sign of the positive flipped in the partition."""

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        others = sum_samples(lambda k: Exp(-cosine(i, k)), other_than=i)
        return -s(i) + Log(Exp(s(i)) + others)


class Softened(_Made):
    """A push that eases off as the negative comes near."""

    def terms(self, i: Expr, x: Any) -> Expr:
        return -cosine(i, i) + sum_samples(lambda k: Log(2 + cosine(i, k)), other_than=i)


class Sunk(_Made):
    """InfoNCE less a constant: it can be negative."""

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        others = sum_samples(lambda k: Exp(cosine(i, k)), other_than=i)
        return -s(i) + Log(Exp(s(i)) + others) - 2


class Named(_Made):
    """A sum of fourth powers of features: it depends on the axes."""

    differentiated, reduction, pool = "batch", "one scalar of the batch", SAME

    def terms(self, i: Expr, x: Any) -> Expr:
        return sum_samples(lambda k: sum_features(lambda a: Component(H, k, a) ** 4))


class Gap(_Made):
    """A hinge that pulls as soon as the positive is near: GD grows with c_ii'."""

    hyper = (Hyper("m", "m", "m", Rational(1, 2), REAL, "margin"),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: -cosine(k, k))
        return Hinge(-s(i) + hardest(lambda k: cosine(i, k), i) + x.m)


def made(kind: type[Objective]) -> Properties:
    return properties(decompose(kind()))


def test_a_flipped_push_is_not_increasing() -> None:
    found = made(Flipped)["weight"]
    assert found.answer == "decreasing"
    assert made(Flipped)["sign_of_weight"].answer == "negative"
    assert made(Flipped)["conjecture_2"].answer == "no"


def test_a_push_that_eases_off_is_decreasing() -> None:
    found = made(Softened)
    assert (found["weight"].status, found["weight"].answer) == (Verdict.PROVED, "decreasing")
    assert found["conjecture_2"].answer == "no"


def test_a_constant_makes_it_negative() -> None:
    found = made(Sunk)["negative"]
    assert (found.status, found.answer) == (Verdict.PROVED, "yes")


def test_axes_are_seen() -> None:
    found = made(Named)
    assert found["rotation"].status is Verdict.REFUTED
    assert found["scale_h"].answer == "degree 4"
    assert found["scale_h_prime"].answer == "invariant"


def test_a_gate_of_the_wrong_sign_is_not_non_increasing() -> None:
    found = made(Gap)["dissipation_in_positive"]
    assert found.answer == "piecewise constant and non-decreasing"
    assert made(Gap)["conjecture_1"].answer == "no"


# ---- what only a convention sets is not called proved ----


class _Of(_Made):
    """A loss of one anchor, written in a line."""

    hyper = (Hyper("t", "t", "t", Rational(3), REAL, "a rate of either sign"),)

    def terms(self, i: Expr, x: Any) -> Expr:
        s = score(lambda k: cosine(k, k))
        others = sum_samples(lambda k: Exp(x.t * cosine(i, k)), other_than=i)
        return self.line(i, x, s(i), others)

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        raise NotImplementedError


class SquaredHinge(_Of):
    """The push is 2 max(0, ·): it fades as c_ii' grows, and has no limit."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        return Hinge(1 - s + hardest(lambda k: cosine(i, k), i)) ** 2


@pytest.mark.parametrize("name", ["alpha_lifted", "alpha_modified_triplet"])
def test_no_limit_of_the_push_is_not_no_dissipation(name: str) -> None:
    found = sheet(name)
    assert found["dissipation_range"].answer == "1 by convention"
    assert "nothing dissipates" not in found.render("text")
    assert found["conjecture_1"].answer == "in part"


def test_a_push_that_fades_dissipates() -> None:
    found = made(SquaredHinge)
    assert found["dissipation_range"].answer == "1 by convention"
    assert found["dissipation_in_positive"].answer == "the push: non-increasing"
    assert found["conjecture_1"].answer == "in part"


def test_a_push_of_unknown_direction_is_undecided() -> None:
    found = sheet("mixup_infonce_positive")
    assert found["dissipation_in_positive"].status is Verdict.UNDECIDED
    assert found["conjecture_1"].status is Verdict.UNDECIDED


@pytest.mark.parametrize("name", ["dcl", "uniform_same_view", "vicreg", "align"])
def test_a_push_without_the_positive_does_not_dissipate(name: str) -> None:
    found = sheet(name)["dissipation_range"]
    assert found.statement == "GD_i = 1 for every batch: nothing dissipates."


# ---- whom a ranking picks ----


class Easiest(_Of):
    """The least similar negative is pushed; −min is no maximum, and not convex."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        return cosine(i, hardest_index(lambda k: -cosine(i, k), i)) - s


class OtherRanking(_Of):
    """Ranked by the negatives' own positives too."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        return cosine(i, hardest_index(lambda k: cosine(i, k) - cosine(k, k), i)) - s


class PickedByOthers(_Of):
    """Pushed are those whose own hardest negative the anchor is."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        def picked(k: Expr) -> Expr:
            return Delta(i, hardest_index(lambda m: cosine(k, m), k)) * cosine(i, k)

        return sum_samples(picked, other_than=i) - s


class EasiestShare(_Of):
    """The easier half of the negatives."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        def of_share(j: Expr) -> Expr:
            return top(j, lambda k: -cosine(i, k), i, Rational(1, 2)) * cosine(i, j)

        return sum_samples(of_share, other_than=i) - s


@pytest.mark.parametrize(
    ("kind", "answer", "says", "conjecture"),
    [
        (Easiest, "easiest only", "but the easiest.", "no"),
        (OtherRanking, "one picked", "the sample with the largest c_ij' − c_jj'", "undecided"),
        (PickedByOthers, "one picked", "other samples' rankings decide", "undecided"),
        (EasiestShare, "easiest share", "the easiest share of the negatives", "no"),
    ],
)
def test_a_pick_is_not_the_hardest_by_name(
    kind: type[Objective], answer: str, says: str, conjecture: str
) -> None:
    found = made(kind)
    assert found["weight"].answer == answer
    assert says in found["weight"].statement
    assert found["conjecture_2"].answer == conjecture
    assert "T → 0" not in found["gibbs"].answer


def test_the_cosine_at_a_pick_is_not_linear() -> None:
    """−1 − 1/(N − 1) is no infimum of the mean: two far pairs of N = 4 are below it."""
    found = made(Easiest)["infimum"]
    assert "Over all anchors" not in found.statement
    assert "convex" not in found.evidence


# ---- temperatures ----


class Rate(_Of):
    """log Σ e^{tc} with a real t."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        return Log(others) - s


class Cosh(_Of):
    """e^{2c} − e^{−c} is no exponential."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        return sum_samples(lambda k: Exp(2 * cosine(i, k)) + Exp(-cosine(i, k)), other_than=i) - s


class TwoViews(_Of):
    """One partition over both views: a temperature that no rule here finds."""

    pool = BOTH

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        same = sum_samples(lambda k: Exp(x.t * same_view(i, k)), other_than=i)
        return Log(others + same) - s


def test_the_temperature_of_a_rate_of_either_sign() -> None:
    found = made(Rate)
    assert (found["gibbs"].status, found["gibbs"].answer) == (Verdict.PROVED, "T = 1/t")
    assert "t ≠ 0" in found["gibbs"].statement
    assert found["entropy"].answer == "increasing in |T|"


def test_no_temperature_is_shown_by_a_point() -> None:
    found = made(Cosh)["gibbs"]
    assert (found.status, found.answer) == (Verdict.PROVED, "not Gibbs")
    assert found.evidence.startswith("a point: log(W_ij/W_ik)")


def test_a_temperature_that_is_not_found_is_undecided() -> None:
    found = made(TwoViews)["gibbs"]
    assert found.status is Verdict.UNDECIDED
    assert found.statement.startswith("No temperature was found")


# ---- constants and conditions are decided ----


class Pole(_Of):
    """1/0 at collapse."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        return (2 + s) / (1 - s) + Log(others)


class Quotient(_Of):
    """0/0 at collapse."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        hard = hardest(lambda k: cosine(i, k), i)
        return (1 - hard) / (1 - s) + Log(others)


class Static(_Of):
    """R_i = 1/(3N − 4)."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        mean = sum_samples(lambda k: cosine(i, k), other_than=i) / (N - 1)
        return (3 * N - 4) * mean - s


class Margin(_Of):
    """A hinge that is shut at the simplex, for every N."""

    def line(self, i: Expr, x: Any, s: Expr, others: Expr) -> Expr:
        return Hinge(Rational(1, 5) - s + hardest(lambda k: cosine(i, k), i))


def test_a_pole_is_told_from_zero_by_zero() -> None:
    assert made(Pole)["collapse"].evidence == "it divides by zero there"
    assert made(Quotient)["collapse"].evidence == "it divides zero by zero there"
    assert sheet("mmhs")["collapse"].evidence == "it divides by zero there"


def test_constant_conditions_are_evaluated() -> None:
    found = made(Static)
    assert found["ratio_at_least_one"].answer == "R_i < 1"
    assert found["balance"].answer == "never"
    assert sheet("uniform")["balance"].answer == "never"


def test_hinges_of_constants_are_decided() -> None:
    found = made(Margin)["infimum"]
    assert found.value == 0
    assert "inf of the mean = 0" in found.statement


def test_conditions_are_decided_by_signs_first() -> None:
    s = Subject(decompose(load("infonce")))
    assert where_at_least(Exp(Integer(3)), Exp(POSITIVE), s) == ALWAYS
    assert where_at_least(Exp(POSITIVE), Exp(Integer(3)), s) == NEVER
    assert where_at_least(Exp(POSITIVE), Exp(Integer(1)), s) == "c_ii' = 1"


def test_the_ratio_says_where_it_exists() -> None:
    assert sheet("mpt")["ratio_at_least_one"].statement == "R_i = 1 where Σ_j a_ij is not 0."
    assert sheet("infonce")["ratio_at_least_one"].statement == "R_i = 1."


# ---- the provers, by themselves ----

SIGNS = Signs()
POSITIVE, NEGATIVE_COSINE = cosine(ANCHOR, ANCHOR), cosine(ANCHOR, NEGATIVE)
OTHERS = sum_samples(lambda k: Exp(cosine(ANCHOR, k)), other_than=ANCHOR)


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (1 - POSITIVE, NONNEGATIVE),
        (2 + POSITIVE, PLUS),
        (POSITIVE, ANY),
        (OTHERS - Exp(NEGATIVE_COSINE), NONNEGATIVE),
        (OTHERS - 2 * Exp(NEGATIVE_COSINE), ANY),
        (Log(1 + OTHERS), PLUS),
        (Log(OTHERS), ANY),
        (Log(Exp(POSITIVE) + OTHERS) - POSITIVE, PLUS),
        (Log(OTHERS) - POSITIVE, ANY),
        (N - 1 - sum_samples(lambda k: cosine(ANCHOR, k), other_than=ANCHOR), NONNEGATIVE),
        (N - 2, NONNEGATIVE),
        (N - 3, ANY),
        (-(POSITIVE**2), NONPOSITIVE),
    ],
)
def test_signs(e: Expr, expected: int) -> None:
    assert SIGNS(e) == expected


def test_masks_follow_the_signs_of_numbers() -> None:
    numbers = {MINUS: (-2, -1), ZERO: (0,), PLUS: (1, 2)}
    masks = [MINUS, ZERO, PLUS, NONNEGATIVE, NONPOSITIVE, ANY]

    def of(mask: int) -> list[int]:
        return [x for sign, values in numbers.items() if mask & sign for x in values]

    def sign(x: int) -> int:
        return PLUS if x > 0 else MINUS if x < 0 else ZERO

    for x in masks:
        assert all(sign(-a) & negated(x) for a in of(x))
        for y in masks:
            assert all(sign(a * b) & product((x, y)) for a in of(x) for b in of(y))
            assert all(sign(a + b) & total((x, y)) for a in of(x) for b in of(y))


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (sum_samples(lambda k: same_view(ANCHOR, k)), 1 + (N - 1) * c),
        (
            sum_samples(lambda k: sum_samples(lambda m: same_view(k, m), other_than=k)),
            N * (N - 1) * c,
        ),
        (hardest(lambda k: cosine(ANCHOR, k), ANCHOR), c),
        (Stop(cosine(ANCHOR, ANCHOR)) ** 2, c**2),
    ],
)
def test_sums_over_a_symmetric_batch(e: Expr, expected: Expr) -> None:
    assert (value(e, chance(c)) - expected).expand() == 0


def test_a_symmetric_batch_tells_its_four_cosines_apart() -> None:
    batch = Batch(S.One, Rational(1, 2), Rational(1, 3), Rational(1, 4))
    assert value(sum_samples(lambda k: cosine(ANCHOR, k)), batch) == 1 + (N - 1) / Integer(2)
    assert value(same_view(ANCHOR, NEGATIVE), batch) == Rational(1, 3)


def test_tidy_takes_logarithms_apart() -> None:
    assert tidy(Log(N * Exp(c)) - c) == Log(N)


# ---- numbers against what is called proved ----


def exact_batches(subject: Subject) -> list[ExactPoint]:
    """Some of the drawn batches, for verify's own evaluation with 50 digits."""
    found = []
    for point in list(batches(subject))[:6]:
        exact = subject.sampler.in_digits(point)
        rows = [
            tuple(tuple(verify_mp.mpf(str(x)) for x in row) for row in view)
            for view in (exact.h, exact.h_prime)
        ]
        values = {name: verify_mp.mpf(str(x)) for name, x in exact.values.items()}
        found.append(ExactPoint(rows[0], rows[1], values))
    return found


@pytest.mark.parametrize("name", LOSSES)
def test_ranges_and_bounds_hold_at_points(name: str) -> None:
    subject = Subject(decompose(load(name)))
    found = sheet(name)
    for point in exact_batches(subject):
        ev = Evaluator(point)
        for i in range(point.n if subject.anchored else 1):
            at = {ANCHOR: i}
            assert 0 <= ev(subject.d.dissipation, at) <= 1
            loss = ev(subject.formula, at)
            if found["negative"].answer == "no":
                assert loss >= 0
            least = found["infimum"]
            if least.value is not None:
                assert loss >= ev(least.value, at) - verify_mp.mpf(10) ** -40


@pytest.mark.parametrize("name", ["infonce", "dcl", "mvicreg"])
def test_harder_negatives_weigh_more_at_points(name: str) -> None:
    """Within one anchor the weights are in the order of the cosines."""
    subject = Subject(decompose(load(name)))
    ((view, weight),) = subject.weight.items()
    for point in exact_batches(subject):
        ev = Evaluator(point)
        for i in range(point.n):
            pairs = sorted(
                (
                    ev(subject.negative(view), {ANCHOR: i, NEGATIVE: j}),
                    ev(weight, {ANCHOR: i, NEGATIVE: j}),
                )
                for j in range(point.n)
                if j != i
            )
            assert all(x[1] <= y[1] for x, y in pairwise(pairs))


def rows_of(gram: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    """Vectors with the given inner products (Cholesky's factor)."""
    size = len(gram)
    rows = [[0.0] * size for _ in range(size)]
    for i, row in enumerate(rows):
        for j in range(i + 1):
            rest = gram[i][j] - sum(row[k] * rows[j][k] for k in range(j))
            row[j] = math.sqrt(rest) if i == j else rest / rows[j][j]
    return tuple(map(tuple, rows))


def moved_alone(t: Expr, n: int, random: Random) -> list[tuple[tuple[float, ...], ...]]:
    """Two batches of n pairs in 2n dimensions that differ in one inner product, which grows."""
    unit = normalised([[random.gauss(0, 1) for _ in range(3)] for _ in range(2 * n)])
    share = random.uniform(0.2, 0.9)
    gram = [
        [1.0 if x is y else share * sum(p * q for p, q in zip(x, y, strict=True)) for y in unit]
        for x in unit
    ]
    v, i, w, j = t.args
    at = [n * v.name.endswith("'"), n * w.name.endswith("'") + (i != j)]
    found = [rows_of(gram)]
    gram[at[0]][at[1]] += 0.01
    gram[at[1]][at[0]] = gram[at[0]][at[1]]
    return [*found, rows_of(gram)]


def claims(subject: Subject) -> list[tuple[Expr, Expr, int]]:
    """Expressions, the inner product they move with, and the signs that were proved."""
    h, h_prime = subject.objective.anchor, subject.objective.positive
    pairs = ((h, h_prime), (h, h), (h_prime, h_prime))
    cosines = [subject.positive, *(Inner(v, ANCHOR, w, NEGATIVE) for v, w in pairs)]
    parts = [subject.formula, subject.dissipation, *subject.weight.values()]
    found = [(e, t, subject.direction(t)(e)) for e in parts for t in cosines]
    return [x for x in found if x[2] != ANY]


@pytest.mark.parametrize("name", LOSSES)
def test_proved_directions_hold_where_one_cosine_moves(name: str) -> None:
    subject, random, n = Subject(decompose(load(name))), Random(1), 4
    for e, t, proved in claims(subject):
        for _ in range(4):
            before, after = (
                numeric(
                    e,
                    subject.sampler.float_point(Point(rows[:n], rows[n:], {})),
                    at={ANCHOR: 0, NEGATIVE: 1},
                )
                for rows in moved_alone(t, n, random)
            )
            change = after - before
            if abs(change) > 1e-9 * (1 + abs(before)):
                assert (PLUS if change > 0 else MINUS) & proved


@pytest.mark.parametrize("name", ["arccon", "met"])
def test_the_condition_of_the_ratio_at_points(name: str) -> None:
    subject = Subject(decompose(load(name)))
    for point in exact_batches(subject):
        ev = Evaluator(point)
        for i in range(point.n):
            ratio = ev(subject.d.ratio, {ANCHOR: i})
            own = ev(POSITIVE, {ANCHOR: i})
            if name == "met":
                hard = ev(hardest(lambda k: cosine(ANCHOR, k), ANCHOR), {ANCHOR: i})
                assert (ratio >= 1) == (own >= hard)
            else:
                angle, margin = verify_mp.acos(own), point.values["u"]
                assert (ratio >= 1) == (angle <= verify_mp.pi / 2 - margin / 2)


def test_the_simplex_attains_the_infimum_of_the_mean() -> None:
    """N = 3 at 120°: InfoNCE's mean is log(1 + 2 e^(−3/(2τ))), and no drawn batch is below."""
    subject = Subject(decompose(load("infonce")))
    tau = verify_mp.mpf(1) / 2
    half, root = verify_mp.mpf(1) / 2, verify_mp.sqrt(3) / 2
    rows = ((verify_mp.mpf(1), verify_mp.mpf(0)), (-half, root), (-half, -root))
    point = ExactPoint(rows, rows, {"tau": tau})
    least = verify_mp.log(1 + 2 * verify_mp.exp(-3 / (2 * tau)))
    found = Evaluator(point)(subject.formula, {ANCHOR: 0})
    assert abs(found - least) < verify_mp.mpf(10) ** -45


def test_the_entropy_of_gibbs_weights_grows() -> None:
    cosines = [mp.mpf(x) / 7 for x in (-3, 1, 2, 5)]

    def entropy(temperature: Any) -> Any:
        weights = [mp.exp(x / temperature) for x in cosines]
        shares = [w / sum(weights) for w in weights]
        return -sum(p * mp.log(p) for p in shares), shares

    t, h = mp.mpf(1) / 3, mp.mpf(10) ** -15
    slope = (entropy(t + h)[0] - entropy(t - h)[0]) / (2 * h)
    shares = entropy(t)[1]
    mean = sum(p * x for p, x in zip(shares, cosines, strict=True))
    variance = sum(p * (x - mean) ** 2 for p, x in zip(shares, cosines, strict=True))
    assert abs(slope - variance / t**3) < mp.mpf(10) ** -15


def test_numbers_agree_with_verify() -> None:
    """derive.numeric and verify.evaluation share no rule."""
    for name in LOSSES:
        subject = Subject(decompose(load(name)))
        point = subject.sampler.in_digits(next(batches(subject)))
        rows = [
            tuple(tuple(verify_mp.mpf(str(x)) for x in row) for row in view)
            for view in (point.h, point.h_prime)
        ]
        values = {key: verify_mp.mpf(str(x)) for key, x in point.values.items()}
        other = Evaluator(ExactPoint(rows[0], rows[1], values))(subject.formula, {ANCHOR: 0})
        assert abs(verify_mp.mpf(str(numeric(subject.formula, point, {ANCHOR: 0}))) - other) < 1e-40


def test_torch_is_not_imported() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from derive.objectives import load; from derive.paradigm import decompose; "
        "from derive.properties import properties; str(properties(decompose(load('mpt')))); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
