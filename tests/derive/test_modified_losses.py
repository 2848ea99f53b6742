"""The modified losses against Li et al. 2024: Tables 2 and 5, and the objectives it prints.

Each claim that a file of the catalogue makes about a printed equation is checked here.
"""

import pytest
import torch
from sympy import Rational

from derive.identity import vanishes
from derive.modification import explain, modify
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Delta, Exp, H, Hardest, Log, N, Step, Stop
from derive.notation import (
    cosine,
    distance,
    hardest,
    same_view,
    score,
    squared_distance,
    sum_pairs,
    sum_samples,
)
from derive.objective import SAME, Objective
from derive.objectives import load
from derive.objectives._common import partition
from derive.paradigm import decompose
from derive.printed import compare_printed
from derive.torch import objective as fast
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from tests.derive.batches import unit_batch

ORIGINALS = {"mmhe": "mhe", "mmhs": "mhs", "mbarlow": "barlow_twins", "mvicreg": "vicreg"}
MODIFIED = tuple(ORIGINALS)


def equal(a: object, b: object) -> bool:
    return vanishes(a - b) is Verdict.PROVED


# ---- 001, Table 2, lower half ----


@pytest.mark.parametrize("name", [*MODIFIED, "paradigm"])
def test_table_2_as_a_vector(name: str) -> None:
    (comparison,) = compare_printed(decompose(load(name)))
    assert (comparison.equality.sense, comparison.equality.conditions) == ("ambient", ())


@pytest.mark.parametrize("entry", ["dissipation", "weight", "ratio"])
@pytest.mark.parametrize("name", MODIFIED)
def test_table_2_entry_by_entry(name: str, entry: str) -> None:
    """Every printed entry of the lower half is the derived one, with no factor and no condition."""
    d = decompose(load(name))
    x = d.objective.parameters()
    printed = getattr(d.objective.printed[0], entry)(ANCHOR, NEGATIVE, x)
    derived = d.weight[H] if entry == "weight" else getattr(d, entry)
    if name == "mmhs" and entry == "weight":  # one-hot: equal where it counts, at j = j*
        (at,) = derived.atoms(Delta)
        index = next(k for k in at.args if k != NEGATIVE)
        printed, derived = (e.xreplace({at: 1, NEGATIVE: index}) for e in (printed, derived))
        assert printed.xreplace({NEGATIVE: index}) is not None
    assert equal(derived, printed)


@pytest.mark.parametrize("name", MODIFIED)
def test_modify_makes_the_modified_losses_from_the_originals(name: str) -> None:
    recipe = load(name)
    made = modify(ORIGINALS[name], gd=recipe.gd, weight=recipe.weight, ratio=recipe.ratio)
    assert made.formula() == recipe.formula() or equal(made.formula(), recipe.formula())
    assert made.defaults() == recipe.defaults()
    assert all(x is Verdict.PROVED for x in explain(made).agreement.values())


def test_the_recipes_take_their_settings() -> None:
    assert load("mmhe").defaults({"r": "1.25"})["r"] == Rational(5, 4)
    for name in MODIFIED:
        preset = load(name).presets["roberta"]
        assert set(preset) == {x.name for x in load(name).hyper}
        load(name).defaults(preset)


# ---- the objectives that 001 prints, against the recipes ----

_HYPER = (*load("mmhe").hyper,)
s = score(lambda k: cosine(k, k))


def _gate(i, x):
    return Stop(Step(x.m - s(i) + hardest(lambda k: cosine(i, k), i)))


class _Printed(Objective):
    title, source, reduction = "as printed", "Li et al. 2024", "mean over anchors"
    differentiated, pool, hyper = "anchor", SAME, _HYPER
    stop_gradients = "as printed"

    def terms(self, i, x):
        raise AssertionError


class Equation14(_Printed):
    """mMHE as an objective: the uniformity flows."""

    def terms(self, i, x):
        whole = sum_samples(lambda k: partition(same_view, k, x.tau)) / 2
        pull = Stop(x.r * partition(same_view, i, x.tau) / (2 * x.tau * whole))
        energy = sum_pairs(lambda k, m: Exp(-squared_distance(H, k, H, m) / (2 * x.tau)))
        uniformity = Log(2 * energy / (N * (N - 1)))
        return _gate(i, x) * (pull * squared_distance(H, i, H_PRIME, i) + uniformity)


class Equation15(_Printed):
    """mMHS as an objective, with its maximum."""

    def terms(self, i, x):
        farthest = hardest(lambda k: distance(H, i, H, k), i)
        nearest = -hardest(lambda k: -distance(H, i, H, k), i)
        pull = x.r / (2 * Stop(farthest))
        return _gate(i, x) * (pull * squared_distance(H, i, H_PRIME, i) - nearest)


