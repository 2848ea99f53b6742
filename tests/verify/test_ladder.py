"""All registered losses pass; undecided is never a pass; exit codes."""

import json
from dataclasses import replace

import pytest

from derive.errors import (
    ContragradError,
    DecompositionError,
    HyperparameterError,
    InputError,
    ObjectiveError,
    UnknownNameError,
)
from derive.nodes import N
from derive.objectives import names
from derive.objectives.vicreg import VICReg
from derive.verdict import Verdict
from tests.catalogue import sampled
from tests.verify import faults
from verify import ladder, oracles, undecided
from verify.checks import CHECKS, identity, points
from verify.ladder import exit_code, run_check, verify_loss, verify_subject
from verify.oracles import load_terms
from verify.profiles import PROFILES
from verify.report import CheckResult, LossReport
from verify.subject import Subject

EXAMPLES = 15


def result(verdict, check="identity"):
    return CheckResult(check, verdict, "", 0.0)


def report(*verdicts):
    return LossReport("mpt", tuple(map(result, verdicts)))


@pytest.mark.parametrize("name", names())
def test_the_parts_of_every_loss_are_proved(name):
    verdict, detail = CHECKS["identity"](Subject.of(name), examples=1, seed=0)
    assert verdict is Verdict.PROVED, detail


@pytest.mark.parametrize("name", sampled(names(), ("infonce", "met", "mvicreg")))
def test_every_loss_passes_every_check(name):
    found = verify_loss(name, examples=EXAMPLES)
    assert {x.check: x.detail for x in found.results if not x.verdict.passed} == {}
    assert [x.check for x in found.results] == list(CHECKS)
    assert found.results[0].verdict is Verdict.PROVED
    assert found.verdict is Verdict.AGREED
    assert exit_code([found]) == 0


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        pytest.param("infonce", {"tau": 1}, marks=pytest.mark.slow),
        ("arccon", {"u": "pi/3", "tau": "1/10"}),
        pytest.param("mpt", {"m": "-1/4"}, marks=pytest.mark.slow),
        pytest.param("vicreg", {"nu_cov": 0, "gamma": 2}, marks=pytest.mark.slow),
        ("mvicreg", {"r": 0}),
    ],
)
def test_settings_are_verified_too(name, settings):
    found = verify_loss(name, settings, examples=5)
    assert {x.check: x.detail for x in found.results if not x.verdict.passed} == {}


