"""Paper 003: everything that the plan names has a claim of its own, and verdicts are computed."""

import re

import pytest

from verify.claims.model import Outcome
from verify.claims.p003 import claims, prose

CLAIMS = {x.id: x for x in claims()}
EQUATIONS = range(1, 52)  # 1 to 46, and the mixup conditions, 47 to 51

NAMED = (
    "003-eq-1-count",  # N samples or N negatives
    "003-eq-12-a", "003-eq-12-b", "003-eq-12-b-prime", "003-eq-12-b-negatives", "003-eq-12-whole",
    "003-eq-12-whole-printed", "003-eq-12-whole-negatives", "003-eq-35-e-negatives",
    "003-eq-44-a-negatives", "003-eq-46-b-negatives", "003-eq-5-split",
    "003-eq-19-push", "003-eq-20-push", "003-eq-21-push", "003-eq-22-push",
    "003-eq-23-a", "003-eq-23-b", "003-eq-23-c", "003-eq-24-a", "003-eq-25-a", "003-eq-31-a",
    "003-eq-35-a", "003-eq-35-b", "003-eq-35-c", "003-eq-35-d", "003-eq-35-e", "003-eq-35-f",
    "003-eq-35-g", "003-eq-36-a", "003-eq-36-b", "003-eq-36-c",
    *(f"003-eq-{n}-{loss}" for n in (37, 38, 39, 40) for loss in ("mpt", "met", "mat")),
    "003-eq-44-a", "003-eq-44-b", "003-eq-46-a", "003-eq-46-b", "003-eq-46-c",
    "003-eq-50-premise", "003-eq-50", "003-eq-50-negatives", "003-eq-50-second", "003-eq-51",
    "003-eq-51-margin",
    "003-prose-directions", "003-prose-angles", "003-prose-many-pull-dcl",
    "003-prose-many-pull-align", "003-prose-many-push-dcl", "003-prose-many-push-uniform",
    "003-prose-dissipation-cold", "003-prose-dissipation-never-zero",
    "003-prose-dissipation-dcl-plus", "003-prose-order-of-log", "003-prose-common-objective",
    "003-prose-alignment-equivalent",
)  # fmt: skip


@pytest.mark.parametrize("number", EQUATIONS)
def test_every_equation_has_a_claim(number):
    assert any(re.fullmatch(rf"003-eq-{number}(-.+)?", x) for x in CLAIMS)


@pytest.mark.parametrize("name", NAMED)
def test_every_named_claim_is_there(name):
    assert name in CLAIMS


def test_ids_are_unique_and_every_claim_says_what_is_printed():
    assert len(CLAIMS) == len(claims())
    assert all(x.source and x.equation and x.statement and x.formula for x in CLAIMS.values())


def test_trained_models_are_left_to_measurements():
    found = [x for x in CLAIMS.values() if x.id.startswith("003-trained-")]
    assert len(found) >= 8
    assert {x.judged().judgement.outcome for x in found} == {Outcome.EMPIRICAL}


FALSE = {  # a misprint → what its correction has to say
    "003-eq-1-count": "N − 1 for N",
    "003-eq-11": "c_ii' for c_ij'",
    "003-eq-12-whole-negatives": "N for N − 1",
    "003-eq-13": "c_ik' for c_ik",
    "003-eq-21-push": "[difference]",
    "003-eq-22-push": "[difference]",
    "003-eq-24-a": "c_ii' for c_ij'",
    "003-eq-33": "c_ii' for c_ij'",
    "003-eq-39-mpt": "the least for the greatest",
    "003-eq-46-a": "inside of the exponent",
    "003-eq-46-c": "1/τ for 1/(2 N τ (N − 1))",
}


@pytest.mark.parametrize("name", FALSE)
def test_misprints_are_refuted_and_mended(name):
    found = CLAIMS[name].judged().judgement
    assert found.outcome is Outcome.FALSE
    assert FALSE[name] in found.correction
    assert found.evidence[0].startswith("counterexample")


@pytest.mark.parametrize(
    "name", ["003-eq-1", "003-eq-6", "003-eq-7", "003-eq-8", "003-eq-17", "003-eq-12-a",
             "003-eq-12-b-prime", "003-eq-19-push", "003-eq-44-a", "003-eq-44-a-negatives",
             "003-eq-46-b", pytest.param("003-eq-50", marks=pytest.mark.slow)],
)  # fmt: skip
def test_what_holds_is_proved(name):
    assert CLAIMS[name].judged().judgement.outcome is Outcome.EXACT


@pytest.mark.parametrize(
    ("name", "conditions"),
    [("003-prose-dissipation-cold", ("τ → 0",)), ("003-prose-alignment-equivalent", ("α = 2",)),
     ("003-eq-5-split", ("unit negatives",))],
)  # fmt: skip
def test_what_holds_under_conditions(name, conditions):
    found = CLAIMS[name].judged().judgement
    assert found.outcome is Outcome.CONDITIONAL
    assert tuple(x.split(":")[0] for x in found.conditions) == conditions


@pytest.mark.parametrize("name", ["003-eq-12-whole-printed", "003-eq-19", "003-eq-20"])
@pytest.mark.slow
def test_what_is_printed_is_judged_as_printed(name):
    assert CLAIMS[name].judged().judgement.outcome is Outcome.FALSE


def test_a_pull_that_holds_the_negatives_is_noticed():
    assert prose.only_contrastive(0).outcome is Outcome.EXACT
    assert prose.only_contrastive(0, ("align", "infonce")).outcome is Outcome.FALSE


@pytest.mark.slow
@pytest.mark.parametrize("name", CLAIMS)
def test_nothing_is_undecided(name):
    assert CLAIMS[name].judged().judgement.outcome is not Outcome.UNDECIDED
