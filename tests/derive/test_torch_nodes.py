"""Printed torch code of every node, against the evaluator of derive.torch, on made-up losses."""

import pytest
import torch
from sympy import Rational, sqrt

from derive.hyper import POSITIVE, Hyper
from derive.nodes import (
    H_PRIME,
    Angle,
    Component,
    Cos,
    Exp,
    ExtraIndex,
    Given,
    H,
    Hinge,
    IndexSum,
    Inner,
    Log,
    Match,
    Mismatch,
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    centred,
    stopped,
)
from derive.notation import (
    cosine,
    distance,
    given,
    hardest,
    hardest_index,
    same_view,
    sum_extras,
    sum_features,
    sum_samples,
)
from derive.objective import CROSS, Objective
from derive.printing.torchcode import standalone
from derive.torch.dense import DenseEngine
from verify.formula import Formula

E = ExtraIndex("_e")
K = SampleIndex("_k")


def others(body, i):
    return sum_samples(body, other_than=i)


def top(i, share):
    """Σ_j over the hardest share of the negatives of c_ij'²."""
    return others(lambda j: Top(j, cosine(i, K), K, i, share) * cosine(i, j) ** 2, i)


def nearest(i):
    return hardest_index(lambda k: cosine(i, k), i)


def nearest_of_view(i):
    return hardest_index(lambda k: same_view(i, k), i)


FORMULAS = {
    "negative of a negative": lambda i, x: Exp(cosine(nearest(i), i) - cosine(i, nearest(i))),
    "angles of pairs": lambda i, x: others(lambda j: Angle(cosine(i, j)) ** 2, i),
    "margins on angles": lambda i, x: Log(
        others(lambda j: Exp(Cos(Angle(cosine(i, j)) + x.m) / x.tau), i)
    ),
    "sines": lambda i, x: others(lambda j: Sin(x.m * same_view(i, j)), i) + Sin(cosine(i, i)),
    "symbolic powers": lambda i, x: others(lambda j: distance(H, i, H_PRIME, j) ** x.m, i),
    "rational powers": lambda i, x: (
        (2 + cosine(i, i)) ** Rational(-3, 2) + 1 / (3 + cosine(i, i)) ** 2
    ),
    "pairs of gates": lambda i, x: others(lambda j: Hinge(cosine(i, j) - cosine(i, i) + x.m), i),
    "steps": lambda i, x: others(lambda j: Step(cosine(i, j)) * same_view(i, j), i),
    "labels": lambda i, x: (
        others(lambda j: Match(i, j) * cosine(i, j), i)
        - others(lambda j: Mismatch(i, j) * Log(1 + Exp(same_view(i, j) / x.tau)), i)
    ),
    "labels in a logarithm": lambda i, x: Log(
        Exp(cosine(i, i) / x.tau) + others(lambda j: Mismatch(i, j) * Exp(cosine(i, j) / x.tau), i)
    ),
    "a share": lambda i, x: top(i, Rational(1, 2)),
    "a stopped view": lambda i, x: others(
        lambda j: Exp(Inner(H, i, stopped(H_PRIME), j)) * same_view(i, j), i
    ),
    "a stopped factor": lambda i, x: others(
        lambda j: Stop(Exp(cosine(i, j) / x.tau)) * same_view(i, j), i
    ),
    "centred views": lambda i, x: (
        Inner(centred(H), i, centred(H_PRIME), i) ** 2
        + others(lambda j: Exp(Inner(centred(H), i, centred(H), j)), i)
    ),
    "features": lambda i, x: sum_features(
        lambda a: sqrt(
            1 + sum_samples(lambda k: Component(H, k, a) * Component(H_PRIME, k, a)) ** 2
        )
    ),
    "four components": lambda i, x: sum_features(
        lambda a: Component(H, i, a) ** 2 * Component(H_PRIME, i, a) ** 2
    ),
    "given samples": lambda i, x: IndexSum(cosine(i, Given("extra_samples", i, E)) ** 2, E),
    "given samples in a logarithm": lambda i, x: Log(
        Exp(cosine(i, i) / x.tau)
        + IndexSum(Exp(same_view(i, Given("extra_samples", i, E)) / x.tau), E)
    ),
    "hinges cubed": lambda i, x: others(lambda j: Hinge(cosine(i, j) - x.m / 9) ** 3, i),
    "hyper-parameters alone": lambda i, x: x.tau * x.m + cosine(i, i) * 0,
}


