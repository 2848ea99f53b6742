"""Small edits of formulas: each kind does what its text says, everywhere it can, and no more."""

import pytest
import torch
from sympy import Add, Integer, Rational, S, Symbol

from derive.errors import UnknownNameError
from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Angle,
    Component,
    D,
    Definition,
    Delta,
    Exp,
    FeatureIndex,
    H,
    Hardest,
    Hinge,
    IndexSum,
    Inner,
    Log,
    M,
    Match,
    N,
    Named,
    SampleIndex,
    Step,
    Stop,
    View,
    free_indices,
    stopped,
)
from derive.notation import (
    cosine,
    define,
    hardest,
    hardest_index,
    other_view,
    same_view,
    score,
    sum_features,
    sum_samples,
    top,
)
from derive.objectives import load, names
from derive.torch.lowering import evaluate
from verify.edits import KINDS, Edit, edits
from verify.edits.walk import definitions, positions, with_body
from verify.strategies import Batch

TAU, MARGIN, SHARE = Symbol("tau", positive=True), Symbol("m", real=True), Symbol("share")
VALUES = {"tau": 0.5, "m": 0.3, "share": 0.5}
LABELS = {"labels": torch.tensor([0, 1, 0, 2, 1])}
BATCH = Batch("independent", 5, 4, 7)
X, J = ANCHOR, SampleIndex("j")
A = FeatureIndex("a")


def value(e):
    """(N,) or (): of an expression of the anchor, at one batch."""
    axes = (ANCHOR,) if ANCHOR in free_indices(e) else ()
    return evaluate(e, BATCH.h, BATCH.h_prime, VALUES, axes, inputs=LABELS)


def found(e, kind):
    return [x.expr for x in edits(e, (kind,))]


def has(e, kind, wanted):
    """Whether an edit of that kind has the value of the expression wanted, and the text a word."""
    of_kind = list(edits(e, (kind,)))
    assert all(isinstance(x, Edit) and x.kind == kind and x.text for x in of_kind)
    return any(torch.allclose(value(x.expr), value(wanted), rtol=1e-12) for x in of_kind)


def partition(similarity=cosine, other_than=X):
    return sum_samples(lambda k: Exp(similarity(X, k) / TAU), other_than)


COV = define("C", sum_samples(lambda k: Component(H, k, A) ** 4) / N, A, view=H)
SPREAD = sum_features(lambda a: COV(a))
BOTH = sum_features(lambda a: COV(a) ** 2)
PAIRED = cosine(X, X) + hardest(lambda k: cosine(X, k), X)

