"""The tester is tested: planted faults die, what is the same is proved, a blind ladder is found."""

import json

import pytest
import torch
from click.testing import CliRunner
from sympy import Rational

from derive.errors import InputError, UnknownNameError
from derive.nodes import ANCHOR, Exp, Log, N
from derive.notation import cosine, same_view, sum_samples
from derive.objectives import load, names
from tests.catalogue import sampled
from verify.checks import gates
from verify.commands.mutants import command
from verify.edits import edits
from verify.edits.walk import definitions
from verify.mutants import formulas, lowered, plan, screen
from verify.mutants.equivalence import explanation, proof
from verify.mutants.formulas import Edited
from verify.mutants.lowered import Lowered, faults
from verify.mutants.model import Fate, LossMutants, Mutant
from verify.mutants.plan import Plan, mutants_of
from verify.mutants.planted import has_stops, with_formula
from verify.mutants.planting import Calls, transposed
from verify.mutants.run import exit_code
from verify.mutants.screen import points
from verify.subject import Subject

FAST = ("infonce", "mpt", "simple")
FEW = Plan(limit=1, examples=5)


def mutant(name, kind, text):
    """The loss with the one edit of that kind whose text begins so."""
    objective = load(name)
    (found,) = [x for x in edits(objective.formula(), (kind,)) if x.text.startswith(text)]
    return objective, with_formula(objective, found.expr)


@pytest.mark.parametrize("name", FAST)
def test_all_mutants_of_a_loss_die(name):
    report = mutants_of(name, FEW)
    assert report.of(Fate.SURVIVED) == []
    assert {x.part for x in report.of(Fate.KILLED)} == {"formula", "lowering"}
    assert all(x.rung and x.detail for x in report.mutants)
    assert exit_code([report]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(names(), ()))
def test_every_mutant_of_the_catalogue_dies_or_is_proved_equivalent(name):
    report = mutants_of(name, Plan())
    assert report.of(Fate.SURVIVED) == []
    assert exit_code([report]) == 0


def always_agrees(errors):
    return ""


def test_a_blind_ladder_leaves_survivors(monkeypatch):
    for module in (formulas, lowered, plan, screen):
        monkeypatch.setattr(module, "disagreement", always_agrees)
        if hasattr(module, "LIMIT"):
            monkeypatch.setattr(module, "LIMIT", float("inf"))
    report = mutants_of("simple", Plan(("sign",), limit=2, examples=2))
    survivors = report.of(Fate.SURVIVED)
    assert {x.part for x in survivors} == {"formula", "lowering"}
    assert report.of(Fate.KILLED) == []
    assert exit_code([report]) == 1
    assert all(x.detail for x in survivors)


def test_nothing_planted_is_no_pass():
    assert exit_code([]) == exit_code([LossMutants("infonce", ())]) == 1


def test_a_sum_in_another_order_is_proved_to_be_the_loss():
    objective = load("mhe")

    def energy(k):
        return sum_samples(lambda q: Exp(2 * same_view(q, k) - 2), other_than=k)

    pairs = sum_samples(energy)
    align = sum_samples(lambda k: 2 - 2 * cosine(k, k)) / N
    nu = objective.hyper[0].symbol
    written = nu * Log(pairs / (N * (N - 1))) + align
    said = proof(objective, with_formula(objective, written))
    assert said.startswith("proved for symbolic N and D: value and both gradients")
    half = nu * Log(Rational(1, 2) * pairs / (N * (N - 1))) + align
    assert proof(objective, with_formula(objective, half)) == ""  # k < l for k ≠ l: a constant


def test_a_shift_of_logits_is_proved_to_be_the_loss():
    objective = load("dcl")
    tau = objective.hyper[0].symbol
    shifted = sum_samples(lambda k: Exp((cosine(ANCHOR, k) - 1) / tau), other_than=ANCHOR)
    written = -cosine(ANCHOR, ANCHOR) / tau + Log(shifted) + 1 / tau
    assert "proved" in proof(objective, with_formula(objective, written))
    off = -cosine(ANCHOR, ANCHOR) / tau + Log(shifted)
    assert proof(objective, with_formula(objective, off)) == ""


EQUIVALENT = {
    "norms of unit rows are constant": ("met", "stop-gradient", "a stop-gradient on ‖h_i‖²"),
    "a covariance is symmetric": ("vicreg", "index", "C_cb for C_bc"),
    "a hardest negative is another sample": ("hard_infonce", "self pair", "without 1[k≠i]"),
    "labels that agree count the same": ("supcon", "index", "c_lk' for c_kl'"),
    "a gate has no gradient": ("mvicreg", "stop-gradient", "GD_i for sg(GD_i)"),
}


@pytest.mark.parametrize(("name", "kind", "text"), EQUIVALENT.values(), ids=EQUIVALENT)
def test_what_is_the_same_is_proved(name, kind, text):
    objective = load(name)
    found = [x for x in edits(objective.formula(), (kind,)) if x.text == text]
    assert "proved" in proof(objective, with_formula(objective, found[0].expr))


def test_a_stop_gradient_alone_is_no_equivalence():
    objective, wrong = mutant("infonce", "stop-gradient", "a stop-gradient on h' throughout")
    assert proof(objective, wrong) == ""
    assert wrong.stop_gradients == "as planted"
    assert has_stops(wrong.formula())
    assert not has_stops(objective.formula())
    assert explanation(objective, wrong).startswith("it has the same value (proved)")


