"""MathML of every sheet: well-formed, and every element with the children it takes."""

from xml.etree import ElementTree

import pytest

from derive.api import decompose
from derive.objectives import names
from derive.printing.boxes import SUM, Big, Fraction, Leaf, Power, Row, Script, leaf
from derive.printing.mathml import to_mathml
from derive.printing.sheet import Formula, build_sheet
from tests.catalogue import sampled

CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "munder": 2, "mover": 2}


def elements(box):
    """Every element of the formula, without its namespace."""
    root = ElementTree.fromstring(to_mathml(box))
    return [(x.tag.partition("}")[2], x) for x in root.iter()]


@pytest.mark.parametrize("name", sampled(names()))
def test_elements_have_the_children_they_take(name):
    boxes = [
        x.box for part in build_sheet(decompose(name)) for x in part.items if isinstance(x, Formula)
    ]
    for box in boxes:
        for tag, element in elements(box):
            assert len(element) == CHILDREN.get(tag, len(element)), ElementTree.tostring(element)


@pytest.mark.parametrize("name", sampled(names()))
def test_no_letter_holds_another_notation(name):
    for part in build_sheet(decompose(name)):
        for item in part.items:
            for tag, element in elements(item.box) if isinstance(item, Formula) else ():
                assert not set(element.text or "") & set("_{}\u0302'"), (tag, element.text)


def test_a_primed_symbol_with_an_index():
    assert "<msub><mrow><mi>h</mi>" in to_mathml(Script(leaf("h'"), (leaf("i"),)))


def test_a_centred_primed_symbol():
    assert "</mover><mo" in to_mathml(leaf("h\u0302'"))


def test_a_fraction_in_an_exponent_lies_flat():
    assert "<mfrac>" not in to_mathml(Power(leaf("e"), Fraction(leaf("c"), leaf("τ"))))


def test_a_sum_grows():
    big = Big(SUM, Row((leaf("j"), Leaf("≠", r"\neq", "mo"), leaf("i"))), leaf("a"))
    assert "∑</mo>" in to_mathml(big)