CASES = {
    "sign of a term": ("sign", -cosine(X, X) + MARGIN, cosine(X, X) + MARGIN),
    "sign of an exponent": (
        "sign", partition(), sum_samples(lambda k: Exp(-cosine(X, k) / TAU), X)),
    "sign of all": ("sign", Log(partition()), -Log(partition())),
    "factor of a term": (
        "factor", cosine(X, X) + Log(partition()), 2 * cosine(X, X) + Log(partition())),
    "half a sum over pairs": ("factor", Log(partition()), Log(partition() / 2)),
    "factor of all": ("factor", Log(partition()), 2 * Log(partition())),
    "another view": ("view", cosine(X, X), other_view(X, X)),
    "another pool": (
        "view", -cosine(X, X) + Log(partition()), -cosine(X, X) + Log(partition(same_view))),
    "the other view's statistic": (
        "view", SPREAD,
        sum_samples(lambda k: sum_features(lambda a: Component(H_PRIME, k, a) ** 4)) / N),
    "rows for columns": ("index", partition(), partition(lambda i, k: cosine(k, i))),
    "self pair in a sum": ("self pair", partition(), partition(other_than=None)),
    "no self pair in a sum": ("self pair", partition(other_than=None), partition()),
    "self pair in a maximum": (
        "self pair", hardest(lambda k: cosine(X, k), X),
        hardest(lambda k: cosine(X, k), X)
        + Hinge(cosine(X, X) - hardest(lambda k: cosine(X, k), X))),
    "N − 1 for N": ("count", Log(partition()) / N, Log(partition()) / (N - 1)),
    "N for N − 1": ("count", Log(partition()) / (N - 1), Log(partition()) / N),
    "D − 1 for D": ("count", SPREAD / D, SPREAD / (D - 1)),
    "a mean for a sum": ("reduction", Log(partition()), Log(partition() / N)),
    "a sum for a mean": ("reduction", SPREAD / D, SPREAD),
    "N times all": ("reduction", cosine(X, X), N * cosine(X, X)),
    "least for greatest": (
        "extremum", PAIRED, cosine(X, X) - hardest(lambda k: -cosine(X, k), X)),
    "least share": (
        "extremum",
        sum_samples(lambda k: top(k, lambda q: cosine(X, q), X, SHARE) * cosine(X, k), X),
        sum_samples(lambda k: top(k, lambda q: -cosine(X, q), X, SHARE) * cosine(X, k), X)),
    "margin": ("margin", Hinge(cosine(X, X) + MARGIN), Hinge(cosine(X, X) - MARGIN)),
    "τ multiplies": ("temperature", cosine(X, X) / TAU, cosine(X, X) * TAU),
    "τ left out": ("temperature", cosine(X, X) / TAU, cosine(X, X)),
    "τ left out throughout": (
        "temperature", cosine(X, X) / TAU + Log(partition()),
        cosine(X, X) + Log(sum_samples(lambda k: Exp(cosine(X, k)), X))),
    "no root": ("power", (2 - 2 * cosine(X, X)) ** Rational(1, 2), 2 - 2 * cosine(X, X)),
    "no square": ("power", BOTH, SPREAD),
    "the inverse": ("power", cosine(X, X) / partition(), cosine(X, X) * partition()),
    "no gate": ("gate", Step(cosine(X, X)) * MARGIN, MARGIN + 0 * cosine(X, X)),
    "no hinge": ("gate", Hinge(cosine(X, X) - MARGIN), cosine(X, X) - MARGIN),
    "a term left out": ("term", cosine(X, X) + Log(partition()), Log(partition())),
    "the other labels": (
        "label", sum_samples(lambda k: Match(X, k) * cosine(X, k), X),
        sum_samples(lambda k: (1 - Match(X, k)) * cosine(X, k), X)),
    "all labels": (
        "label", sum_samples(lambda k: Match(X, k) * cosine(X, k), X),
        sum_samples(lambda k: cosine(X, k), X)),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "e", "wanted"), CASES.values(), ids=CASES)
def test_an_edit_has_the_value_that_its_text_says(kind, e, wanted):
    assert not torch.allclose(value(e), value(wanted), rtol=1e-3)  # it is an edit
    assert has(e, kind, wanted)


def test_every_kind_has_a_case():
    assert {kind for kind, _, _ in CASES.values()} | {"stop-gradient"} == set(KINDS)


def test_stop_gradients_are_planted_and_left_out():
    weight = Exp(cosine(X, X))
    assert same_view(X, J) * weight in found(same_view(X, J) * Stop(weight), "stop-gradient")
    assert same_view(X, J) * Stop(weight) in found(same_view(X, J) * weight, "stop-gradient")
    assert cosine(X, J) in found(Inner(H, X, stopped(H_PRIME), J), "stop-gradient")
    detached = Inner(H, X, stopped(H_PRIME), J)
    assert detached in found(cosine(X, J), "stop-gradient")
    gated = Stop(Step(cosine(X, X))) * cosine(X, X)
    assert not any(x.has(Stop(Stop(Step(cosine(X, X))))) for x in found(gated, "stop-gradient"))


def test_an_edge_of_a_gate_moves_where_its_argument_is_0():
    (without, closed) = found(Step(cosine(X, X)), "gate")
    assert without == 1
    h = torch.eye(2, dtype=torch.float64)
    crossed = evaluate(closed, h, h.flip(0), {}, (ANCHOR,))
    assert crossed.tolist() == [1.0, 1.0]
    assert evaluate(Step(cosine(X, X)), h, h.flip(0), {}, (ANCHOR,)).tolist() == [0.0, 0.0]
    assert evaluate(closed, h, -h, {}, (ANCHOR,)).tolist() == [0.0, 0.0]


def test_a_picked_index_becomes_that_of_the_least():
    e = Inner(H, X, H_PRIME, hardest_index(lambda k: cosine(X, k), X))
    assert has(e, "extremum", Inner(H, X, H_PRIME, hardest_index(lambda k: -cosine(X, k), X)))


def test_an_edit_inside_a_definition_changes_every_use_of_it():
    s = score(lambda k: cosine(k, k))
    e = -s(X) / TAU + Log(Exp(s(X) / TAU) + partition())
    other = score(lambda k: other_view(k, k))
    wanted = -other(X) / TAU + Log(Exp(other(X) / TAU) + partition())
    assert has(e, "view", wanted)
    assert all(len([d for d in definitions(x.expr) if d.score]) <= 1 for x in edits(e))