def test_a_gate_that_is_open_at_its_edge_is_killed_there_alone():
    name = "mvicreg"
    objective = load(name)
    (edit,) = [x for x in edits(objective.formula(), ("gate",)) if x.text.startswith("≥")]
    wrong = with_formula(objective, edit.expr)
    assert explanation(objective, wrong) == (
        "it differs only where the argument of a step is exactly 0"
    )
    subject = Subject.of(name)
    fate = Edited(subject, points(subject, 0)[:4], 3, 0).fate(edit)
    assert (fate.fate, fate.rung) == (Fate.KILLED, "gates")


def test_the_check_of_gates_passes_what_is_right_and_has_a_gate_at_its_edge():
    verdict, detail = gates.check(Subject.of("mvicreg"), examples=1, seed=0)
    assert verdict.passed
    assert "exactly at an edge" in detail
    assert gates.check(Subject.of("infonce"), examples=1, seed=0)[1] == "the value has no step"


def lowering(name, *texts):
    subject = Subject.of(name)
    tried = Lowered(subject, points(subject, 0), 5, 0)
    return [tried.fate(x) for x in faults() if x.text in texts], tried


def test_faults_of_the_lowering_are_told_apart():
    killed, _ = lowering(
        "infonce", "no product back to the other samples", "a sum for a mean", "−Inner"
    )
    assert [x.fate for x in killed] == [Fate.KILLED] * len(killed)
    assert {x.kind for x in killed} == {"stop-gradient", "reduction", "sign"}


def test_a_fault_that_is_not_reached_or_has_no_effect_is_no_mutant():
    (without,), tried = lowering("infonce", "−Angle")
    assert without is None
    texts = {x.text for x in tried.reached(faults())}
    assert "−Exp" in texts
    assert "−Angle" not in texts
    assert "D × D products transposed" not in texts


def test_a_fault_is_planted_for_the_time_of_an_evaluation():
    (fault,) = [x for x in faults() if x.text == "2 Exp"]
    (point, *_) = points(Subject.of("infonce"), 0)
    calls, before = Calls(), point.runs[0].found.value
    with fault.planted(calls):
        during = point.evaluated()[0].found.value
    after = point.evaluated()[0].found.value
    assert calls.count > 0
    assert before == after != during


def test_a_symmetric_matrix_has_nothing_to_transpose():
    a = torch.arange(4.0, dtype=torch.float64).reshape(2, 2)
    assert transposed(a).equal(a.T)
    assert transposed(a + a.T) is not None
    assert transposed(a + a.T).equal(a + a.T)
    assert transposed(a[:1]).equal(a[:1])


def test_a_sample_of_faults_follows_from_the_seed():
    found = list(edits(load("infonce").formula()))
    kinds = ("sign", "factor")
    first = Plan(kinds, limit=2).chosen(found, "infonce")
    assert first == Plan(kinds, limit=2).chosen(found, "infonce")
    assert [x.kind for x in first] == ["sign"] * 2 + ["factor"] * 2
    assert first != Plan(kinds, limit=2, seed=1).chosen(found, "infonce")
    assert len(Plan(kinds).chosen(found, "infonce")) > 4


def test_bad_plans_are_refused():
    with pytest.raises(UnknownNameError, match="unknown kind of fault 'sings'"):
        Plan(("sings",))
    for wrong in ({"limit": 0}, {"examples": 0}, {"seed": -1}):
        with pytest.raises(InputError, match="nothing would be planted or tried"):
            Plan(**wrong)


def test_a_loss_that_is_wrong_itself_is_refused(monkeypatch):
    right = Subject.of

    def wrong(loss, settings=None):
        from dataclasses import replace

        subject = right(loss, settings)
        return replace(subject, oracle=lambda *a, **k: 2 * subject.oracle(*a, **k))

    monkeypatch.setattr(plan.Subject, "of", wrong)
    with pytest.raises(InputError, match="infonce itself is not what it is compared with"):
        mutants_of("infonce", FEW)


def run(*arguments):
    return CliRunner().invoke(command, [*arguments, "--jobs", "1"])


def test_the_command_prints_counts_and_exits_with_0():
    result = run("--loss", "simple", "--kinds", "sign,self pair", "--limit", "2")
    assert result.exit_code == 0, result.output
    assert "killed" in result.output
    assert "0 survived" in result.output


def test_the_command_gives_json():
    result = run("--loss", "simple", "--kinds", "sign", "--limit", "2", "--format", "json")
    data = json.loads(result.stdout)
    assert data["exit_code"] == result.exit_code == 0
    assert data["totals"]["mutants"] == data["totals"]["killed"] > 0
    assert sum(data["killed_by"].values()) == data["totals"]["killed"]
    one = data["losses"][0]["mutants"][0]
    assert set(one) == {"loss", "part", "kind", "text", "fate", "rung", "detail"}


def test_survivors_are_listed_and_exit_with_1(monkeypatch):
    survivor = Mutant("simple", "formula", "sign", "−x for x", Fate.SURVIVED, "", "why")
    report = LossMutants("simple", (survivor,))
    monkeypatch.setattr("verify.mutants.run.mutants_of", lambda *_: report)
    result = run("--loss", "simple")
    assert result.exit_code == 1
    assert "survived: simple, formula, sign: −x for x (why)" in result.output.replace("\n", " ")


def test_a_mutant_is_an_objective_with_the_same_statement():
    objective, wrong = mutant("supcon", "sign", "the other sign of all")
    assert wrong.inputs == objective.inputs
    assert wrong.pool == objective.pool
    half = wrong.formula({"tau": "1/2"})
    assert not any(e.has(*[x.symbol for x in wrong.hyper]) for e in (half, *_bodies(half)))


def _bodies(e):
    return [d.body for d in definitions(e)]
