"""Rung 5: what a formula promises, and planted faults that break each relation."""

from dataclasses import replace

import pytest
import torch

from derive.verdict import Verdict
from tests.verify import faults
from verify.checks import CHECKS
from verify.ladder import run_check
from verify.slopes import Slopes
from verify.specification import (
    DEAD,
    DIFFERENCES,
    PERMUTATION,
    ROTATION,
    SHIFT,
    SWAP,
    specification,
)
from verify.subject import Subject

PROMISES = {
    "infonce": {ROTATION, SHIFT},
    "infonce_symmetric": {ROTATION, SWAP},
    "mpt": {ROTATION, SHIFT, DEAD},
    "arccon": {ROTATION},  # cos(θ + u) is no logit plus a number
    "met": {ROTATION, DEAD},
    "vicreg": {SWAP},
    "barlow_twins_gd": set(),
    "uniform_same_view": {ROTATION, DEAD},  # h' does not occur
}


@pytest.mark.parametrize("name", PROMISES)
def test_what_a_formula_promises(name):
    subject = Subject.of(name)
    stated = specification(subject, Slopes(subject))
    assert set(stated.promised) == {DIFFERENCES, PERMUTATION} | PROMISES[name]
    assert all(stated.promised.values())
    assert all(stated.others.values())


def relations(subject, examples=6):
    return run_check("relations", CHECKS["relations"], subject, examples=examples, seed=0)


@pytest.mark.parametrize("name", ["mpt", "infonce_symmetric", "mvicreg", "uniform_same_view"])
def test_the_relations_hold_and_the_others_are_named(name):
    found = relations(Subject.of(name))
    assert found.verdict is Verdict.AGREED, found.detail
    assert "held: finite differences, permutation" in found.detail
    assert "not promised: " in found.detail


def weighed(weights):
    """The value with another weight for each feature: a rotation shows it."""

    def wrap(module):
        def run(h, h_prime, **inputs):
            scale = weights(h)
            return module(h, h_prime, **inputs) + 1e-3 * (h * h_prime * scale).sum() / len(h)

        return run

    return wrap


def features(h):
    return torch.arange(h.shape[1], dtype=h.dtype)


def places(h):
    return torch.arange(len(h), dtype=h.dtype)[:, None]


def first_view(module):
    def run(h, h_prime, **inputs):
        return module(h, h_prime, **inputs) + 1e-3 * h[:, 0].square().mean()

    return run


def positive_counted(module):
    def run(h, h_prime, **inputs):
        return module(h, h_prime, **inputs) - 1e-3 * (h * h_prime).sum(dim=1).mean()

    return run


def always_a_little(module):
    return lambda h, h_prime, **inputs: module(h, h_prime, **inputs) * 1.0 + 1e-9


FAULTS = {
    "a gradient that is none of the value": ("infonce", faults.gradient_scaled(1 + 1e-4), "slope"),
    "a weight for each place": ("infonce_symmetric", weighed(places), PERMUTATION),
    "a weight for each feature": ("infonce_symmetric", weighed(features), ROTATION),
    "one view more than the other": ("vicreg", first_view, SWAP),
    "the positive once more": ("infonce", positive_counted, SHIFT),
    "a value behind closed gates": ("mpt", always_a_little, DEAD),
}


@pytest.mark.parametrize(("name", "wrap", "relation"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_breaks_its_relation(name, wrap, relation):
    found = relations(faults.with_fast(name, wrap))
    assert found.verdict is Verdict.REFUTED
    assert relation in found.detail
    assert "Batch(regime=" in found.detail
    compile(found.snippet, "snippet", "exec")


def test_a_gradient_through_what_is_stopped_is_no_frozen_slope():
    subject = Subject.of("mvicreg")
    wrong = replace(subject, fast=faults.with_fast("mvicreg", faults.gradient_scaled(1.001)).fast)
    assert relations(wrong).verdict is Verdict.REFUTED