def test_definitions_inside_definitions_are_reached_and_keep_what_they_are():
    sigma = define("σ", (COV(A) + MARGIN) ** Rational(1, 2), A, view=H, opaque=True)
    e = sum_features(lambda a: sigma(a))
    over_n = [x for x in edits(e, ("count",)) if "C[h]" in x.text]
    assert len(over_n) == 1
    after = {d.name: d for d in definitions(over_n[0].expr)}
    assert after["σ"].opaque
    assert after["σ"].view == after["C"].view == H
    again = define("C", sum_samples(lambda k: Component(H, k, A) ** 4) / (N - 1), A, view=H)
    wanted = sum_features(lambda a: (again(a) + MARGIN) ** Rational(1, 2))
    assert torch.allclose(value(over_n[0].expr), value(wanted))


def test_a_definition_that_is_built_again_captures_no_index():
    """A definition numbers its bound indices, the inner ones first: an outer index that already has
    the number an inner one gets would be captured."""
    (first,) = {x.args[1] for _, x in positions(COV.body) if isinstance(x, IndexSum)}
    inner = SampleIndex("_inner")
    body = IndexSum(IndexSum(same_view(inner, first), inner) * other_view(first, X), first)
    built = with_body(Definition("C", (A,), COV.body, view=H), body.xreplace({X: first}))
    wanted = sum_samples(lambda k: other_view(k, k) * sum_samples(lambda q: same_view(k, q)))
    each = evaluate(built(A), BATCH.h, BATCH.h_prime, VALUES, (A,))
    assert each.tolist() == pytest.approx([float(value(wanted))] * 4)


@pytest.mark.parametrize("name", names())
def test_every_edit_of_the_catalogue_is_a_formula_of_the_same_indices(name):
    objective = load(name)
    formula = objective.formula()
    all_of_them = list(edits(formula))
    assert len({x.expr for x in all_of_them}) == len(all_of_them)
    assert formula not in {x.expr for x in all_of_them}
    for x in all_of_them:
        assert free_indices(x.expr) <= free_indices(formula)
        assert _symbols(x.expr) <= _symbols(formula) | {N, D, M}, x.text
        assert x.kind in KINDS


def _symbols(e):
    """The hyper-parameters and sizes of an expression and of its definitions."""
    bodies = [e, *[d.body for d in definitions(e)]]
    return {y for x in bodies for y in x.free_symbols if type(y) is Symbol}


def test_sizes_are_no_hyper_parameters_and_kinds_are_known():
    assert found(N * D * cosine(X, X), "temperature") == []
    assert found(N + cosine(X, X), "margin") == []
    with pytest.raises(UnknownNameError, match="unknown kind of edit 'sing'"):
        list(edits(cosine(X, X), ("sing",)))


def test_what_cannot_be_edited_has_no_edits_of_that_kind():
    assert found(cosine(X, X), "extremum") == found(Integer(1), "view") == []
    assert next(iter(edits(S.One, ("sign",)))).expr == -1  # all of it
    assert found(Add(Delta(X, J), 1), "label") == []


def test_texts_are_readable():
    e = -cosine(X, X) / TAU + Log(partition())
    texts = {x.text for x in edits(e)}
    assert "without 1/tau" in texts
    assert "⟨h', h⟩ for ⟨h, h'⟩ of different samples" in texts
    assert not any("IndexSum" in x or "Inner" in x for x in texts)
    angle = Hinge(Angle(cosine(X, X)) + MARGIN)
    assert {x.text for x in edits(angle, ("margin",))} == {"−m for m"}
    assert {x.kind for x in edits(angle, ("margin", "sign"))} == {"margin", "sign"}


def test_named_indices_are_exchanged():
    w = define("W", Exp(same_view(X, J)) / Exp(same_view(X, X)), X, J)
    e = sum_samples(lambda k: w(X, k) * cosine(X, k), other_than=X)
    swapped = sum_samples(lambda k: w(k, X) * cosine(X, k), other_than=X)
    assert has(e, "index", swapped)
    assert all(isinstance(x, Named) is False for x in found(e, "index"))


def test_hardest_and_views_stay_nodes():
    for x in edits(hardest(lambda k: cosine(X, k), X), ("view", "extremum")):
        assert x.expr.has(Hardest)
        assert all(isinstance(v, View) for v in x.expr.atoms(View))
