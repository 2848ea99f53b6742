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
    hardest,
    hardest_index,
    same_view,
    sum_features,
    sum_samples,
)
from derive.objective import CROSS, Objective
from derive.printing.torchcode import standalone
from derive.torch.dense import DenseEngine

E = ExtraIndex("_e")
K = SampleIndex("_k")


def others(body, i):
    return sum_samples(body, other_than=i)


def top(i, share):
    """Σ_j over the hardest share of the negatives of c_ij'²."""
    return others(lambda j: Top(j, cosine(i, K), K, i, share) * cosine(i, j) ** 2, i)


def nearest(i):
    return hardest_index(lambda k: cosine(i, k), i)


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
    "hyper-parameters alone": lambda i, x: x.tau * x.m + cosine(i, i) * 0,
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
        inputs = ("labels", "extra_samples")
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
    away = torch.randint(1, 7, (7, 3), generator=generator)
    inputs = {
        "labels": torch.tensor([0, 1, 0, 2, 1, 0, 2]),
        "extra_samples": (away + torch.arange(7)[:, None]) % 7,
    }
    return h, h_prime, inputs


@pytest.fixture
def printed(monkeypatch):
    """The loss of a formula, as printed. The docstring is another matter: not every formula here
    has a decomposition."""

    def of(made):
        space = {}
        exec(compile(standalone(made), made.name, "exec"), space)
        return space["made"]

    monkeypatch.setattr("derive.printing.torchcode.module._File._docstring", lambda self: iter(()))
    return of


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
