"""`derive limit`: leading terms, held against 50-digit values of the loss near the end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest
from click.testing import CliRunner
from sympy import Rational, S, log, oo

from derive.asymptotics.claims import Leading, Rest
from derive.asymptotics.generic import vanishes_openly
from derive.asymptotics.limit import LimitResult, ends_of, limit
from derive.asymptotics.signs import sign, signs
from derive.canonical import for_print
from derive.cli import main
from derive.errors import HyperparameterError, UnknownNameError
from derive.hyper import POSITIVE, Hyper
from derive.identity import vanishes
from derive.nodes import ANCHOR, D, Exp, H, Hinge, Log, N
from derive.notation import cosine, hardest, same_view, score, squared_distance, sum_samples
from derive.objective import CROSS, Objective
from derive.objectives import load, names
from derive.presentable import FORMATS
from derive.verdict import Verdict
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, mp

SIZE, DIMENSION = 4, 3
CASES = [(name, x.name, end) for name in names() for x in load(name).hyper for end in ends_of(x)]
UNDECIDED = {
    ("mixup_infonce", "tau", "0"),
    ("mixup_infonce_positive", "tau", "0"),
    ("mhe_gd_w", "tau", "0"),
    ("barlow_twins_gd_w", "tau", "0"),
    ("vicreg_gd_w", "tau", "0"),
    ("alpha_direct", "p", "oo"),
}

FAST = {  # one of each way that an end is treated; the others are run by `make slow`
    ("infonce", "tau", "0"),
    ("infonce", "tau", "oo"),
    ("dcl_plus", "tau", "0"),
    ("supcon", "tau", "oo"),
    ("mixup_infonce", "lam", "0"),
    ("mixup_infonce", "tau", "0"),
    ("siglip", "b", "-oo"),
    ("siglip", "t", "oo"),
    ("align", "alpha", "0"),
    ("align", "alpha", "oo"),
    ("uniform", "t", "oo"),
    ("mpt", "m", "-oo"),
    ("hard_infonce", "share", "0"),
    ("vicreg", "nu_cov", "oo"),
    ("barlow_twins", "nu", "0"),
    ("mmhe", "tau", "0"),
    ("alpha_direct", "p", "0"),
    ("alpha_direct", "p", "oo"),
}


@dataclass(frozen=True)
class Gap:
    """What is left at one value of the parameter, beside a factor e^exponent."""

    parameter: Number
    rest: Number
    low: Number | None
    high: Number | None


def gaps(result: LimitResult, rest: Rest, seed: int = 0) -> list[Gap]:
    """At two values near the end, the second ten times nearer."""
    assert result.leading is not None
    near = {"0": "1e-3", "oo": "1e3", "-oo": "-1e3"}[result.to]
    if rest.exponentially_small:  # beyond e^(−gap/τ) of any gap that is likely
        near = {"0": "1e-6", "oo": "1e6", "-oo": "-1e6"}[result.to]
    step = 10 if result.to != "0" else mp.mpf("0.1")
    return [gap_at(result, rest, mp.mpf(near) * x, seed) for x in (1, step)]


def gap_at(result: LimitResult, rest: Rest, parameter: Number, seed: int) -> Gap:
    leading = result.leading
    assert leading is not None
    at, ev = {ANCHOR: 0}, Evaluator(point(result, parameter, seed))
    factor = mp.exp(ev(leading.exponent, at))
    left = (ev(result.formula, at) - ev(leading.expression, at)) / factor
    bounds = [None if x is None else ev(x * leading.parameter**rest.order, at) for x in
              (rest.low, rest.high)]  # fmt: skip
    return Gap(parameter, left, bounds[0], bounds[1])


def point(result: LimitResult, parameter: Number, seed: int) -> Point:
    objective, random = result.objective, Random(seed)
    defaults = {x: v.subs({N: SIZE, D: DIMENSION}) for x, v in objective.defaults().items()}
    values = {x: mp.mpf(v.p) / v.q if v.is_Rational else mp.mpf(str(v.evalf(40)))
              for x, v in defaults.items()}  # fmt: skip
    inputs = {x: [[(k + 1) % SIZE, (k + 2) % SIZE] for k in range(SIZE)] for x in objective.inputs}
    if "labels" in inputs:
        inputs["labels"] = [0, 1, 0, 2]
    return Point(rows(random), rows(random), {**values, result.parameter.name: parameter}, inputs)


def rows(random: Random) -> tuple[tuple[Number, ...], ...]:
    return tuple(unit([mp.mpf(random.gauss(0, 1)) for _ in range(DIMENSION)]) for _ in range(SIZE))


def unit(x: list[Number]) -> tuple[Number, ...]:
    norm = mp.sqrt(mp.fsum(v * v for v in x))
    return tuple(v / norm for v in x)


def holds(result: LimitResult, rest: Rest, seed: int = 0) -> bool:
    """Whether what is left is as small as the rest claims, and inside its bounds."""
    far, near = gaps(result, rest, seed)
    if rest.none:
        return all(abs(x.rest) < mp.mpf("1e-36") * (1 + abs(x.parameter) ** 2) for x in (far, near))
    for x in (far, near):
        if x.low is not None and not x.low - mp.mpf("1e-40") <= x.rest <= x.high + mp.mpf("1e-40"):
            return False
    if rest.exponentially_small:
        return max(abs(far.rest), abs(near.rest)) < mp.mpf("1e-30")
    order = float(rest.order or 0)
    shrinks = abs(near.rest) <= 2 * abs(far.rest) * abs(near.parameter / far.parameter) ** order
    return bool(shrinks or abs(near.rest) < mp.mpf("1e-40"))


@pytest.mark.parametrize(
    ("loss", "parameter", "to"),
    [x if x in FAST else pytest.param(*x, marks=pytest.mark.slow) for x in CASES],
)
def test_the_rest_is_as_small_as_claimed(loss: str, parameter: str, to: str) -> None:
    result = limit(loss, parameter, to)
    if (loss, parameter, to) in UNDECIDED:
        assert result.verdict is Verdict.UNDECIDED
        assert result.reason
        return
    assert result.verdict is Verdict.PROVED
    for rest in rests(result.leading):
        assert holds(result, rest)


def rests(leading: Leading | None) -> Iterator[Rest]:
    assert leading is not None
    yield leading.rest
    if leading.sharper is not None:
        yield leading.sharper


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("loss", ["infonce", "ntxent", "mvicreg", "alpha_modified_triplet"])
def test_other_batches_agree(loss: str, seed: int) -> None:
    name = "c" if loss == "alpha_modified_triplet" else "tau"
    for to in ends_of(next(x for x in load(loss).hyper if x.name == name)):
        result = limit(loss, name, to)
        assert all(holds(result, rest, seed) for rest in rests(result.leading))


def test_a_wrong_leading_term_does_not_pass() -> None:
    right = limit("infonce", "tau", "oo")
    assert right.leading is not None
    (n0, c0), (n1, c1) = right.leading.terms
    for terms in (((n0, c0), (n1, c1 * Rational(10001, 10000))), ((n0, Log(N - 1)), (n1, c1))):
        wrong = LimitResult(
            right.objective, right.parameter, right.to, {}, right.formula,
            Leading(right.leading.parameter, terms, S.Zero, right.leading.rest),
        )  # fmt: skip
        assert not holds(wrong, right.leading.rest)


# ---- exact results ----

POSITIVE_COSINE = cosine(ANCHOR, ANCHOR)
MEAN_OF_OTHERS = sum_samples(lambda k: cosine(ANCHOR, k), other_than=ANCHOR)
GAP = hardest(lambda k: cosine(ANCHOR, k), ANCHOR) - POSITIVE_COSINE


def equal(a, b) -> bool:
    return vanishes(a - b) is Verdict.PROVED


def leading(loss: str, parameter: str, to: str, **settings: object) -> Leading:
    found = limit(loss, parameter, to, **settings).leading
    assert found is not None
    return found


def test_infonce_towards_zero_is_the_hardest_triplet() -> None:
    x = leading("infonce", "tau", "0")
    assert [n for n, _ in x.terms] == [-1]
    assert equal(x.last[1], Hinge(GAP))
    assert (x.rest.order, x.rest.low, x.rest.high) == (0, 0, Log(N))
    assert x.assumed == ()
    assert x.sharper == Rest(oo)
    assert [kind for kind, _ in x.sharper_assumed] == ["unique", "nonzero"]


def test_infonce_towards_infinity_is_the_simple_loss() -> None:
    x = leading("infonce", "tau", "oo")
    assert [n for n, _ in x.terms] == [0, -1]
    assert x.terms[0][1] == Log(N)
    assert equal(x.last[1], (MEAN_OF_OTHERS - (N - 1) * POSITIVE_COSINE) / N)
    assert x.rest == Rest(-2)


def test_dcl_and_dcl_plus() -> None:
    assert equal(leading("dcl", "tau", "0").last[1], GAP)
    assert leading("dcl", "tau", "0").rest.high == Log(N - 1)
    x = leading("dcl_plus", "tau", "oo")
    assert x.terms[0][1] == Log(N - 1)
    assert x.assumed == (("nonzero", Log(N - 1)),)  # N = 2 is another matter


def test_margins_and_weights() -> None:
    x = leading("mpt", "m", "oo")
    assert x.rest.none
    assert x.eventually
    assert [n for n, _ in x.terms] == [1, 0]
    x = leading("vicreg", "nu_cov", "oo")
    assert x.last[0] == 1
    assert x.rest.order == 0
    assert leading("hard_infonce", "share", "0").assumed[0][0] == "unique"


def test_a_setting_can_decide() -> None:
    """With ε = 0 the positive is no candidate, and nothing is compared with it."""
    assert leading("alpha_infonce", "tau", "0").assumed
    x = leading("alpha_infonce", "tau", "0", eps=0)
    same = hardest(lambda k: same_view(ANCHOR, k), ANCHOR)
    assert equal(x.last[1], same - POSITIVE_COSINE)
    assert x.assumed == ()


@pytest.mark.parametrize(
    ("loss", "parameter"), [("align", "alpha"), ("align_uniform", "alpha"), ("alpha_direct", "p")]
)
def test_a_vanishing_power_assumes_that_its_base_is_not_zero(loss: str, parameter: str) -> None:
    """0^p stays 0 where x^p goes to 1."""
    result = limit(loss, parameter, 0)
    assert result.leading is not None
    assert [kind for kind, _ in result.leading.assumed] == ["base"]
    text = " ".join(str(result).split())
    assert "≠ 0 for all of them (no two coincident embeddings)" in text
    assert result.data()["assumed"][0]["kind"] == "base"


class Powers(Objective):
    """Bases of vanishing powers: positive, and a distance of a sample to itself in the sum."""

    title, source, reduction = "a loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", CROSS
    hyper = (Hyper("p", "p", "p", Rational(1), POSITIVE, "power"),)

    def __init__(self, whole: bool):
        self.whole = whole

    def terms(self, i, x):
        if self.whole:
            return sum_samples(lambda k: squared_distance(H, i, H, k) ** x.p)
        return Exp(cosine(i, i)) ** x.p + (3 + Exp(cosine(i, i))) ** x.p


def test_bases_that_are_positive_or_zero_for_sure() -> None:
    positive = limit(Powers(whole=False), "p", 0)
    assert positive.leading is not None
    assert positive.leading.assumed == ()
    assert limit(Powers(whole=True), "p", 0).verdict is Verdict.UNDECIDED


def test_a_negative_term_is_subtracted() -> None:
    result = limit("siglip", "b", "-oo")
    assert "L = −b − ───" in str(result)
    assert "+ −" not in str(result)
    assert "+ -" not in result.render("latex").replace("+-", "+ -")


def test_a_maximum_over_all_samples_is_explained() -> None:
    for loss, parameter, to in (("align", "alpha", "oo"), ("uniform", "t", "oo")):
        assert "i is any one sample" in str(limit(loss, parameter, to))
    assert "any one sample" not in str(limit("mmhe", "tau", 0))
    assert "any one sample" not in str(limit("siglip", "b", "oo"))


class Softplus(Objective):
    """What a user may write: a loss whose largest terms are the same for many batches."""

    title, source, reduction = "a loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", CROSS
    hyper = (Hyper("tau", "τ", r"\tau", Rational(1), POSITIVE, "temperature"),)

    def terms(self, i, x):
        s = score(lambda k: cosine(k, k))
        gap = lambda k: Hinge(cosine(i, k) - s(i))  # noqa: E731
        return Log(sum_samples(lambda k: Exp(-gap(k) / x.tau), other_than=i))


def test_ties_that_are_no_accident_are_undecided() -> None:
    result = limit(Softplus(), "tau", "0")
    for rest in rests(result.leading) if result.leading else ():
        assert holds(result, rest)
    pairs = hardest(lambda k: hardest(lambda m: same_view(k, m), k), ANCHOR)
    own = hardest(lambda k: same_view(ANCHOR, k), ANCHOR)
    assert vanishes_openly(for_print(pairs - own))
    assert vanishes_openly(for_print(Hinge(GAP)))
    assert not vanishes_openly(for_print(GAP))


def test_signs() -> None:
    assert sign(N - 1) == 1
    assert signs(Log(N - 1)) == (0, 1)
    assert sign(Log(N)) == 1
    assert signs(POSITIVE_COSINE) == (-1, 1)
    v = load("mhe").anchor
    assert signs(squared_distance(v, ANCHOR, v, ANCHOR)) != (-1, -1)
    assert sign(sum_samples(lambda k: Exp(cosine(ANCHOR, k)), other_than=ANCHOR)) == 1
    assert sign(log(S(2)) + 0 * N) == 1


# ---- the interface ----


@pytest.mark.parametrize(
    ("loss", "parameter", "to", "message"),
    [
        ("infonce", "m", "0", "unknown hyper-parameter 'm'"),
        ("infonce", "tau", "1", "unknown end '1'"),
        ("infonce", "tau", "-oo", "cannot go to -oo"),
        ("arccon", "u", "oo", "Choose 0"),
        ("spectral", "tau", "0", "has no hyper-parameters"),
    ],
)
def test_what_cannot_be_asked(loss: str, parameter: str, to: str, message: str) -> None:
    with pytest.raises((UnknownNameError, HyperparameterError), match=message):
        limit(loss, parameter, to)
    with pytest.raises(HyperparameterError, match="Leave out one"):
        limit("infonce", "tau", "0", tau=1)


def test_the_command() -> None:
    run = CliRunner().invoke(main, ["limit", "--loss", "infonce", "--param", "tau", "--to", "oo"])
    assert run.exit_code == 0, run.output
    assert "log(N)" in run.output
    assert "The rest is O(1/τ²)." in run.output
    wrong = CliRunner().invoke(main, ["limit", "--loss", "infonce", "--param", "m", "--to", "0"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("form", FORMATS)
def test_every_format(form: str) -> None:
    for result in (limit("dcl", "tau", 0), limit("alpha_direct", "p", "oo")):
        assert result.render(form)
    data = json.loads(limit("dcl", "tau", 0).render("json"))
    assert data["verdict"] == "proved"
    assert data["rest"]["high"]["text"] == "log(N − 1)"


def test_an_undecided_limit_says_why() -> None:
    assert "Undecided: an exponential of diverging exponent" in str(
        limit("alpha_direct", "p", "oo")
    )
