"""Losses and expressions that once came out wrong: each a way for a derivation to go astray."""

import pytest
import torch
from sympy import Expr, Rational

import derive
from derive.canonical import for_print, for_proof
from derive.conditions import equality
from derive.errors import ObjectiveError
from derive.identity import vanishes
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    NEGATIVE,
    Z_PRIME,
    Component,
    Cos,
    Definition,
    Delta,
    Exp,
    FeatureIndex,
    H,
    Hinge,
    IndexSum,
    Inner,
    Log,
    Mismatch,
    N,
    SampleIndex,
    Step,
    Stop,
    Z,
    free_indices,
    stopped,
)
from derive.notation import (
    cosine,
    define,
    hardest,
    hardest_index,
    same_view,
    score,
    squared_distance,
    sum_features,
    sum_pairs,
    sum_samples,
)
from derive.objective import BOTH, CROSS, SAME, Objective, PrintedRow
from derive.objectives._common import partition, temperature
from derive.printed import compare_printed, own_equality
from derive.torch import objective
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from tests.derive.batches import raw_batch, unit_batch

TAU = temperature(Rational(1, 2))
s = score(lambda k: cosine(k, k))
_i, _a = SampleIndex("_i"), FeatureIndex("_a")


class Loss(Objective):
    title, source, reduction = "a loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", CROSS
    hyper = ()

    def terms(self, i: Expr, x: object) -> Expr:
        raise AssertionError


