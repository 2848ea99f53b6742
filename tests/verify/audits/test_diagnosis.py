"""A diagnosis names planted variants of losses rightly, and names nothing that is none."""

import pytest
import torch
from torch.nn.functional import normalize

from derive.objectives import load
from tests.verify.audits.planted import (
    both_views,
    decoupled,
    infonce,
    joint,
    sigmoid,
    standardised,
    triplets,
    uniformity,
    variance_terms,
)
from verify.audits import constants
from verify.audits.axes import variants
from verify.audits.diagnosis import Diagnosis, diagnose

NAMES = ("vicreg_original", "vicreg_code", "barlow_twins_original", "barlow_twins", "ntxent", "mpt")


def told(f, name=None, **hyper):
    found = diagnose(f, name, hyper=hyper)
    assert isinstance(found, Diagnosis)
    assert found.exact
    return found


@pytest.mark.parametrize(
    ("code", "meant", "hyper", "loss", "words"),
    [
        (decoupled, "infonce", {"tau": 0.05}, "dcl", "the positive is missing from the denomin"),
        (lambda h, k: infonce(h, k, 0.05, "sum"), "infonce", {}, "infonce", "summed over the N"),
        (lambda h, k: infonce(k, h), "infonce", {}, "infonce", "the views swapped"),
        (lambda h, k: infonce(h, k.detach()), "infonce", {}, "infonce", "with h' stopped"),
        (lambda h, k: -infonce(h, k), "infonce", {}, "infonce", "its sign is turned"),
        (lambda h, k: infonce(h, k) / 0.05, "infonce", {}, "infonce", "1/τ ·"),
        (lambda h, k: uniformity(h, k) + 3, "uniform", {}, "uniform", "+ 3"),
        (lambda h, k: 2 * sigmoid(h, k), "siglip", {}, "siglip", "twice it"),
        (lambda h, k: sigmoid(h, k) / len(h), "siglip", {}, "siglip", "1/N ·"),
        (triplets, "mpt", {}, "met", "equals met"),
        (joint, "infonce", {}, "infonce", "both directions in one denominator and with negatives"),
    ],
)
def test_planted_variants_are_named(code, meant, hyper, loss, words):
    found = told(code, meant, **hyper)
    assert found.loss == loss
    assert words in found.text


def test_the_sentence_of_the_issue():
    text = told(decoupled, "infonce", tau=0.05).text
    assert text.startswith(
        "equals infonce (τ = 0.05) with the sum over j ≠ i: the positive is missing from the "
        "denominator, i.e. dcl (τ = 0.05)"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "meant", "hyper", "loss", "words"),
    [
        (lambda h, k, tau: both_views(h, k, tau, positive=False), "ntxent", {"tau": 0.1}, "ntxent",
         "the positive is missing"),
        (lambda h, k, tau: (infonce(h, k, tau) + infonce(k, h, tau)) / 2, "infonce", {"tau": 0.1},
         "infonce_symmetric", "equals infonce_symmetric"),
        (lambda h, k: triplets(h, k, hardest=False), "met", {}, "met", "hinges of all negatives"),
        (lambda h, k: variance_terms(h, k, count=0), "vicreg_original", {}, "vicreg_original",
         "N for N − 1"),
        (lambda h, k, tau: both_views(h, k, tau), "infonce", {"tau": 0.1}, "ntxent", "equals ntx"),
        (variance_terms, "vicreg_original", {}, "vicreg_original", "equals vicreg_original"),
        (lambda h, k: variance_terms(h, k, count=0, spread=1), "vicreg_original", {},
         "vicreg_original", "N for N − 1 in the covariance, and not in the variance"),
        (lambda h, k: variance_terms(h, k, count=1, spread=0), "vicreg_original", {},
         "vicreg_original", "N for N − 1 in the variance, and not in the covariance"),
        (lambda h, k: standardised(h, k, spread=1), "barlow_twins_original", {},
         "barlow_twins_original", "N − 1 for N in the deviations, and not in the correlation"),
        (lambda h, k: standardised(h, k, count=1), "barlow_twins_original", {},
         "barlow_twins_original", "N − 1 for N in the correlation, and not in the deviations"),
        (lambda h, k: standardised(h, k, count=1, spread=1), "barlow_twins_original", {},
         "barlow_twins_original", "equals barlow_twins_original (ν = 0.005)"),
        (lambda h, k, tau: both_views(h, k, tau, masked=0.0), "ntxent", {"tau": 0.1}, "ntxent",
         "0 for −∞ as the masked logit of each sample with itself: e⁰ = 1 stays"),
        (lambda h, k, tau: both_views(h, k, tau, masked=None), "ntxent", {"tau": 0.1}, "ntxent",
         "with each sample's product with itself in the sum over its own view"),
        (lambda h, k, tau: both_views(h, k, tau, masked=0.0), None, {"tau": 0.1}, "ntxent",
         "0 for −∞ as the masked logit of each sample with itself"),
        (lambda h, k, tau: both_views(h, k, tau, masked=None), None, {"tau": 0.1}, "ntxent",
         "with each sample's product with itself"),
        (lambda h, k, tau: decoupled(h, k, tau, masked=0.0), "dcl", {"tau": 0.1}, "dcl",
         "0 for −∞ as the masked logit of the pair"),
    ],
)  # fmt: skip
def test_planted_variants_that_take_longer(code, meant, hyper, loss, words):
    found = told(code, meant, **hyper)
    assert found.loss == loss
    assert words in found.text


