"""The 50-digit evaluator against numbers worked out by hand."""

import mpmath
import pytest
from sympy import Integer, Rational, pi, sqrt

from derive.errors import LoweringError
from derive.nodes import (
    ANCHOR,
    H_PRIME,
    NEGATIVE,
    Angle,
    Component,
    Cos,
    D,
    Definition,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    H,
    Hinge,
    Log,
    N,
    Node,
    SampleIndex,
    Sin,
    Step,
    Stop,
    centred,
    stopped,
)
from derive.notation import (
    cosine,
    distance,
    hardest,
    hardest_index,
    same_view,
    sum_features,
    sum_pairs,
    sum_samples,
)
from derive.objectives import load
from verify.checks.points import derivative
from verify.evaluation import Evaluator
from verify.numbers import Point, mp

i, j, a = ANCHOR, NEGATIVE, FeatureIndex("a")


def rows(*values):
    return tuple(tuple(mp.mpf(str(x)) for x in row) for row in values)


#         h_0 = (1, 0), h_1 = (0, 1), h_2 = (.6, .8)
POINT = Point(
    rows((1, 0), (0, 1), (".6", ".8")),
    rows((1, 0), (".8", ".6"), (0, -1)),
    {"tau": mp.mpf("0.5")},
)


def value(e, frozen=None, **at):
    names = {"i": i, "j": j, "a": a}
    return Evaluator(POINT, frozen)(e, {names[k]: n for k, n in at.items()})


def close(found, expected):
    return abs(found - mp.mpf(expected)) < mp.mpf(10) ** -48


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (cosine(i, j), "0.8"),  # <h_0, h'_1>
        (cosine(j, i), "0"),  # <h_1, h'_0>
        (same_view(i, j), "0"),
        (Component(H_PRIME, j, a), "0.6"),
        (Delta(i, j), "0"),
        (Distinct(i, j), "1"),
        (sum_samples(lambda k: cosine(i, k)), "1.8"),
        (sum_samples(lambda k: cosine(i, k), other_than=i), "0.8"),
        (sum_samples(lambda k: Integer(2)), "6"),
        (sum_features(lambda b: Component(H_PRIME, j, b)), "1.4"),
        (sum_pairs(same_view), "1.4"),  # 0 + .6 + .8
        (hardest(lambda k: cosine(i, k), i), "0.8"),
        (hardest_index(lambda k: cosine(i, k), i), "1"),
        (cosine(i, hardest_index(lambda k: -cosine(i, k), i)), "0"),
        (Component(H_PRIME, hardest_index(lambda k: cosine(i, k), i), a), "0.6"),
        (Delta(hardest_index(lambda k: cosine(i, k), i), j), "1"),
        (hardest_index(lambda k: Integer(1) + 0 * k, i), "1"),  # a tie: the first, not the anchor
        (Hinge(cosine(i, j) - 1), "0"),
        (Hinge(cosine(i, j)), "0.8"),
        (Step(cosine(i, j)), "1"),
        (Step(same_view(i, j)), "0"),  # strict
        (N * D, "6"),
        (cosine(i, j) ** 2, "0.64"),
        (sqrt(Rational(4, 5) * cosine(i, j)), "0.8"),
        (Rational(1, 4) * cosine(i, j), "0.2"),
        (Component(centred(H), i, a), "-0.6"),  # mean of the feature: 1.8/3
        (distance(H, i, H, j), mpmath.sqrt(2)),
    ],
)
def test_a_node_has_its_value(e, expected):
    found = value(e, i=0, j=1, a=1)
    if isinstance(expected, str):
        assert close(found, expected)
    else:
        assert float(found) == pytest.approx(float(expected), rel=1e-15)


def test_transcendental_functions_have_fifty_digits():
    e = "2.7182818284590452353602874713526624977572470936999"
    assert close(value(Exp(Integer(1))), e)
    assert close(value(Log(Exp(Integer(1)))), 1)
    assert close(value(Exp(cosine(i, i) / load("infonce").parameters().tau), i=0), mp.mpf(e) ** 2)
    assert close(value(Angle(same_view(i, j)), i=0, j=1), mp.pi / 2)
    assert close(value(Cos(pi / 3)), "0.5")
    assert close(value(Sin(pi / 6)), "0.5")


def test_a_named_intermediate_has_the_value_of_its_body():
    k = SampleIndex("_k")
    twice = Definition("twice", (k,), 2 * cosine(k, k), opaque=True)
    assert close(value(twice(i), i=1), "1.2")


def test_a_guard_of_zero_decides_a_product_with_a_pole():
    inverse = sum_samples(lambda k: 1 / distance(H, i, H, k), other_than=i)
    assert value(inverse, i=0) > 0
    with pytest.raises(ZeroDivisionError):
        value(1 / distance(H, i, H, j), i=0, j=0)


def test_the_square_root_of_a_negative_number_is_a_pole():
    with pytest.raises(ZeroDivisionError, match="no real number"):
        value(sqrt(cosine(i, j)), i=2, j=2)


def test_what_is_stopped_stays_at_the_frozen_point():
    moved = POINT.moved(0, 0, mp.mpf(1))
    assert close(Evaluator(moved)(cosine(i, i), {i: 0}), 2)
    assert close(Evaluator(moved, frozen=POINT)(Stop(cosine(i, i)), {i: 0}), 1)
    assert close(Evaluator(moved, frozen=POINT)(Component(stopped(H), i, a), {i: 0, a: 0}), 1)
    assert close(Evaluator(moved)(Stop(cosine(i, i)), {i: 0}), 2)


def test_a_finite_difference_sees_a_stopped_factor_as_constant():
    square = cosine(i, i) ** 2
    half_stopped = Stop(cosine(i, i)) * cosine(i, i)
    assert abs(derivative(square, POINT, 0, 0) - 2) < mp.mpf(10) ** -30
    assert abs(derivative(half_stopped, POINT, 0, 0) - 1) < mp.mpf(10) ** -30


def test_infonce_of_two_pairs_by_hand():
    point = Point(rows((1, 0), (0, 1)), rows((1, 0), (0, 1)), {"tau": mp.mpf(1)})
    formula = load("infonce").formula()
    assert close(Evaluator(point)(formula, {i: 0}), mp.log(1 + mp.exp(-1)))


def test_missing_numbers_are_named():
    with pytest.raises(LoweringError, match="needs a number for i"):
        value(cosine(i, i))
    with pytest.raises(LoweringError, match="no value for m"):
        value(load("mpt").formula(), i=0)


def test_an_unknown_node_says_where_to_add_it():
    class Unknown(Node):
        pass

    with pytest.raises(LoweringError, match=r"no 50-digit rule for Unknown.*evaluation\.py"):
        value(Unknown(Integer(1)))


def test_every_node_of_the_closed_set_has_a_rule():
    from verify.evaluation import _RULES

    kinds = {kind for kind in Node.__subclasses__() if kind.__module__ == "derive.nodes"}
    assert kinds <= set(_RULES)
