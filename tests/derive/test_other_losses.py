"""Losses that are not in the catalogue: nothing in the core may lean on those that are.

Each is written twice, in nodes and in plain torch; the derived parts and the fast objective are
held against autograd.
"""

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
from sympy import Expr, Rational, sqrt
from torch import Tensor

import derive
from derive.canonical import for_print
from derive.conditions import Equality
from derive.errors import HyperparameterError, InputError, ObjectiveError
from derive.hyper import POSITIVE, Hyper
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    Exp,
    H,
    Hardest,
    Hinge,
    Inner,
    Log,
    N,
    Step,
    Stop,
    centred,
    stopped,
)
from derive.notation import (
    cosine,
    define,
    hardest,
    same_view,
    score,
    squared_distance,
    sum_pairs,
    sum_samples,
)
from derive.objective import BOTH, CROSS, SAME, Objective
from derive.objectives import REGISTRY, load
from derive.objectives._common import partition, temperature
from derive.printed import own_equality
from derive.torch import objective
from derive.torch.lowering import evaluate
from tests.derive.batches import default_values, unit_batch

TAU = temperature(Rational(1, 2))
TEMPERATURE = 0.5
s = score(lambda k: cosine(k, k))


class _Loss(Objective):
    title, source, reduction = "a loss", "this test", "mean over anchors"
    differentiated, pool = "anchor", CROSS
    hyper = (TAU,)

    def terms(self, i: Expr, x: object) -> Expr:
        raise AssertionError


def others(x: Tensor) -> Tensor:
    """Logits with the diagonal left out."""
    return x.masked_fill(torch.eye(len(x), dtype=torch.bool), -torch.inf)


class Reverse(_Loss):
    def terms(self, i, x):
        return -s(i) / x.tau + Log(
            Exp(s(i) / x.tau) + partition(lambda a, b: cosine(b, a), i, x.tau)
        )

    @staticmethod
    def torch(h, h_prime):
        logits = h_prime @ h.T / TEMPERATURE
        return torch.logsumexp(logits, 1) - logits.diagonal()


class SecondViewNegatives(_Loss):
    def terms(self, i, x):
        among = partition(lambda a, b: Inner(H_PRIME, a, H_PRIME, b), i, x.tau)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + partition(cosine, i, x.tau) + among)

    @staticmethod
    def torch(h, h_prime):
        cross, same = h @ h_prime.T / TEMPERATURE, others(h_prime @ h_prime.T / TEMPERATURE)
        return torch.logsumexp(torch.cat([cross, same], 1), 1) - cross.diagonal()


class PositivesOfOthers(_Loss):
    def terms(self, i, x):
        positives = sum_samples(lambda k: Exp(cosine(k, k) / x.tau))
        return Log(positives + partition(cosine, i, x.tau)) - cosine(i, i) / x.tau

    @staticmethod
    def torch(h, h_prime):
        logits = h @ h_prime.T / TEMPERATURE
        everyone = logits.diagonal().logsumexp(0).expand(len(h))
        return torch.logaddexp(everyone, others(logits).logsumexp(1)) - logits.diagonal()


class BothPools(_Loss):
    pool = BOTH

    """2N-way, seen from the first view."""

    def terms(self, i, x):
        negatives = partition(cosine, i, x.tau) + partition(same_view, i, x.tau)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + negatives)

    @staticmethod
    def torch(h, h_prime):
        cross, same = h @ h_prime.T / TEMPERATURE, others(h @ h.T / TEMPERATURE)
        return torch.logsumexp(torch.cat([cross, same], 1), 1) - cross.diagonal()


class StoppedNegatives(_Loss):
    stop_gradients = "h'_j as a negative"

    def terms(self, i, x):
        among = partition(lambda a, b: Inner(H, a, stopped(H_PRIME), b), i, x.tau)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + among)

    @staticmethod
    def torch(h, h_prime):
        own = (h * h_prime).sum(1) / TEMPERATURE
        negatives = others(h @ h_prime.detach().T / TEMPERATURE)
        return torch.logsumexp(torch.cat([own[:, None], negatives], 1), 1) - own


class NotStopped(_Loss):
    """A surrogate whose weights flow."""

    pool = SAME
    stop_gradients = "the gate and the weights"

    def terms(self, i, x):
        whole = sum_samples(lambda k: partition(same_view, k, x.tau))
        gate = Stop(Step(hardest(lambda k: cosine(i, k), i) - s(i) + Rational(1, 2)))
        push = sum_samples(lambda k: Exp(same_view(i, k) / x.tau) * same_view(i, k), other_than=i)
        return gate * (push / whole - s(i))

    @staticmethod
    def torch(h, h_prime):
        cross, same = h @ h_prime.T, h @ h.T
        weights = others(same / TEMPERATURE).exp()
        gate = (others(cross).amax(1) - cross.diagonal() + 0.5 > 0).double()
        return gate * ((weights * same).sum(1) / weights.sum() - cross.diagonal())