# A power of something signed, which a batch with h' = −h has at every pair.
POWERS = {
    "cubes": lambda i, x: others(lambda j: cosine(i, j) ** 3 + same_view(i, j) ** 4, i),
    "powers of sums": lambda i, x: (
        others(lambda j: cosine(i, j), i) ** 3 + others(lambda j: same_view(i, j), i) ** 4
    ),
    "powers below zero": lambda i, x: (
        others(lambda j: (cosine(i, j) - 2) ** -3 + (cosine(i, j) - 3) ** -4, i)
        + (others(lambda j: cosine(i, j), i) - 20) ** -3
    ),
    "powers in exponentials": lambda i, x: Log(
        Exp(cosine(i, i) ** 3 / x.tau) + others(lambda j: Exp(cosine(i, j) ** 3 / x.tau), i)
    ),
    "powers below zero in exponentials": lambda i, x: Log(
        others(lambda j: Exp((cosine(i, j) - 2) ** -3 / x.tau), i)
    ),
    "powers of features": lambda i, x: sum_features(
        lambda a: sum_samples(lambda k: Component(H, k, a)) ** 3 * Component(H_PRIME, i, a) ** 3
    ),
    "powers of distances": lambda i, x: (
        distance(H, i, H_PRIME, i) ** 3 + others(lambda j: distance(H, i, H, j) ** -3, i)
    ),
}


def first(i, e):
    return given("first", i, e)


def second(i, e):
    return given("second", i, e)


# Every place that a picked sample can take: bound and free, on the left, the right and both sides.
PICKS = {
    "a bound anchor's": lambda i, x: (
        sum_extras(lambda e: others(lambda k: cosine(k, first(i, e)), i)) - cosine(i, i)
    ),
    "a bound anchor's, cubed": lambda i, x: sum_extras(
        lambda e: others(lambda k: cosine(k, first(i, e)) ** 3, i)
    ),
    "a bound anchor's, in a logarithm": lambda i, x: Log(
        sum_extras(lambda e: others(lambda k: Exp(cosine(k, first(i, e)) / x.tau), i))
    ),
    "of a bound sample": lambda i, x: others(
        lambda k: sum_extras(lambda e: cosine(i, first(k, e)) ** 2), i
    ),
    "on both sides": lambda i, x: sum_extras(lambda e: cosine(first(i, e), second(i, e)) ** 2),
    "on both sides, linear": lambda i, x: sum_extras(lambda e: cosine(first(i, e), second(i, e))),
    "on both sides, two sums": lambda i, x: sum_extras(
        lambda e: sum_extras(lambda f: Exp(cosine(first(i, e), second(i, f))))
    ),
    "with its own anchor": lambda i, x: sum_extras(
        lambda e: others(lambda k: Exp(cosine(i, first(i, e)) * cosine(k, i)), i)
    ),
    "with its own anchor, in a logarithm": lambda i, x: others(
        lambda k: Log(sum_extras(lambda e: Exp(cosine(k, first(i, e)) * cosine(i, first(i, e))))), i
    ),
    "by features": lambda i, x: sum_features(
        lambda a: (
            sum_extras(lambda e: Component(H_PRIME, first(i, e), a) ** 2 * Component(H, i, a)) ** 3
        )
    ),
    "a distance": lambda i, x: sum_extras(
        lambda e: distance(H, second(i, e), H_PRIME, first(i, e)) ** 4
    ),
    "beside the hardest": lambda i, x: sum_extras(
        lambda e: cosine(first(i, e), nearest(i)) ** 2 - cosine(nearest(i), first(i, e)) ** 3
    ),
    "hardest on the left": lambda i, x: others(lambda k: cosine(nearest(i), k) ** 2, i),
    "hardest on both sides": lambda i, x: cosine(nearest(i), nearest_of_view(i)) ** 2,
    "hardest of a bound sample": lambda i, x: others(lambda k: Exp(cosine(i, nearest(k))), i),
    "hardest of a given sample": lambda i, x: sum_extras(
        lambda e: Exp(cosine(i, nearest(first(i, e))))
    ),
    "hardest for a given sample": lambda i, x: sum_extras(
        lambda e: hardest(lambda k: cosine(first(i, e), k), i)
    ),
    "a share for a given sample": lambda i, x: sum_extras(
        lambda e: others(
            lambda j: Top(j, cosine(K, first(i, e)), K, i, Rational(1, 2)) * cosine(i, j) ** 2, i
        )
    ),
    "angles": lambda i, x: sum_extras(
        lambda e: Angle(cosine(i, first(i, e))) ** 2 + Angle(cosine(second(i, e), first(i, e))) ** 2
    ),
}

