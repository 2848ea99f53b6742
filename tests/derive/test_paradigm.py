"""The canonical split: what the papers' tables have, derived; and what cannot be built."""

from dataclasses import replace

import pytest
from sympy import S, Symbol

import derive
from derive.conditions import EQUAL_FEATURES, ZERO_MEAN
from derive.errors import DecompositionError
from derive.identity import vanishes
from derive.nodes import ANCHOR, NEGATIVE, D, Delta, H, Inner, N, Sin, Step, centred
from derive.paradigm import Decomposition
from derive.printed import compare_printed, own_equality
from derive.verdict import Verdict

TABLE_1 = ["infonce", "arccon", "mpt", "met"]


@pytest.mark.parametrize("loss", TABLE_1)
def test_reproduces_the_row_of_table_1(loss: str) -> None:
    (comparison,) = compare_printed(derive.decompose(loss))
    assert comparison.equality.sense == ("tangent" if loss == "met" else "ambient")
    assert comparison.equality.conditions == ()


@pytest.mark.parametrize("loss", [*TABLE_1, "mvicreg"])
def test_components_equal_the_printed_ones_one_by_one(loss: str) -> None:
    d = derive.decompose(loss)
    row, x = d.objective.printed[0], d.objective.parameters()
    assert equal(d.dissipation, row.dissipation(ANCHOR, NEGATIVE, x))
    if d.dissipation.has(Delta) or d.weight[d.objective.pools[0]].has(Delta):
        return  # one-hot weights: compared as the vector in test_reproduces_the_row_of_table_1
    assert equal(d.weight[d.objective.pools[0]], row.weight(ANCHOR, NEGATIVE, x))
    assert equal(d.ratio, row.ratio(ANCHOR, NEGATIVE, x))


def equal(a: object, b: object) -> bool:
    return vanishes(a - b, exact=True) is Verdict.PROVED


def test_gates_are_indicators_and_softmax_gates_are_fractions() -> None:
    assert isinstance(derive.decompose("mpt").dissipation, Step)
    assert isinstance(derive.decompose("met").dissipation, Step)
    assert not derive.decompose("infonce").dissipation.has(Step)


def test_the_ratio_of_arccon_is_dynamic_and_of_infonce_is_one() -> None:
    assert derive.decompose("infonce").ratio == 1
    assert derive.decompose("mpt").ratio == 1
    assert derive.decompose("arccon").ratio.has(Sin)


def test_the_ratio_of_exact_vicreg_is_negative() -> None:
    """Σ_{j≠i} a_ij = −4ν‖ĥ_i‖²/(D(N−1)²): centring makes the pushes sum to less than zero."""
    d = derive.decompose("vicreg")
    v = centred(H)
    nu = d.objective.parameters().nu_cov
    assert equal(d.total_push, -4 * nu * Inner(v, ANCHOR, v, ANCHOR) / (D * (N - 1) ** 2))
    assert d.ratio.could_extract_minus_sign()


def test_the_printed_row_of_vicreg_needs_two_conditions() -> None:
    d = derive.decompose("vicreg")
    (comparison,) = compare_printed(d)
    assert comparison.equality.sense == "tangent"
    zero_mean, equal = comparison.equality.conditions
    assert zero_mean == ZERO_MEAN
    assert (equal.name, equal.statement) == (
        EQUAL_FEATURES,
        "C_aa and σ_a are the same for every feature a",
    )
    assert own_equality(d).name == "conditional"
    assert {x.summand for x in d.remainder} == {"variance", "covariance"}


def test_a_wrong_printed_row_is_not_found_equal() -> None:
    """The checker's own fault: a ratio of 2 in InfoNCE's row."""
    d = derive.decompose("infonce")
    row = replace(d.objective.printed[0], ratio=lambda i, j, x: S(2))
    objective = d.objective
    object.__setattr__(objective, "printed", (row,))
    (comparison,) = compare_printed(d)
    assert comparison.equality.sense == "undecided"


@pytest.mark.parametrize("part", ["pull", "radial"])
def test_parts_that_do_not_add_up_cannot_be_built(part: str) -> None:
    c = derive.decompose("met").coefficients
    with pytest.raises(DecompositionError, match="not proved to add up"):
        replace(c, **{part: getattr(c, part) + 1})


def test_a_missing_remainder_cannot_be_built() -> None:
    c = derive.decompose("vicreg").coefficients
    with pytest.raises(DecompositionError):
        replace(c, remainder=c.remainder[:1])


def test_components_that_do_not_give_the_coefficients_cannot_be_built() -> None:
    d = derive.decompose("infonce")
    with pytest.raises(DecompositionError, match="GD·W = a"):
        replace(d, dissipation=d.dissipation * 2)
    with pytest.raises(DecompositionError):
        replace(d, ratio=d.ratio + Symbol("x"))


def test_settings_are_put_in_exactly() -> None:
    d = derive.decompose("infonce", tau="0.1")
    assert not d.weight[d.objective.pools[0]].has(Symbol("tau", positive=True))
    assert isinstance(d, Decomposition)
    assert equal(derive.decompose("met", m=0.45).ratio, derive.decompose("met").ratio)