def trained(loss: Objective, reference, h: torch.Tensor, h_prime: torch.Tensor) -> None:
    """The fast objective's value and gradients against autograd of a reference."""
    for tile in (None, 2):
        x, y = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
        u, w = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
        value, expected = objective(loss, tile=tile)(x, y), reference(u, w)
        torch.testing.assert_close(value, expected)
        got = torch.autograd.grad(value, (x, y), allow_unused=True)
        for a, b in zip(got, torch.autograd.grad(expected, (u, w)), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def off(x: torch.Tensor) -> torch.Tensor:
    return x.masked_fill(torch.eye(len(x), dtype=torch.bool), 0)


class HardestOfOthers(Loss):
    """A sum over other anchors' hardest negatives: some samples are nobody's."""

    def terms(self, i, x):
        def of(k):
            return Exp(Inner(H, i, H_PRIME, hardest_index(lambda q: cosine(k, q), k)))

        return -s(i) + Log(sum_samples(of, other_than=i))


def test_a_row_without_an_entry_is_no_nan() -> None:
    h, h_prime = unit_batch(5, 4, seed=3)

    def reference(x, y):
        c = x @ y.T
        hard = c.detach().masked_fill(torch.eye(5, dtype=torch.bool), -torch.inf).argmax(1)
        picked = c[:, hard].masked_fill(torch.eye(5, dtype=torch.bool), -torch.inf)
        return (picked.logsumexp(1) - c.diagonal()).mean()

    trained(HardestOfOthers(), reference, h, h_prime)


@pytest.mark.parametrize("power", [-2, 2, 3])
def test_an_opaque_power_keeps_its_sign(power: int) -> None:
    q = define("q", cosine(_i, _i) ** power, _i, opaque=True)

    class Power(Loss):
        def terms(self, i, x):
            return q(i) + sum_samples(lambda k: cosine(i, k), other_than=i)

    h, h_prime = unit_batch(5, 4)
    h_prime = torch.where(torch.arange(5)[:, None] % 2 == 0, -h_prime, h_prime)  # c_ii' < 0 too
    trained(
        Power(),
        lambda x, y: ((x * y).sum(1) ** power + off(x @ y.T).sum(1)).mean(),
        h,
        h_prime,
    )


@pytest.mark.parametrize(
    "e",
    [
        Rational(2**61 - 1) * cosine(ANCHOR, NEGATIVE),
        Rational(2305843009213693921 * 4611686018427387847) * cosine(ANCHOR, NEGATIVE),
        cosine(ANCHOR, NEGATIVE) ** (2**61 - 1) - cosine(ANCHOR, NEGATIVE),
    ],
)
def test_no_multiple_of_a_prime_is_zero(e: Expr) -> None:
    assert vanishes(e) is not Verdict.PROVED


def test_a_printed_row_off_by_a_prime_is_not_equal() -> None:
    class Off(Loss):
        printed = (
            PrintedRow(
                "this test",
                dissipation=lambda i, j, x: Rational(1),
                weight=lambda i, j, x: Rational(1),
                ratio=lambda i, j, x: Rational(2**61) / (N - 1),
            ),
        )

        def terms(self, i, x):
            return sum_samples(lambda k: cosine(i, k), other_than=i) - cosine(i, i)

    (comparison,) = compare_printed(derive.decompose(Off()))
    assert not comparison.equality.holds


def test_a_coefficient_that_is_a_shared_block_is_not_spoiled() -> None:
    class Shared(Loss):
        stop_gradients = "the cosine inside cos"

        def terms(self, i, x):
            own = Inner(H, i, H, i)
            waves = sum_samples(lambda k: Cos(own * Stop(cosine(i, k))))
            squares = sum_samples(lambda k: cosine(i, k) ** 2, other_than=i) / 2
            return squares - 3 * cosine(i, i) + waves

    def reference(x, y):
        c, own = x @ y.T, (x * x).sum(1)[:, None]
        waves = torch.cos(own * c.detach()).sum(1)
        return ((off(c) ** 2).sum(1) / 2 - 3 * c.diagonal() + waves).mean()

    trained(Shared(), reference, *unit_batch(5, 4))


class RawInfoNCE(Loss):
    embeddings = "raw"
    hyper = (TAU,)

    def terms(self, i, x):
        def dot(a, b):
            return Inner(Z, a, Z_PRIME, b)

        return -dot(i, i) / x.tau + Log(sum_samples(lambda k: Exp(dot(i, k) / x.tau)))


def test_raw_embeddings_have_their_gradient() -> None:
    def reference(x, y):
        logits = 2 * x @ y.T
        return (logits.logsumexp(1) - logits.diagonal()).mean()

    trained(RawInfoNCE(), reference, *raw_batch(5, 4))
    assert derive.decompose(RawInfoNCE()).coefficients.pull != 0


def test_a_formula_in_other_views_than_stated_is_refused() -> None:
    class Mixed(RawInfoNCE):
        embeddings = "unit"

    with pytest.raises(ObjectiveError, match="states embeddings = 'unit'"):
        derive.decompose(Mixed())


@pytest.mark.parametrize(
    "body",
    [
        lambda k, m: Inner(H, k, stopped(H), m),
        lambda k, m: Stop(cosine(k, m) + cosine(m, k)) * cosine(k, m),
    ],
)
def test_pairs_that_differ_in_what_is_stopped_are_not_symmetric(body) -> None:
    with pytest.raises(ObjectiveError, match="symmetric"):
        sum_pairs(body)


def test_two_statistics_of_one_name_are_two() -> None:
    squares = sum_samples(lambda k: Component(H, k, _a) ** 2) / N
    first = define("σ", squares ** Rational(1, 2), _a, view=H, opaque=True)
    second = define("σ", (squares + 1) ** Rational(1, 2), _a, view=H, opaque=True)
    vector = (first(FEATURE) - second(FEATURE)) * Component(H_PRIME, ANCHOR, FEATURE)
    assert not equality(vector).holds


def test_a_free_index_named_like_a_bound_one_is_not_captured() -> None:
    k, free = SampleIndex("k"), SampleIndex("k1")
    e = IndexSum(cosine(free, k), k) - IndexSum(cosine(k, k), k)
    assert vanishes(e) is not Verdict.PROVED
    assert free in free_indices(for_print(IndexSum(cosine(free, k), k)))


def test_a_delta_of_an_index_and_one_that_depends_on_it_stays() -> None:
    k = SampleIndex("k")
    fixed = hardest_index(lambda q: cosine(q, k), ANCHOR)
    form = for_proof(IndexSum(Delta(k, fixed) * cosine(ANCHOR, k), k))
    assert free_indices(form) == {ANCHOR}


class DistanceInfoNCE(Loss):
    """The positive stands in a sum over all samples, as a distance."""

    hyper = (TAU,)

    def terms(self, i, x):
        d = score(lambda k: -squared_distance(H, k, H_PRIME, k))
        everyone = sum_samples(lambda k: Exp(-squared_distance(H, i, H_PRIME, k) / x.tau))
        return -d(i) / x.tau + Log(everyone)


class ScaledScore(Loss):
    hyper = (TAU,)

    def terms(self, i, x):
        scaled = score(lambda k: cosine(k, k) / Rational(1, 3))
        everyone = sum_samples(lambda k: Exp(cosine(i, k) / Rational(1, 3)))
        return -scaled(i) + Log(everyone)


@pytest.mark.parametrize("loss", [DistanceInfoNCE, ScaledScore])
def test_the_positive_is_found_behind_its_score(loss: type[Objective]) -> None:
    d = derive.decompose(loss())
    assert not d.no_gauge
    h, h_prime = unit_batch(5, 4)
    gate = evaluate(d.dissipation, h, h_prime, {"tau": 0.5}, (ANCHOR,))
    assert bool(((gate > 0) & (gate < 1)).all())


class NestedSums(Loss):
    differentiated, reduction, pool = "batch", "one scalar of the batch", BOTH

    def terms(self, i, x):
        def row(k):
            def product(m):
                return Exp(s(k)) * Exp(same_view(k, m))

            return sum_samples(product, other_than=k)

        return Log(sum_samples(row)) - sum_samples(lambda k: s(k)) / N


def test_the_limit_reaches_into_nested_sums() -> None:
    d = derive.decompose(NestedSums())
    assert d.ungated
    h, h_prime = unit_batch(5, 4)
    other = h_prime.clone()
    other[1] = -other[1]  # moves c_11' alone: V_1j stays
    ungated = sum_samples(lambda k: d.ungated[H].xreplace({NEGATIVE: k}), other_than=ANCHOR)
    first, second = (evaluate(ungated, h, x, {}, (ANCHOR,))[1] for x in (h_prime, other))
    torch.testing.assert_close(first, second)


def test_a_ratio_without_a_sign_is_not_called_negative() -> None:
    class Signs(Loss):
        differentiated, reduction, pool = "batch", "one scalar of the batch", SAME

        def terms(self, i, x):
            apart = sum_pairs(lambda k, m: same_view(k, m) ** 2)
            return -apart - sum_samples(lambda k: cosine(k, k))

    assert "never positive" not in derive.show(Signs()).render()


def test_weights_that_are_shares_of_gates_are_conditional() -> None:
    assert derive.decompose("alpha_triplet").ratio_condition
    assert own_equality(derive.decompose("alpha_triplet")).name == "conditional"


def test_hinges_of_opposite_features_are_not_both_closed() -> None:
    class Both(Loss):
        hyper = (TAU,)

        def terms(self, i, x):
            spread = sum_features(lambda a: Hinge(Component(H, i, a)) + Hinge(-Component(H, i, a)))
            return Log(partition(cosine, i, x.tau)) - s(i) / x.tau + spread

    assert "hinge is active" not in derive.show(Both()).render()


def test_what_is_stated_has_to_be_true() -> None:
    class Silent(Loss):
        def terms(self, i, x):
            return -Inner(H, i, stopped(H_PRIME), i)

    class OtherPool(Loss):
        pool = SAME

        def terms(self, i, x):
            return sum_samples(lambda k: cosine(i, k), other_than=i) - cosine(i, i)

    with pytest.raises(ObjectiveError, match="has some"):
        derive.decompose(Silent())
    with pytest.raises(ObjectiveError, match="states pool = 'same-view'"):
        derive.decompose(OtherPool())
    with pytest.raises(ObjectiveError, match="reduction"):
        type("Summed", (Loss,), {"reduction": "sum over anchors"})


def test_pushes_that_sum_to_zero_in_a_hidden_way_have_no_ratio() -> None:
    class Hidden(Loss):
        hyper = (TAU,)

        def terms(self, i, x):
            total = partition(cosine, i, x.tau)
            mean = sum_samples(lambda k: cosine(i, k), other_than=i) / (N - 1)
            softmax = sum_samples(
                lambda k: Stop(Exp(cosine(i, k) / x.tau) / total) * cosine(i, k), other_than=i
            )
            return softmax - mean - cosine(i, i)

        stop_gradients = "the softmax weights"

    assert derive.decompose(Hidden()).ratio is None


def test_inverse_exponentials_cancel_inside_a_sum() -> None:
    k = SampleIndex("k")
    c = cosine(ANCHOR, k)
    assert vanishes(IndexSum(Exp(c) * Exp(-c), k) - N) is Verdict.PROVED


def test_a_high_power_is_not_multiplied_out_term_by_term() -> None:
    class Kernel(Loss):
        def terms(self, i, x):
            return sum_samples(lambda k: (1 + cosine(i, k)) ** 20, other_than=i) - cosine(i, i)

    assert derive.decompose(Kernel()).ratio is not None


def test_json_of_nested_maxima() -> None:
    class Ratio(Loss):
        def terms(self, i, x):
            return Hinge(2 * hardest(lambda k: cosine(i, k), i) - s(i) + Hinge(s(i)))

    assert '"dissipation"' in derive.show(Ratio()).render("json")


def test_a_gated_softmax_does_not_overflow() -> None:
    class Gated(Loss):
        stop_gradients = "the selection"

        def terms(self, i, x):
            kept = sum_samples(
                lambda k: Stop(Step(cosine(i, k))) * Exp(100 * cosine(i, k)), other_than=i
            )
            return Log(Exp(100 * s(i)) + kept) - 100 * s(i)

    h, h_prime = (x.float() for x in unit_batch(6, 4))
    value = objective(Gated())(h.requires_grad_(), h_prime)
    value.backward()
    assert bool(value.isfinite())
    assert bool(h.grad.isfinite().all())


def test_state_in_slots_is_state() -> None:
    class Slotted(Loss):
        __slots__ = ("sign",)

        def __init__(self, sign: int):
            object.__setattr__(self, "sign", sign)

        def terms(self, i, x):
            return self.sign * s(i) + Log(partition(cosine, i, Rational(1)))

    h, h_prime = unit_batch(5, 4)
    difference = objective(Slotted(1))(h, h_prime) - objective(Slotted(-1))(h, h_prime)
    torch.testing.assert_close(difference, 2 * (h * h_prime).sum(1).mean())


def test_a_sum_divided_by_the_size_of_the_batch() -> None:
    class Divided(Loss):
        differentiated, reduction, pool = "batch", "one scalar of the batch", SAME
        hyper = (TAU,)

        def terms(self, i, x):
            logs = sum_samples(lambda k: Log(partition(same_view, k, x.tau))) / N
            return logs - sum_samples(lambda k: cosine(k, k)) / N

    assert derive.decompose(Divided()).ratio is not None


def test_a_name_at_a_bound_index_is_not_captured() -> None:
    """Z_k inside Σ_k, where Z's own sum may not take its k for the outer one."""
    z = define("Z", partition(cosine, _i, Rational(1)), _i, opaque=True)
    e = for_print(sum_samples(lambda k: z(k)))
    h, h_prime = unit_batch(5, 4)
    c = (h @ h_prime.T).exp()
    expected = c.sum() - c.diagonal().sum()
    torch.testing.assert_close(evaluate(e, h, h_prime, {}), expected)


def test_the_hardest_of_the_hardest() -> None:
    first = hardest_index(lambda k: cosine(ANCHOR, k), ANCHOR)
    second = hardest_index(lambda k: cosine(first, k), first)
    h, h_prime = unit_batch(6, 4)
    got = evaluate(Inner(H, ANCHOR, H_PRIME, second), h, h_prime, {}, (ANCHOR,))
    c = h @ h_prime.T
    hard = c.masked_fill(torch.eye(6, dtype=torch.bool), -torch.inf).argmax(1)
    torch.testing.assert_close(got, c[torch.arange(6), hard[hard]])


def test_what_the_labels_leave_out_does_not_overflow() -> None:
    class OtherLabels(Loss):
        inputs = ("labels",)

        def terms(self, i, x):
            rest = sum_samples(lambda k: Mismatch(i, k) * Exp(1000 * cosine(i, k)))
            return Log(Exp(1000 * s(i)) + rest) - 1000 * s(i)

    h, _ = unit_batch(5, 4)
    x = h.clone().requires_grad_()
    objective(OtherLabels())(x, -h, labels=torch.zeros(5, dtype=torch.long)).backward()
    assert bool(x.grad.isfinite().all())


def test_a_body_that_was_bound_before_is_not_captured() -> None:
    """Its outer sum may have the number that a new definition gives the inner one."""
    old = Definition("C", (), sum_samples(lambda k: sum_samples(lambda m: same_view(k, m) ** 2)))
    inner, outer = old.body.args[0].args[1], old.body.args[1]
    turned = IndexSum(IndexSum(Inner(H, outer, H_PRIME, inner), outer), inner)
    again = Definition("C", (), turned).body
    assert again.args[0].args[1] != again.args[1]
    assert again.args[0].args[0].atoms(SampleIndex) == {again.args[1], again.args[0].args[1]}
