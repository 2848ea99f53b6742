"""What the pages say of a loss is what is proved of it."""

import re

import pytest
from sympy import Add, Integer, Rational, Symbol

from derive.errors import LoweringError
from derive.hyper import Domain, Hyper
from derive.nodes import H_PRIME, H, Inner, SampleIndex
from derive.properties import properties
from reports.atlas.facts import gate_of
from reports.atlas.javascript.batch import scale
from reports.atlas.javascript.code import Code
from reports.atlas.javascript.writer import MOST, Writer
from reports.atlas.relations import compared, relations
from tests.reports.atlas.pages import decomposed


@pytest.mark.parametrize(
    ("name", "gate"),
    [
        ("mpt", "hard"),
        ("dcl_plus", "hard"),
        ("hard_infonce", "soft"),
        ("supcon", "soft"),
        ("dcl", "none"),
        ("align", "none"),
        ("alpha_lifted", "convention"),
        ("alpha_modified_triplet", "convention"),
        ("mixup_infonce_positive", "convention"),
    ],
)
def test_a_gate_is_hard_only_where_a_step_closes_it(name, gate):
    d = decomposed(name)
    entries = properties(d).entries if d.dissipation == 1 else ()
    assert gate_of(d, entries) == gate


def test_a_relation_leaves_no_letter_unexplained():
    found = relations("vicreg", ["vicreg_original"], compared("vicreg", ["vicreg_original"]))
    assert found
    assert any("vicreg normalises its rows and vicreg_original does not" in x.text for x in found)
    assert not any(re.search(r"\b[AB]\b", x.text) for x in found)


@pytest.mark.parametrize(
    ("domain", "default"),
    [
        (Domain(Integer(0), Integer(1)), Rational(1, 1000)),
        (Domain(Integer(0), Integer(1)), Rational(999, 1000)),
        (Domain(Integer(0), Integer(1), low_open=False), Integer(0)),
        (Domain(low=Integer(-1)), Rational(-1, 2)),
        (Domain(high=Integer(2)), Integer(1)),
        (Domain(low=Integer(0)), Rational(1, 10)),
        (Domain(), Integer(0)),
    ],
)
def test_a_slider_holds_its_default_and_stays_in_the_domain(domain, default):
    low, high, _ = scale(Hyper("q", "q", "q", default, domain, "made up"), float(default))
    assert low <= float(default) <= high
    assert low < high
    assert domain.contains(Rational(low))
    assert domain.contains(Rational(high))


def test_too_many_free_indices_are_refused():
    indices = [SampleIndex(x) for x in ("_a", "_b", "_c", "_d")]
    e = Add(Symbol("x"), *(Inner(H, indices[0], H_PRIME, k) for k in indices[1:]))
    assert len(indices) > MOST
    with pytest.raises(LoweringError, match="4 free indices"):
        Writer().function("value", e, lambda: Code("0", 0))