ANGLES = {
    "of pairs": lambda i, x: others(lambda j: Angle(cosine(i, j)) ** 2 + Angle(same_view(i, j)), i),
    "of positives": lambda i, x: Angle(cosine(i, i)) + Angle(cosine(i, nearest(i))),
    "of given samples": lambda i, x: sum_extras(lambda e: Angle(cosine(i, first(i, e)))),
}


def objective(label, formula):
    stops = "some" if "stopped" in label else "none"

    class Made(Objective):
        title = "made up"
        source = "no paper"
        differentiated = "anchor"
        reduction = "mean over anchors"
        pool = CROSS
        stop_gradients = stops
        inputs = ("labels", "extra_samples", "first", "second")
        hyper = (
            Hyper("tau", "τ", r"\tau", Rational(1, 5), POSITIVE, "temperature"),
            Hyper("m", "m", "m", Rational(13, 10), POSITIVE, "exponent or margin"),
        )

        def terms(self, i, x):
            return formula(i, x)

    return Made()


@pytest.fixture(scope="module")
def batch():
    generator = torch.Generator().manual_seed(4)
    h, h_prime = (torch.randn(7, 5, generator=generator, dtype=torch.float64) for _ in "ab")
    h, h_prime = (torch.nn.functional.normalize(x, dim=1) for x in (h, h_prime))
    inputs = {"labels": torch.tensor([0, 1, 0, 2, 1, 0, 2])}
    for name in ("extra_samples", "first", "second"):
        away = torch.randint(1, 7, (7, 3), generator=generator)
        inputs[name] = (away + torch.arange(7)[:, None]) % 7
    return h, h_prime, inputs