class Symmetric(_Loss):
    differentiated = "batch"

    def terms(self, i, x):
        def both(k):
            rows = Log(Exp(s(k) / x.tau) + partition(cosine, k, x.tau))
            columns = Log(Exp(s(k) / x.tau) + partition(lambda a, b: cosine(b, a), k, x.tau))
            return (rows + columns) / 2 - s(k) / x.tau

        return sum_samples(both) / N

    @staticmethod
    def torch(h, h_prime):
        logits = h @ h_prime.T / TEMPERATURE
        halves = (torch.logsumexp(logits, 1) + torch.logsumexp(logits, 0)) / 2
        return (halves - logits.diagonal()).mean()


class Energy(_Loss):
    differentiated, pool = "batch", SAME

    def terms(self, i, x):
        aligned = sum_samples(lambda k: squared_distance(H, k, H_PRIME, k)) / N
        return aligned + Log(sum_pairs(lambda k, m: Exp(-squared_distance(H, k, H, m) / x.tau)))

    @staticmethod
    def torch(h, h_prime):
        apart = torch.pdist(h).square()
        return (h - h_prime).square().sum(1).mean() + torch.logsumexp(-apart / TEMPERATURE, 0)


LOSSES = (
    Reverse, SecondViewNegatives, PositivesOfOthers, BothPools, StoppedNegatives, NotStopped,
    Symmetric, Energy,
)  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_parts_add_up_to_autograd(loss: type[_Loss]) -> None:
    h, h_prime = unit_batch(5, 4)
    d = derive.decompose(loss())
    values = default_values(d.objective, 5, 4)
    derived = evaluate(d.coefficients.assembled(), h, h_prime, values, (ANCHOR, FEATURE))
    assert torch.allclose(derived, by_anchor(loss.torch, h, h_prime), rtol=1e-11, atol=1e-12)


def by_anchor(f: Callable[[Tensor, Tensor], Tensor], h: Tensor, h_prime: Tensor) -> Tensor:
    """∂L_i/∂h_i per row, or the gradient of a scalar."""
    h = h.clone().requires_grad_()
    terms = f(h, h_prime)
    if terms.ndim == 0:
        return torch.autograd.grad(terms, h)[0]
    rows = [torch.autograd.grad(t, h, retain_graph=True)[0][n] for n, t in enumerate(terms)]
    return torch.stack(rows)


@pytest.mark.parametrize("tile", [None, 2])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_fast_objective_has_the_whole_gradient(loss: type[_Loss], tile: int | None) -> None:
    h, h_prime = (x.requires_grad_() for x in unit_batch(5, 4))
    expected = loss.torch(h, h_prime).mean()
    gradients = torch.autograd.grad(expected, (h, h_prime))
    value = objective(loss(), tile=tile)(h, h_prime)
    assert torch.allclose(value, expected, rtol=1e-12, atol=1e-13)
    for got, want in zip(torch.autograd.grad(value, (h, h_prime)), gradients, strict=True):
        assert torch.allclose(got, want, rtol=1e-11, atol=1e-12)


def test_ntxent_has_one_ratio_over_both_pools() -> None:
    d = derive.decompose(BothPools())
    assert set(d.weight) == {H, H_PRIME}
    assert d.ratio == 1
    assert not d.no_gauge


class Literal(_Loss):
    """InfoNCE with the sum over all candidates, as it is often written."""

    def terms(self, i, x):
        everyone = sum_samples(lambda k: Exp(cosine(i, k) / x.tau))
        return -s(i) / x.tau + Log(everyone)


def test_the_positive_inside_a_full_sum_is_seen_by_the_limit() -> None:
    literal, usual = derive.decompose(Literal(), tau=0.05), derive.decompose("infonce", tau=0.05)
    assert literal.dissipation == usual.dissipation
    assert literal.ratio == 1


class OnlyPull(_Loss):
    hyper = ()

    def terms(self, i, x):
        return -cosine(i, i)


def test_without_negatives_nothing_is_claimed() -> None:
    d = derive.decompose(OnlyPull())
    assert d.ratio is None
    assert d.no_gauge == "there are no negatives"
    assert own_equality(d) == Equality("undecided")
    vicreg = derive.decompose("vicreg", nu_cov=0, nu_var=0)
    assert own_equality(vicreg).sense == "undecided"


class HardestAnchor(_Loss):
    """Gated from the other side: an anchor that is nobody's hardest has a pull and no push."""

    differentiated, hyper = "batch", ()

    def terms(self, i, x):
        hard = lambda k: hardest(lambda m: cosine(m, k), k)  # noqa: E731
        return sum_samples(lambda k: Hinge(hard(k) - s(k) + Rational(1, 2))) / N