def test_a_choice_is_offered_only_where_a_loss_has_it():
    said = {x: {v.text for v in variants(load(x).formula())} for x in NAMES}
    apart = {x for x, texts in said.items() if any("and not in" in t for t in texts)}
    assert apart == {"vicreg_original", "vicreg_code", "barlow_twins_original"}
    masked = {x for x, texts in said.items() if any("each sample with itself" in t for t in texts)}
    assert masked == {"ntxent"}


def test_a_hyperparameter_that_nobody_told_is_found():
    found = told(lambda h, k: infonce(normalize(h, dim=1), normalize(k, dim=1), 0.07), "infonce")
    assert found.settings == {"tau": pytest.approx(0.07, rel=1e-9)}
    assert "τ = 0.07, fitted" in found.text
    assert found.text.endswith("it normalises the rows itself")


def test_a_default_of_the_code_is_a_hyperparameter():
    def code(h, h_prime, temperature=0.21):
        return infonce(h, h_prime, temperature)

    assert told(code, "infonce").text.startswith("equals infonce (τ = 0.21)")


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        lambda h, k: (h * k).sin().sum() ** 3 + (h**4).sum(),
        lambda h, k: infonce(h, k) + 1e-3 * (h[0] * k[-1]).sum(),
        lambda h, k: infonce(h, k) if len(h) != 6 else decoupled(h, k),
    ],
    ids=["of no kind", "almost infonce", "another loss at the batch held out"],
)
def test_what_is_none_is_not_named(code):
    found = diagnose(code, "infonce")
    assert found is None or not found.exact


@pytest.mark.slow
def test_a_value_without_its_gradient_is_not_called_equal():
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, upstream):
            return upstream * torch.linspace(0.5, 1, upstream.shape[1])

    found = diagnose(lambda h, k: infonce(Half.apply(h), k), "infonce")
    assert found is not None
    assert not found.exact
    assert found.text.startswith("has the value, but not the gradient, of infonce")


def test_a_class_is_built():
    class Loss(torch.nn.Module):
        def __init__(self, tau):
            super().__init__()
            self.tau = tau

        def forward(self, h, h_prime):
            return infonce(h_prime, h, self.tau)

    found = diagnose(Loss, "infonce", hyper={"tau": 0.3})
    assert found is not None
    assert found.text.startswith("equals infonce (τ = 0.3) with the views swapped")


def test_a_loss_without_a_gradient_has_no_diagnosis():
    assert diagnose(lambda h, k: (h * k).sum().detach()) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N/(N − 1)", lambda n, d: n / (n - 1)),
        ("−1/2 · D", lambda n, d: -d / 2),
        ("τ · N", lambda n, d: 0.07 * n),
        ("0.3", lambda n, d: 0.3),
    ],
)
def test_factors_are_read(text, value):
    sizes = [(5, 4), (4, 3), (7, 4), (5, 7)]
    found = constants.factor(sizes, [value(n, d) for n, d in sizes], {"τ": 0.07}, 1e-9)
    assert found is not None
    assert found.text == text


def test_a_number_that_is_no_expression_of_the_sizes_is_not_read():
    assert constants.factor([(5, 4), (4, 3), (7, 4)], [1.0, 1.1, 1.3], {}, 1e-9) is None