@pytest.fixture(scope="module")
def printed():
    """The loss of a formula, as printed. The docstring is another matter: not every formula here
    has a decomposition."""

    def of(made):
        space = {}
        exec(compile(standalone(made), made.name, "exec"), space)
        return space["made"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("derive.printing.torchcode.module._File._docstring", lambda self: iter(()))
        yield of


def gradients(loss, h, h_prime, inputs):
    """The value, and both gradients without the part along the row: losses go on off the sphere in
    many ways."""
    x, y = (v.clone().requires_grad_() for v in (h, h_prime))
    value = loss(x, y, tau=0.2, m=1.3, **inputs)
    found = torch.autograd.grad(value, (x, y), allow_unused=True)
    by = [torch.zeros_like(h) if g is None else g for g in found]
    return value.detach(), *[
        g - (g * v).sum(dim=1, keepdim=True) * v for g, v in zip(by, (h, h_prime), strict=True)
    ]


def same_as_autograd(printed, made, h, h_prime, inputs):
    found = gradients(printed(made), h, h_prime, inputs)
    expected = gradients(Formula(made).loss, h, h_prime, inputs)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", FORMULAS)
def test_printed_code_is_what_the_evaluator_computes(name, batch, printed):
    h, h_prime, inputs = batch
    made = objective(name, FORMULAS[name])
    x, y = (v.clone().requires_grad_() for v in (h, h_prime))
    value = printed(made)(x, y, **inputs)
    by_x, by_y = torch.autograd.grad(value, (x, y))
    values = {"tau": 0.2, "m": 1.3}
    expected = DenseEngine.of(made).gradients(h, h_prime, values, inputs)
    torch.testing.assert_close(value.detach(), expected.value, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(by_x, expected.by_h, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(by_y, expected.by_h_prime, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", POWERS)
def test_powers_of_what_is_signed(name, batch, printed):
    h, h_prime, inputs = batch
    made = objective(name, POWERS[name])
    loss = printed(made)
    for positive in (h_prime, -h):
        same_as_autograd(lambda _: loss, made, h, positive, inputs)


@pytest.mark.parametrize("name", PICKS)
def test_picked_samples_wherever_they_stand(name, batch, printed):
    same_as_autograd(printed, objective(name, PICKS[name]), *batch)


def test_a_given_sample_of_a_given_sample(batch, printed):
    h, h_prime, inputs = batch
    at = inputs["second"][inputs["first"]]  # [i, e, f]: second[first[i, e], f]
    one = objective(
        "nested", lambda i, x: sum_extras(lambda e: Exp(cosine(i, second(first(i, e), e))))
    )
    two = objective(
        "nested twice",
        lambda i, x: sum_extras(
            lambda e: sum_extras(lambda f: Exp(cosine(i, second(first(i, e), f))))
        ),
    )

    def summed(places):
        rows = torch.arange(len(h))[:, None]
        return lambda x, y, **_: (x @ y.T)[rows, places].exp().sum(dim=1).mean()

    for made, places in ((one, at.diagonal(dim1=1, dim2=2)), (two, at.flatten(1))):
        found = gradients(printed(made), h, h_prime, inputs)
        torch.testing.assert_close(found, gradients(summed(places), h, h_prime, inputs))


@pytest.mark.parametrize("name", ANGLES)
def test_angles_at_collapse(name, batch, printed):
    """Equal rows are at the angle 0, opposite ones at π, to the last digit; both have the zero
    subgradient, and rows that are nearly equal keep the digits of their angle."""
    h, _, inputs = batch
    made = objective(name, ANGLES[name])
    loss = printed(made)
    one = h[[0] * len(h)]
    for anchors, positive in ((h, h), (h, -h), (one, one), (one, -one)):
        same_as_autograd(lambda _: loss, made, anchors, positive.clone(), inputs)
    step = torch.randn(h.shape, generator=torch.Generator().manual_seed(1)).double()
    near = torch.nn.functional.normalize(one + 1e-6 * step, dim=1)
    found = gradients(loss, one, near, inputs)
    expected = gradients(Formula(made).loss, one, near, inputs)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


def test_the_hardest_negative_of_the_hardest_negative(batch, printed):
    h, h_prime, inputs = batch
    made = objective("nested", lambda i, x: hardest(lambda k: same_view(nearest(i), k), nearest(i)))
    x, y = (v.clone().requires_grad_() for v in (h, h_prime))
    printed(made)(x, y, **inputs).backward()
    z = h.clone().requires_grad_()
    own = torch.eye(len(h), dtype=torch.bool)
    at = (h @ h_prime.T).masked_fill(own, -torch.inf).argmax(dim=1)
    (z @ z.T).masked_fill(own, -torch.inf)[at].amax(dim=1).mean().backward()
    torch.testing.assert_close(x.grad, z.grad, rtol=1e-11, atol=1e-12)
    assert not y.grad.any()
