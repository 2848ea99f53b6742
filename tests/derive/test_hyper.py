"""Reading hyper-parameters: exact, inside their domain, and nothing evaluated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, pi

from derive.errors import HyperparameterError
from derive.hyper import NONNEGATIVE, POSITIVE, REAL, Domain, read_number
from derive.objectives import load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Rational(1, 10)),
        (".5", Rational(1, 2)),
        ("1/20", Rational(1, 20)),
        ("1e-3", Rational(1, 1000)),
        ("-2", Rational(-2)),
        ("pi/18", pi / 18),
        ("2*pi", 2 * pi),
        (0.1, Rational(1, 10)),
        (3, Rational(3)),
    ],
)
def test_numbers_are_exact(text: object, value: object) -> None:
    assert read_number("x", text) == value


@given(text=st.text(max_size=40))
def test_any_text_is_a_number_or_a_clear_error(text: str) -> None:
    try:
        number = read_number("tau", text)
    except HyperparameterError:
        return
    assert number.is_number


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "1+", "1e999999", "nan", "inf", "9**9**9", "1" * 10**6, True, None, []],
)
def test_what_is_no_number_is_refused(text: object) -> None:
    with pytest.raises(HyperparameterError):
        read_number("tau", text)


@pytest.mark.parametrize("value", ["1e400", "1e-400"])
def test_what_a_double_does_not_hold_is_refused(value: str) -> None:
    with pytest.raises(HyperparameterError, match="beyond the numbers of double precision"):
        load("infonce").defaults({"tau": value})


def test_domains_describe_themselves() -> None:
    assert POSITIVE.describe("τ") == "τ > 0"
    assert NONNEGATIVE.describe("r") == "r ≥ 0"
    assert REAL.describe("m") == "m real"
    angle = Domain(Rational(0), pi, low_open=False)
    assert angle.describe("u") == "0 ≤ u < π"
    assert angle.contains(Rational(0))
    assert not angle.contains(pi)
