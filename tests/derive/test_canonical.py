"""The normal form keeps the value, is idempotent, and does not depend on names of bound indices."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol, sqrt

from derive.canonical import Canonicaliser, for_print, for_proof
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    NEGATIVE,
    Component,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    H,
    Hardest,
    HardestIndex,
    IndexSum,
    Inner,
    SampleIndex,
    Step,
    centred,
    free_indices,
)
from derive.notation import cosine, same_view, sum_features, sum_samples
from derive.torch.lowering import evaluate
from tests.derive.batches import unit_batch

tau = Symbol("tau", positive=True)
VIEWS = (H, H_PRIME, centred(H), centred(H_PRIME))
BOTH = (for_print, for_proof)


@st.composite
def expressions(draw: st.DrawFn, samples: tuple[Expr, ...] = (ANCHOR,), depth: int = 3) -> Expr:
    """Sums, products and nodes over the given sample indices and fresh bound ones."""
    index = st.sampled_from(samples)
    view = st.sampled_from(VIEWS)
    kind = draw(st.sampled_from(["leaf", "leaf", "add", "mul", "sum", "sum", "exp", "gate"]))
    if depth == 0 or kind == "leaf":
        if draw(st.booleans()):
            return Component(draw(view), draw(index), FEATURE)
        return Inner(draw(view), draw(index), draw(view), draw(index))
    inside = expressions(samples, depth - 1)
    if kind == "add":
        return draw(inside) - Rational(1, 2) * draw(inside)
    if kind == "mul":
        return draw(inside) ** 2 if draw(st.booleans()) else draw(inside) * draw(inside)
    if kind == "exp":
        return Exp(draw(inside) / tau)
    if kind == "gate":
        return Step(draw(inside) + Rational(37, 101)) * draw(inside)  # never at the jump
    other = draw(st.sampled_from([None, *samples]))
    return sum_samples(lambda k: draw(expressions((*samples, k), depth - 1)), other_than=other)


def value(e: Expr, n: int = 4, d: int = 3) -> torch.Tensor:
    return evaluate(e, *unit_batch(n, d), {"tau": 1.5}, (ANCHOR, FEATURE))


@pytest.mark.parametrize("form", BOTH, ids=["print", "proof"])
@settings(max_examples=150, deadline=None)
@given(e=expressions())
def test_keeps_the_value(form: Canonicaliser, e: Expr) -> None:
    expected = value(e)
    scale = 1 + float(expected.abs().max())
    assert torch.allclose(value(form(e)), expected, rtol=0, atol=1e-9 * scale)


@pytest.mark.parametrize("form", BOTH, ids=["print", "proof"])
@settings(max_examples=150, deadline=None)
@given(e=expressions())
def test_is_idempotent(form: Canonicaliser, e: Expr) -> None:
    fresh_form = Canonicaliser(split_sums=form.split_sums)  # without what `form` remembers
    assert fresh_form(form(e)) == form(e)


@settings(max_examples=100, deadline=None)
@given(e=expressions())
def test_does_not_depend_on_names_of_bound_indices(e: Expr) -> None:
    bound = {x.args[1] for x in e.atoms(IndexSum)}
    renamed = e.xreplace({k: type(k)(f"_other{n}") for n, k in enumerate(sorted(bound, key=str))})
    assert for_proof(e) == for_proof(renamed)


def test_deltas_contract() -> None:
    k = SampleIndex("_k")
    assert for_print(IndexSum(Delta(k, ANCHOR) * cosine(k, NEGATIVE), k)) == cosine(
        ANCHOR, NEGATIVE
    )


def test_features_reassociate_to_samples() -> None:
    """Σ_ab C_ab² = Σ_ij ⟨h_i, h_j⟩⟨h'_i, h'_j⟩ for C_ab = Σ_i h_ia h'_ib."""

    def c(a: Expr, b: Expr) -> Expr:
        return sum_samples(lambda i: Component(H, i, a) * Component(H_PRIME, i, b))

    features = sum_features(lambda a: sum_features(lambda b: c(a, b) ** 2))
    samples = sum_samples(
        lambda i: sum_samples(lambda j: same_view(i, j) * Inner(H_PRIME, i, H_PRIME, j))
    )
    assert for_proof(features) == for_proof(samples)


def test_unit_norms_are_one_but_centred_ones_are_not() -> None:
    assert for_print(same_view(ANCHOR, ANCHOR)) == 1
    of_centred = Inner(centred(H), ANCHOR, centred(H), ANCHOR)
    assert for_print(of_centred) == of_centred


def test_centred_views_sum_to_zero() -> None:
    v = centred(H)
    total = sum_samples(lambda k: Inner(v, ANCHOR, v, k))
    assert for_print(total) == 0
    others = sum_samples(lambda k: Inner(v, ANCHOR, v, k), other_than=ANCHOR)
    assert for_print(others) == -Inner(v, ANCHOR, v, ANCHOR)


def test_sums_of_equal_bodies_do_not_capture_each_other() -> None:
    """Σ_k x_k · Σ_k x_k is a double sum, not Σ_k x_k²; an inner sum keeps its own index."""
    x = sum_samples(lambda k: cosine(ANCHOR, k))
    assert for_proof(x * x) != for_proof(sum_samples(lambda k: cosine(ANCHOR, k) ** 2))
    inner = sum_samples(
        lambda k: sum_samples(lambda m: Exp(cosine(k, m))) ** -1 * cosine(ANCHOR, k)
    )
    assert torch.allclose(value(for_proof(inner)), value(inner))


def test_the_hardest_index_does_not_depend_on_increasing_wrappers() -> None:
    k = SampleIndex("_hardest")
    by_cosine = HardestIndex(cosine(ANCHOR, k), k, ANCHOR)
    by_distance = HardestIndex(-sqrt(2 - 2 * cosine(ANCHOR, k)), k, ANCHOR)
    assert for_proof(cosine(ANCHOR, by_distance)) == for_proof(cosine(ANCHOR, by_cosine))
    turned = HardestIndex(-cosine(ANCHOR, k), k, ANCHOR)
    assert for_proof(cosine(ANCHOR, turned)) != for_proof(cosine(ANCHOR, by_cosine))


def test_two_ways_to_leave_out_an_index_meet_in_the_proof_form() -> None:
    without = sum_samples(lambda k: Exp(cosine(ANCHOR, k)), other_than=ANCHOR)
    whole = sum_samples(lambda k: Exp(cosine(ANCHOR, k)))
    assert for_proof(without) == for_proof(whole - Exp(cosine(ANCHOR, ANCHOR)))
    assert for_print(without).has(Distinct)


def test_free_indices_leave_out_bound_ones() -> None:
    k, a = SampleIndex("_k"), FeatureIndex("_a")
    e = IndexSum(Component(H, k, FEATURE) * Component(H, k, a), k)
    assert free_indices(e) == {FEATURE, a}
    assert free_indices(Hardest(cosine(ANCHOR, k), k, ANCHOR)) == {ANCHOR}