class Equation13(_Printed):
    """mVICReg with w_p as the middle of its definition says: without r."""

    def terms(self, i, x):
        whole = sum_samples(lambda k: partition(same_view, k, x.tau))
        pull = Stop(partition(same_view, i, x.tau) / whole)
        push = sum_samples(
            lambda j: Stop(Exp(same_view(i, j) / x.tau) / whole) * same_view(i, j), other_than=i
        )
        return _gate(i, x) * (push - pull * cosine(i, i))


def test_equation_14_has_the_same_gradient_by_the_anchor_up_to_its_radial_part() -> None:
    printed, recipe = decompose(Equation14()), decompose(load("mmhe"))
    assert equal(printed.dissipation, recipe.dissipation)
    assert equal(printed.weight[H], recipe.weight[H])
    assert equal(printed.ratio, recipe.ratio)
    assert printed.radial != 0
    assert recipe.radial == 0


def test_equation_14_trains_otherwise() -> None:
    """Its uniformity is one scalar of the batch in the term of every anchor."""
    h, h_prime = (x.requires_grad_() for x in unit_batch(6, 5, noise=1.0))
    values = {"m": 2.0, "tau": 0.5, "r": 0.0}  # every gate open, no pull
    printed, recipe = (
        torch.autograd.grad(fast(x, **values)(h, h_prime), h)[0]
        for x in (Equation14(), load("mmhe"))
    )
    tangent = [g - (g * h).sum(1, keepdim=True) * h for g in (printed, recipe)]
    # W_ij = W_ji: the surrogate pushes each pair twice in N terms, the printed N times in N.
    assert torch.allclose(2 * tangent[0], 6 * tangent[1], rtol=1e-9)


def test_equation_15_has_the_largest_distance_where_equation_17_has_the_smallest() -> None:
    printed, recipe = decompose(Equation15()), decompose(load("mmhs"))
    assert equal(printed.dissipation, recipe.dissipation)
    assert not equal(printed.ratio, recipe.ratio)
    h, h_prime = unit_batch(6, 5)
    values = {"m": 0.3, "tau": 0.05, "r": 1.5}
    ratio = evaluate(printed.ratio, h, h_prime, values, (ANCHOR,))
    same = (h @ h.T).masked_fill(torch.eye(6, dtype=torch.bool), torch.nan)
    chords = (2 - 2 * same).sqrt()
    nearest = chords.nan_to_num(torch.inf).amin(1)
    farthest = chords.nan_to_num(0.0).amax(1)
    assert torch.allclose(ratio, 1.5 * nearest / farthest)


def test_the_middle_of_the_papers_pull_lacks_the_factor_r() -> None:
    printed = decompose(Equation13())
    assert printed.ratio == 1
    assert equal(printed.weight[H], decompose(load("mvicreg")).weight[H])


def test_the_weights_of_the_modified_losses_differ_by_a_factor() -> None:
    """Eq. 16 divides by τ Σ_{k<l}, Eq. 19 by Σ_{k≠l}: mMHE pushes 2/τ times as hard."""
    mmhe, mvicreg = decompose(load("mmhe")), decompose(load("mvicreg"))
    tau = load("mmhe").parameters().tau
    assert equal(mmhe.weight[H], 2 / tau * mvicreg.weight[H])


# ---- Table 5 ----


@pytest.mark.parametrize("name", ORIGINALS.values())
def test_the_first_step_gates_what_the_original_has(name: str) -> None:
    step, original = decompose(load(f"{name}_gd")), decompose(load(name))
    for view, weight in original.weight.items():
        assert equal(step.weight[view], weight)
    assert equal(step.ratio, original.ratio)
    assert isinstance(step.dissipation, Step)
    assert step.dissipation.atoms(Hardest)
    assert not step.remainder
    assert step.radial == 0


@pytest.mark.parametrize("name", ["mhe", "barlow_twins", "vicreg"])
def test_the_second_step_keeps_the_pull_and_not_the_ratio(name: str) -> None:
    step, original = decompose(load(f"{name}_gd_w")), decompose(load(name))
    final = decompose(load(dict(zip(ORIGINALS.values(), MODIFIED, strict=True))[name]))
    assert equal(step.weight[H], final.weight[H])
    gate = step.dissipation
    assert equal(step.coefficients.pull, gate * original.coefficients.pull)
    assert equal(step.coefficients.diagonal, gate * original.coefficients.diagonal)


def test_vicregs_own_ratio_is_negative_and_would_repel_the_positive() -> None:
    kept = decompose(modify("vicreg", weight="softmax"))
    assert kept.ratio.could_extract_minus_sign()
    pulled = decompose(modify("vicreg", weight="softmax", ratio="pull"))
    assert not pulled.ratio.could_extract_minus_sign()
