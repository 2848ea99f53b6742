"""Every planted fault is caught, by the check that is there for it."""

from copy import copy
from dataclasses import replace

import pytest
from sympy import Integer, S, Symbol

from derive import calculus
from derive.errors import DecompositionError
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Cos, Exp, Hardest, HardestIndex, Hinge, Log, Sin
from derive.paradigm import split
from derive.verdict import Verdict
from tests.catalogue import thinned
from tests.verify import faults
from verify.checks import CHECKS, autograd, identity, points
from verify.ladder import exit_code, run_check, verify_subject
from verify.subject import Subject

EXAMPLES = 25


def caught_by(subject, checks=tuple(CHECKS)):
    """Check → verdict, of those that did not pass."""
    results = [run_check(name, CHECKS[name], subject, examples=EXAMPLES, seed=0) for name in checks]
    return {x.check: x.verdict for x in results if not x.verdict.passed}


@pytest.mark.parametrize("wrong", thinned(faults.FORMULAS, 6), ids=lambda x: x.__name__)
def test_a_wrong_formula_is_refuted_by_the_oracle(wrong):
    subject = faults.planted(wrong)
    caught = caught_by(subject, ("identity", "points", "autograd"))
    assert caught == {"autograd": Verdict.REFUTED}  # a wrong formula is derived rightly


def test_a_wrong_formula_is_refuted_all_the_way():
    report = verify_subject(faults.planted(faults.MarginSign), examples=EXAMPLES)
    assert report.verdict is Verdict.REFUTED
    verdicts = {x.check: x.verdict for x in report.results}
    assert verdicts["autograd"] is verdicts["fast"] is Verdict.REFUTED
    assert exit_code([report]) == 1


@pytest.mark.parametrize(("name", "wrap"), thinned([*faults.FAST.values()], 3), ids=faults.FAST)
def test_a_wrong_fast_objective_is_refuted(name, wrap):
    caught = caught_by(faults.with_fast(name, wrap))
    assert set(caught) <= {"fast", "relations", "singular"}
    assert Verdict.REFUTED in caught.values()


def _without(e):
    return S.Zero


PARTS = {
    "dissipation doubled": ("infonce", "dissipation", lambda e: 2 * e),
    "dissipation left out": ("mpt", "dissipation", lambda e: S.One),
    "weight without 1/τ": ("infonce", "weight", lambda e: Symbol("tau", positive=True) * e),
    "weight transposed": (
        "infonce", "weight", lambda e: e.xreplace({NEGATIVE: ANCHOR, ANCHOR: NEGATIVE}),
    ),
    "ratio inverted": ("met", "ratio", lambda e: 1 / e),
    "ratio of InfoNCE": ("arccon", "ratio", lambda e: Integer(1)),
    "ratio's sign": ("vicreg", "ratio", lambda e: -e),
}  # fmt: skip


def altered(decomposition, part, alter):
    """A decomposition with one part altered behind the constructor's back."""
    new = copy(decomposition)
    object.__setattr__(new, part, _altered(getattr(decomposition, part), alter))
    return new


def _altered(value, alter):
    if isinstance(value, dict):
        return {view: alter(e) for view, e in value.items()}
    return alter(value)


@pytest.mark.parametrize(("name", "part", "alter"), PARTS.values(), ids=PARTS)
def test_a_wrong_part_is_refused_and_caught(name, part, alter):
    right = Subject.of(name)
    wrong = altered(right.decomposition, part, alter)
    with pytest.raises(DecompositionError):
        replace(right.decomposition, **{part: getattr(wrong, part)})
    caught = caught_by(replace(right, decomposition=wrong), ("identity", "points", "autograd"))
    assert caught["identity"] is Verdict.UNDECIDED
    assert caught["points"] is Verdict.REFUTED
    assert caught["autograd"] is Verdict.REFUTED


COEFFICIENTS = {
    "radial term dropped": ("met", "radial", _without),
    "remainder dropped": ("vicreg", "remainder", lambda parts: ()),
    "pull doubled": ("infonce", "pull", lambda e: 2 * e),
    "push on one negative too many": ("mvicreg", "push", lambda e: e + 1),
}


