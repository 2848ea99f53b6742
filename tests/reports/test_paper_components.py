"""Tables 1 and 2 of 001: printed against derived, on columns of the claims and a wrong one."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from derive.nodes import ANCHOR, NEGATIVE
from reports.context import Context
from reports.papers import components
from reports.papers.components import judged, notes_of, rows_of
from reports.papers.components.entries import Entry, factor, formula_cell
from reports.papers.components.names import name_cell
from verify.claims import claims_of
from verify.claims.model import Judgement, Outcome
from verify.claims.p001 import tables
from verify.evaluation import Evaluator
from verify.numbers import Point, mp


@pytest.fixture(scope="module")
def columns():
    return dict(tables.table_1()) | dict(tables.table_2())


def test_a_reading_names_claims_that_are_false_as_printed(columns):
    claims = {claim.id: claim for claim in claims_of("001")}
    read = {key: re.findall(r"001-[\w-]+", x.reading) for key, x in columns.items() if x.reading}
    assert read.keys() == {"mpt", "met", "barlow"}
    for names in read.values():
        assert names
        assert {claims[name].test(0).outcome for name in names} == {Outcome.FALSE}


@pytest.fixture(scope="module")
def barlow(columns):
    return judged(columns["barlow"], 0)


def by_hand(h, h_prime, tau):
    """GD, W and R of InfoNCE, anchor 0, negative 1, from its softmax."""
    p = np.exp(h[0] @ h_prime.T / tau)
    others = p[1:].sum()
    return others / p.sum(), p[1] / (tau * others), 1.0


def test_derived_and_printed_entries_have_the_values_of_the_softmax(columns):
    rng = np.random.default_rng(3)
    h, h_prime = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in rng.normal(size=(2, 4, 3)))
    rows = [tuple(tuple(mp.mpf(x) for x in row) for row in view) for view in (h, h_prime)]
    evaluate = Evaluator(Point(*rows, {"tau": mp.mpf("0.5")}))
    at = {ANCHOR: 0, NEGATIVE: 1}
    part = judged(columns["infonce"], 0)
    for entry, value in zip(part.entries, by_hand(h, h_prime, 0.5), strict=True):
        assert float(evaluate(entry.derived, at)) == pytest.approx(value, rel=1e-12)
        assert float(evaluate(entry.printed, at)) == pytest.approx(value, rel=1e-12)
    assert not any(x.differs for x in part.entries)
    assert part.whole.outcome is Outcome.EXACT


def test_met_is_its_gradient_along_the_sphere_alone(columns):
    printed, derived = rows_of(judged(columns["met"], 0))
    assert printed[-1].text == derived[-1].text == "tangent"
    assert [x.mark for x in printed] == [""] * len(printed)
    assert printed[0].text == "MET"


def test_a_conditional_entry_is_marked_with_its_condition_and_correction(barlow):
    printed, derived = rows_of(barlow)
    assert [x.mark for x in printed[3:]] == ["", "differs", "differs", "differs"]
    assert "two samples have one cosine" in printed[4].note
    assert not any(x.mark for x in derived)
    notes = "\n".join(notes_of(barlow))
    assert "Corrected: always, with c_i'j' for c_ij'" in notes
    assert "the printed row as a vector: conditional" in notes


def test_formulas_are_well_formed_mathml_and_one_line_of_text(barlow):
    for row in rows_of(barlow):
        for cell in row[3:6]:
            assert ElementTree.fromstring(str(cell.html)).tag.endswith("math")
            assert "\n" not in cell.text
            assert "c_" in cell.text or cell.text == "1"


def test_names_have_their_scripts():
    assert name_cell("L_i^{u,MHS}").html == "L<sub>i</sub><sup>u,MHS</sup>"
    assert name_cell("L^a + ν L^mB").html == "L<sup>a</sup> + ν L<sup>mB</sup>"
    assert name_cell("h'_j").html == "h&#x27;<sub>j</sub>"


def test_a_wrong_entry_is_caught_and_corrected(columns):
    right = columns["mpt"]
    part = judged(replace(right, weight=2 * right.weight), 0)
    dissipation, weight, ratio = part.entries
    assert weight.judgement.outcome is Outcome.FALSE
    assert weight.mark == "differs"
    assert any("Corrected: 1/2·" in x for x in notes_of(part))
    assert part.whole.outcome is Outcome.FALSE
    assert not dissipation.differs
    assert not ratio.differs
    assert next(rows_of(part))[-1].mark == "differs"


def test_a_factor_is_no_function_of_the_embeddings(columns):
    weight, hyper = columns["infonce"].weight, columns["infonce"].hyper
    assert factor(weight * 3, weight, hyper) == "3"
    assert factor(weight, weight * hyper[0].symbol, hyper) == "1/τ"
    assert factor(weight, columns["infonce"].dissipation, hyper) == ""
    assert factor(weight, weight * 0, hyper) == ""
    wrong = Judgement(Outcome.FALSE)
    assert Entry("weight W", weight, weight, wrong, "1/τ").mark == "differs by a factor 1/τ"


def test_the_table_holds_every_entry_once(monkeypatch, columns):
    chosen = [(key, columns[key]) for key in ("infonce", "mpt")]
    monkeypatch.setattr(tables, "table_1", lambda: iter(chosen))
    told = []
    (table,) = components.table_1(Context(tell=lambda *x: told.append(x)))
    assert len(table.rows) == 4
    assert all(len(row) == len(table.head) for row in table.rows)
    assert table.data.columns["component"] == ["gradient dissipation GD", "weight W", "ratio R"] * 2
    assert set(table.data.columns["verdict"]) == {"exact"}
    assert "0 of 6 printed entries differ" in table.caption
    assert [x[0] for x in told] == [column.name for _, column in chosen]
    text = formula_cell(columns["mpt"].weight, columns["mpt"].hyper).text
    assert table.data.columns["printed"][4] == text == "1[j = j*]"


@pytest.mark.slow
def test_table_2_whole():
    (table,) = components.table_2(Context())
    verdicts = dict(
        zip(
            zip(table.data.columns["loss"], table.data.columns["component"], strict=True),
            table.data.columns["verdict"],
            strict=True,
        )
    )
    wrong = {key: x for key, x in verdicts.items() if x not in ("exact", "tangent")}
    assert wrong == {
        ("L^B", "weight W"): "conditional",
        ("L^B", "ratio R"): "conditional",
        ("L^V", "weight W"): "conditional",
        ("L^V", "ratio R"): "conditional",
        ("L^mMHS", "ratio R"): "false",
    }
    assert any("the least for the greatest" in x for x in table.notes)