def test_the_seed_decides_what_is_drawn():
    subject = Subject.of("mpt")
    first, again, other = (
        run_check("fast", CHECKS["fast"], subject, examples=5, seed=seed).detail
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_progress_is_told_of_every_check():
    told = []
    verify_loss("mpt", examples=1, progress=lambda loss, check: told.append((loss, check)))
    assert told == [("mpt", check) for check in CHECKS]


def test_the_verdict_of_a_report_is_its_worst():
    proved, agreed = Verdict.PROVED, Verdict.AGREED
    assert report(proved, proved).verdict is proved
    assert report(proved, agreed).verdict is agreed
    assert report(agreed, Verdict.UNDECIDED).verdict is Verdict.UNDECIDED
    assert report(Verdict.UNDECIDED, Verdict.REFUTED).verdict is Verdict.REFUTED
    assert report().verdict is Verdict.UNDECIDED


def test_exit_codes():
    proved, undecided_, refuted = Verdict.PROVED, Verdict.UNDECIDED, Verdict.REFUTED
    assert exit_code([report(proved), report(Verdict.AGREED)]) == 0
    assert exit_code([report(undecided_), report(refuted)]) == 1
    assert exit_code([report(proved), report(undecided_)]) == 3
    assert exit_code([report()]) == 3
    assert exit_code([]) == 3


def test_a_listed_undecided_is_let_through_but_never_passes(monkeypatch):
    monkeypatch.setitem(undecided.ALLOWED, ("mpt", "identity"), "a reason")
    found = report(Verdict.UNDECIDED)
    assert exit_code([found]) == 0
    assert found.verdict is Verdict.UNDECIDED
    assert not found.verdict.passed
    assert exit_code([report(Verdict.REFUTED)]) == 1
    other = LossReport("met", (result(Verdict.UNDECIDED),))
    assert exit_code([other]) == 3


def test_every_listed_undecided_names_a_loss_a_check_and_a_reason():
    for (loss, check), reason in undecided.ALLOWED.items():
        assert loss in names()
        assert check in CHECKS
        assert reason
    unproved = [loss for loss, check in undecided.ALLOWED if check == "identity"]
    assert len(unproved) <= undecided.MOST_UNPROVED == 3


def test_rungs_and_profiles_are_chosen_by_name():
    found = verify_loss("mpt", rungs=["singular", "identity"], profile="dev")
    assert [(x.rung, x.check) for x in found.results] == [(1, "identity"), (6, "singular")]
    with pytest.raises(UnknownNameError, match="relations"):
        verify_loss("mpt", rungs=["relation"])
    with pytest.raises(UnknownNameError, match="thorough"):
        verify_loss("mpt", profile="through")


def test_profiles_grow():
    ci, dev, thorough = (PROFILES[x] for x in ("ci", "dev", "thorough"))
    assert set(ci.examples) <= set(CHECKS)
    for rung in ci.examples:
        assert ci.of(rung) <= dev.of(rung) <= thorough.of(rung)
    assert set(ci.sizes.trained) < set(thorough.sizes.trained)
    assert dev.of("fast", 7) == 7


def test_a_loss_that_cannot_be_derived_is_undecided(monkeypatch):
    def refuse(*_):
        raise DecompositionError("the parts were not proved")

    monkeypatch.setattr(Subject, "of", refuse)
    found = verify_loss("mpt", examples=1)
    assert found.verdict is Verdict.UNDECIDED
    assert len(found.results) == len(CHECKS)
    assert exit_code([found]) == 3


def test_a_check_that_cannot_be_carried_out_is_undecided():
    def broken(subject, **_):
        raise ContragradError("no rule")

    found = run_check("points", broken, Subject.of("mpt"), examples=1, seed=0)
    assert found.verdict is Verdict.UNDECIDED
    assert found.detail == "no rule"


def test_an_exception_of_a_check_is_undecided_and_the_others_run(monkeypatch):
    def broken(subject, **_):
        raise KeyError("a bug")

    monkeypatch.setitem(CHECKS, "points", broken)
    found = verify_loss("mpt", examples=2)
    results = {x.check: x for x in found.results}
    assert results["points"].verdict is Verdict.UNDECIDED
    assert results["points"].detail == "could not be carried out: KeyError: 'a bug'"
    assert all(x.verdict.passed for x in found.results if x.check != "points")
    assert exit_code([found]) == 3


def test_an_exception_in_making_the_subject_is_undecided(monkeypatch):
    def broken(name):
        raise AttributeError("an oracle that cannot be imported")

    monkeypatch.setattr(oracles, "load", broken)
    found = verify_loss("mpt", examples=2)
    assert found.verdict is Verdict.UNDECIDED
    assert {x.detail for x in found.results} == {
        "could not be carried out: AttributeError: an oracle that cannot be imported"
    }
    assert exit_code([found]) == 3


def _other_keyword(h, h_prime, *, margin):
    return (h * h_prime).sum(dim=1) + margin


def _scalar_terms(h, h_prime, *, m):
    return load_terms("mpt")(h, h_prime, m=m).mean()


@pytest.mark.parametrize("terms", [_other_keyword, _scalar_terms])
def test_a_broken_oracle_is_undecided(terms):
    subject = replace(Subject.of("mpt"), oracle_terms=terms)
    found = verify_subject(subject, examples=2)
    results = {x.check: x for x in found.results}
    assert results["autograd"].verdict is Verdict.UNDECIDED
    assert "TypeError" in results["autograd"].detail
    assert results["fast"].verdict is Verdict.AGREED
    assert exit_code([found]) == 3


class _OfN(VICReg):
    """A default that has no value for one pair, 1/(N − 1)."""

    name = "vicreg"
    hyper = tuple(
        replace(x, default=30 / (N - 1)) if x.name == "nu_cov" else x for x in VICReg.hyper
    )


def test_a_default_may_depend_on_the_number_of_pairs():
    found = verify_subject(faults.planted(_OfN), examples=5)
    assert {x.check: x.detail for x in found.results if not x.verdict.passed} == {}


def test_a_missing_rule_is_no_missing_derivation(monkeypatch):
    def slope(*_):
        raise ObjectiveError("no derivative rule for Cos")

    monkeypatch.setattr(identity, "Derivative", lambda leaf: slope)
    found = run_check("identity", identity.check, Subject.of("mpt"), examples=1, seed=0)
    assert found.verdict is Verdict.UNDECIDED
    assert found.detail == "no derivative rule for Cos"
    monkeypatch.undo()
    one = run_check("identity", identity.check, Subject.of("vicreg"), examples=1, seed=0)
    assert one.detail.endswith("one derivation: no function of cosines")


def test_a_pole_at_a_point_is_undecided(monkeypatch):
    def pole(*_, **__):
        raise ZeroDivisionError("1/0")

    monkeypatch.setattr(points, "difference", pole)
    found = run_check("points", points.check, Subject.of("mpt"), examples=1, seed=0)
    assert found.verdict is Verdict.UNDECIDED
    assert "pole" in found.detail


def test_threads_are_given_back():
    import torch

    before = torch.get_num_threads()
    verify_loss("mpt", examples=1)
    assert torch.get_num_threads() == before


def test_bad_input_raises():
    with pytest.raises(UnknownNameError, match="infonce"):
        verify_loss("infonc")
    with pytest.raises(HyperparameterError, match="domain"):
        verify_loss("infonce", {"tau": -1})
    with pytest.raises(UnknownNameError, match="tau"):
        verify_loss("infonce", {"tua": 1})
    with pytest.raises(InputError, match="examples=0"):
        verify_loss("infonce", examples=0)
    with pytest.raises(InputError, match="seed=4294967296"):
        verify_loss("infonce", seed=2**32)


def test_a_report_is_json():
    text = json.dumps(report(Verdict.PROVED).to_json())
    assert json.loads(text)["results"][0] == {
        "rung": None,
        "check": "identity",
        "verdict": "proved",
        "detail": "",
        "seconds": 0.0,
        "snippet": None,
    }


def test_the_ladder_runs_on_a_subject():
    assert verify_subject(Subject.of("mpt"), examples=2).verdict is Verdict.AGREED
    assert ladder.verify_loss is verify_loss