@pytest.mark.parametrize(("name", "part", "alter"), COEFFICIENTS.values(), ids=COEFFICIENTS)
def test_a_wrong_coefficient_is_refused_by_the_constructor(name, part, alter):
    coefficients = Subject.of(name).decomposition.coefficients
    with pytest.raises(DecompositionError, match="not proved"):
        replace(coefficients, **{part: _altered(getattr(coefficients, part), alter)})


@pytest.mark.parametrize("fault", ["radial term dropped", "remainder dropped"])
def test_a_dropped_coefficient_is_caught(fault):
    name, part, alter = COEFFICIENTS[fault]
    right = Subject.of(name)
    wrong = copy(right.decomposition)
    object.__setattr__(wrong, "coefficients", altered(wrong.coefficients, part, alter))
    caught = caught_by(replace(right, decomposition=wrong), ("identity", "points"))
    assert caught == {"identity": Verdict.UNDECIDED, "points": Verdict.REFUTED}


def test_a_gradient_scaled_with_all_its_parts_is_caught_by_the_second_derivation():
    right = Subject.of("infonce")
    c = right.decomposition.coefficients
    push = {view: 2 * a for view, a in c.push.items()}
    wrong = split(replace(c, gradient=2 * c.gradient, push=push, pull=2 * c.pull))
    subject = replace(right, decomposition=wrong)
    verdict, detail = identity.check(subject, examples=1, seed=0)
    assert verdict is Verdict.UNDECIDED
    assert detail == "by cosines another a_ij of h', b_i was found"
    assert caught_by(subject, ("points",)) == {"points": Verdict.REFUTED}


def _log_forgets_its_argument(e, d):
    return d(e.args[0])


def _cosine_keeps_its_sign(e, d):
    return Sin(e.args[0]) * d(e.args[0])


def _exp_is_linear(e, d):
    return d(e.args[0])


def _hinge_is_always_open(e, d):
    return d(e.args[0])


def _hardest_is_the_easiest(e, d):
    body, k, i = e.args
    return d(body.xreplace({k: HardestIndex(-body, k, i)}))


RULES = {
    "∂log x = ∂x": ("infonce", Log, _log_forgets_its_argument),
    "∂cos x = sin x ∂x": ("arccon", Cos, _cosine_keeps_its_sign),
    "∂e^x = ∂x": ("infonce", Exp, _exp_is_linear),
    "∂max(0, x) = ∂x": ("mpt", Hinge, _hinge_is_always_open),
    "∂max selects the minimum": ("met", Hardest, _hardest_is_the_easiest),
}


@pytest.mark.parametrize(("name", "node", "rule"), RULES.values(), ids=RULES)
def test_a_wrong_rule_of_the_calculus_is_refuted(name, node, rule):
    """Algebra alone proves what a wrong rule derives: only numbers refute it."""
    right_rule = calculus._rule.dispatch(node)
    calculus._rule.register(node, rule)
    try:
        subject = Subject.of(name)
    finally:
        calculus._rule.register(node, right_rule)
    caught = caught_by(subject, ("points", "autograd"))
    assert caught == {"points": Verdict.REFUTED, "autograd": Verdict.REFUTED}


def test_a_refutation_names_the_point():
    subject = faults.planted(faults.MarginSign)
    verdict, detail = autograd.check(subject, examples=EXAMPLES, seed=0)
    assert verdict is Verdict.REFUTED
    assert "Batch(regime=" in detail
    assert "m=" in detail
    wrong = altered(subject.decomposition, "dissipation", lambda e: 2 * e)
    _, detail = points.check(replace(subject, decomposition=wrong), examples=20, seed=3)
    assert "draw_point(seed=" in detail


def test_the_pool_is_cross_view_in_the_planted_right_loss():
    """The scaffold itself is right: a copy without a fault passes every check."""

    class Copy(faults.InfoNCE):
        name = "infonce"

    assert set(Subject.of("infonce").decomposition.weight) == {H_PRIME}
    assert caught_by(faults.planted(Copy)) == {}