def test_a_ratio_that_gates_can_take_away_is_conditional() -> None:
    d = derive.decompose(HardestAnchor())
    assert "some negative is active" in d.ratio_condition
    assert own_equality(d).name == "conditional"
    assert derive.decompose("mpt").ratio_condition == ""


class Signed(_Loss):
    def __init__(self, sign: int):
        self.sign = sign

    def terms(self, i, x):
        return self.sign * s(i) / x.tau + Log(partition(cosine, i, x.tau))


def test_an_instance_with_state_is_not_its_class() -> None:
    h, h_prime = unit_batch(5, 4)
    plus, minus = objective(Signed(1))(h, h_prime), objective(Signed(-1))(h, h_prime)
    assert torch.allclose(plus - minus, 4 * (h * h_prime).sum(1).mean())


def test_marks_of_a_view_compose() -> None:
    assert centred(stopped(H)) == stopped(centred(H))
    assert centred(stopped(H)).stopped
    assert centred(stopped(H)).role == "centred"


def test_hardest_negatives_nest_without_capture() -> None:
    inner = lambda k: hardest(lambda m: same_view(k, m), k)  # noqa: E731
    form = for_print(hardest(lambda k: cosine(ANCHOR, k) + inner(k), ANCHOR))
    outer, nested = form.args[1], next(x for x in form.args[0].atoms(Hardest)).args[1]
    assert outer != nested
    assert for_print(form) == form


def test_a_hardest_negative_by_a_product_is_ranked() -> None:
    e = hardest(lambda k: cosine(ANCHOR, k) * same_view(ANCHOR, k), ANCHOR)
    h, h_prime = unit_batch(5, 4)
    expected = others((h @ h_prime.T) * (h @ h.T)).amax(1)
    assert torch.allclose(evaluate(e, h, h_prime, {}, (ANCHOR,)), expected)


def test_definitions_declare_their_indices() -> None:
    with pytest.raises(ObjectiveError, match="does not declare"):
        define("Z", sqrt(partition(cosine, ANCHOR, Rational(1))))


@pytest.mark.parametrize("name", ["N", "D", "not a name"])
def test_names_of_sizes_are_reserved(name: str) -> None:
    with pytest.raises(HyperparameterError, match="cannot be called"):
        Hyper(name, name, name, Rational(1), POSITIVE, "")


def test_a_loss_states_what_it_is() -> None:
    with pytest.raises(ObjectiveError, match="does not state title"):
        type("Silent", (Objective,), {"source": "", "differentiated": "anchor"})


@pytest.mark.parametrize("tile", [0, -1, 1.5, True])
def test_tiles_are_checked(tile: object) -> None:
    with pytest.raises(InputError, match="tile="):
        objective("infonce", tile=tile)


def test_results_and_modules_are_copied_and_pickled() -> None:
    h, h_prime = unit_batch(5, 4)
    for loss in ("vicreg", "mvicreg"):
        d = derive.decompose(loss)
        assert pickle.loads(pickle.dumps(d.dissipation)) == d.dissipation
        module = copy.deepcopy(objective(loss))
        assert torch.equal(module(h, h_prime), objective(loss)(h, h_prime))


def test_autocast_does_not_lower_the_precision() -> None:
    h, h_prime = (x.float() for x in unit_batch(64, 32))
    with torch.autocast("cpu", torch.bfloat16):
        under = objective("infonce", embeddings="raw")(h, h_prime)
    assert torch.equal(under, objective("infonce", embeddings="raw")(h, h_prime))


def test_a_fine_decimal_costs_nothing() -> None:
    d = derive.decompose("infonce", tau="0.000731")
    assert d.ratio == 1


def test_sums_of_many_inner_products_are_contracted_in_time() -> None:
    factors = lambda k: cosine(ANCHOR, k) ** 2 * same_view(ANCHOR, k) * cosine(k, k) ** 2  # noqa: E731
    e = sum_samples(lambda k: factors(k) * Inner(H_PRIME, ANCHOR, H_PRIME, k))
    h, h_prime = unit_batch(5, 4)
    cross, same, second = h @ h_prime.T, h @ h.T, h_prime @ h_prime.T
    expected = (cross**2 * same * cross.diagonal() ** 2 * second).sum(1)
    assert torch.allclose(evaluate(e, h, h_prime, {}, (ANCHOR,)), expected)


@pytest.mark.parametrize(("name", "kind"), [("nowhere", "Nowhere"), ("mpt", "Misspelt")])
def test_a_registry_line_without_its_class_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setitem(REGISTRY, name, kind)
    with pytest.raises(ObjectiveError, match=f"the registry names {kind}"):
        load(name)
