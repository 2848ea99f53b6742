"""Losses that are not of the catalogue: the formula as the reference, and what is refused."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from derive import store
from derive.errors import LoweringError, ObjectiveError
from derive.hyper import NONNEGATIVE, POSITIVE, REAL, Hyper
from derive.modification import compose, modify, recipe_of
from derive.nodes import (
    H_PRIME,
    Angle,
    Component,
    Exp,
    Given,
    H,
    Hinge,
    Inner,
    Log,
    Mismatch,
    N,
    Node,
    Stop,
    centred,
    stopped,
)
from derive.notation import (
    cosine,
    distance,
    hardest_index,
    score,
    sum_extras,
    sum_features,
    sum_samples,
)
from derive.objective import CROSS, SAME, Objective
from derive.objectives import load, names
from derive.objectives.infonce import InfoNCE
from derive.phi_psi import alpha_objective
from derive.verdict import Verdict
from tests.derive.batches import batch_of, default_values, inputs_of, unit_batch
from verify import formula, oracles
from verify.checks import CHECKS
from verify.cli import main
from verify.comparison import differentiated
from verify.draws import drawn_values
from verify.formula import Formula, NotFiniteError
from verify.ladder import run_check, verify_loss
from verify.subject import Subject

MY_LOSSES = """
from derive.hyper import POSITIVE, REAL, Hyper
from derive.nodes import Exp, Log
from derive.notation import cosine, score, sum_samples
from derive.objective import CROSS, Objective


class MarginSoftmax(Objective):
    title = "Softmax with an additive margin"
    source = "a test"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (
        Hyper("tau", "τ", r"\\tau", "1/20", POSITIVE, "temperature"),
        Hyper("m", "m", "m", "0.2", REAL, "margin"),
    )

    def terms(self, i, x):
        s = score(lambda k: cosine(k, k))
        rest = sum_samples(lambda k: Exp((cosine(i, k) + x.m) / x.tau), other_than=i)
        return -s(i) + x.tau * Log(Exp(s(i) / x.tau) + rest)


class Raises(MarginSoftmax):
    def terms(self, i, x):
        raise RuntimeError("boom")
"""
TAU = Hyper("tau", "τ", r"\tau", "1/20", POSITIVE, "temperature")


class Own(Objective):
    """The parts that the losses below have in common."""

    title, source, differentiated, pool = "one's own", "a test", "anchor", CROSS
    reduction = "mean over anchors"

    def terms(self, i, x):
        return -cosine(i, i)


class OtherClasses(Own):
    inputs = ("labels",)
    hyper = (TAU,)

    def terms(self, i, x):
        def weight(k):
            return Mismatch(i, k) * Exp(cosine(i, k) / x.tau)

        s = score(lambda k: cosine(k, k))
        others = sum_samples(weight, other_than=i)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + others)


class Extras(Own):
    inputs = ("other",)

    def terms(self, i, x):
        return sum_extras(lambda e: cosine(i, Given("other", i, e)) ** 2) - cosine(i, i)


class Covariance(Own):
    """A feature-space loss with a weight that depends on N."""

    differentiated, reduction, pool = "batch", "one scalar", SAME
    hyper = (Hyper("lam", "λ", r"\lambda", 1 / (N - 1), NONNEGATIVE, "weight"),)

    def terms(self, i, x):
        def c(a, b):
            def product(k):
                return Component(centred(H), k, a) * Component(centred(H_PRIME), k, b)

            return sum_samples(product) / N

        off = sum_features(lambda a: sum_features(lambda b: c(a, b) ** 2, other_than=a))
        return x.lam * off - sum_samples(lambda k: cosine(k, k)) / N


class NearestByDistance(Own):
    hyper = (Hyper("m", "m", "m", "0.2", REAL, "margin"),)

    def terms(self, i, x):
        near = hardest_index(lambda k: cosine(i, k), i)
        return Hinge(distance(H, i, H_PRIME, i) - distance(H, i, H_PRIME, near) + x.m)


class ColdWeights(Own):
    """e^(c/τ) is no float64 at τ = 1/2000; its shares are."""

    hyper = (Hyper("tau", "τ", r"\tau", "1/2000", POSITIVE, "temperature"),)
    stop_gradients = "the weights"

    def terms(self, i, x):
        def weight(k):
            return Exp(cosine(i, k) / x.tau)

        shares = sum_samples(weight, other_than=i)
        return sum_samples(lambda k: Stop(weight(k) / shares) * cosine(i, k), other_than=i)


class LogCosine(Own):
    def terms(self, i, x):
        return -Log(cosine(i, i))


class Unknown(Node):
    """A node that nothing has a rule for."""


class WithUnknown(Own):
    def terms(self, i, x):
        return Unknown(cosine(i, i))


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my_losses.py"
    path.write_text(MY_LOSSES, encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CONTRAGRAD_HOME", str(tmp_path / "home"))


def run(*arguments):
    return CliRunner().invoke(main, ["run", *arguments], env={"COLUMNS": "120"})


def refusals(report):
    return {x.check: x.detail for x in report.results if not x.verdict.passed}


def along_the_sphere(objective, gradient, h):
    if objective.embeddings == "raw":
        return gradient
    return gradient - (gradient * h).sum(dim=1, keepdim=True) * h


@pytest.mark.parametrize("name", names())
def test_the_formula_is_the_oracle(name):
    """Value and both gradients, of every loss of the catalogue."""
    objective, n, d = load(name), 6, 4
    h, h_prime = batch_of(objective, n, d)
    given = {**default_values(objective, n, d), **inputs_of(objective, n)}
    ours, oracle = (
        differentiated(lambda x, y, f=f: f(x, y, **given), h, h_prime)
        for f in (Formula(objective).loss, oracles.load(name))
    )
    torch.testing.assert_close(ours.value, oracle.value, rtol=1e-13, atol=1e-13)
    for x, found, expected in (
        (h, ours.by_h, oracle.by_h),
        (h_prime, ours.by_h_prime, oracle.by_h_prime),
    ):
        found, expected = (along_the_sphere(objective, g, x) for g in (found, expected))
        size = expected.abs().max().item()
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12 * size + 1e-15)
    if objective.differentiated == "anchor":
        terms = oracles.load_terms(name)(h, h_prime, **given)
        torch.testing.assert_close(Formula(objective).terms(h, h_prime, **given), terms)


def test_a_stopped_view_and_a_stopped_expression_take_no_gradient():
    class Stopped(Own):
        stop_gradients = "h'_i, and one factor"

        def terms(self, i, x):
            c = Inner(H, i, stopped(H_PRIME), i)
            return c * Stop(c)

    h, h_prime = unit_batch(4, 3)
    found = differentiated(Formula(Stopped()).loss, h, h_prime)
    c = (h * h_prime).sum(dim=1, keepdim=True)
    torch.testing.assert_close(found.value, (c**2).mean())
    torch.testing.assert_close(found.by_h, c * h_prime / 4)
    assert found.by_h_prime.abs().max() == 0


def test_edges_have_the_zero_subgradient():
    """Coincident points, a closed gate, an angle of 0."""

    class Edges(Own):
        def terms(self, i, x):
            d = distance(H, i, H_PRIME, i)
            return d + Hinge(-d) + Angle(cosine(i, i))

    h = torch.eye(3, dtype=torch.float64)
    found = differentiated(Formula(Edges()).loss, h, h.clone())
    assert found.value == 0
    assert found.by_h.abs().max() == 0


def test_what_a_formula_cannot_be_evaluated_at():
    h, h_prime = unit_batch(4, 3)
    with pytest.raises(NotFiniteError, match="not finite at a batch of N=4, D=3"):
        Formula(LogCosine()).loss(h, -h)
    with pytest.raises(LoweringError, match=r"no rule for Unknown.*formula/rules\.py"):
        Formula(WithUnknown()).loss(h, h_prime)
    with pytest.raises(LoweringError, match="no value for m"):
        Formula(NearestByDistance()).loss(h, h_prime)
    with pytest.raises(LoweringError, match="no input labels"):
        Formula(OtherClasses()).loss(h, h_prime, tau=0.1)


def test_a_file_is_verified_against_its_formula(file):
    report = verify_loss("my_losses.py:MarginSoftmax", {"tau": "1/sqrt(64)"}, examples=5)
    assert refusals(report) == {}
    assert (report.loss, report.reference) == ("my_losses.py:MarginSoftmax", "formula")
    details = {x.check: x.detail for x in report.results}
    assert details["identity"] == "symbolic N and D; two derivations"
    assert all("against the formula, no oracle" in details[x] for x in ("autograd", "fast"))


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(lambda: Extras(), id="extra negatives"),
        pytest.param(lambda: NearestByDistance(), id="roots and a gate"),
        pytest.param(lambda: ColdWeights(), id="a cold softmax"),
        pytest.param(lambda: alpha_objective("log(1+x)^2", "exp(x/tau)", {"tau": "1/2"}), id="α"),
        pytest.param(lambda: modify("dcl", ratio="1.5"), id="modified"),
    ],
)
def test_autograd_of_the_formula_agrees(loss):
    subject = Subject.of(loss())
    assert subject.reference == "formula"
    found = run_check("autograd", CHECKS["autograd"], subject, examples=6, seed=0)
    assert found.verdict is Verdict.AGREED, found.detail


@pytest.mark.parametrize("value", [None, "2/(N-1)", "1/sqrt(N*D)"])
def test_settings_may_hold_the_sizes(value):
    subject = Subject.of(Covariance(), {"lam": value} if value else {})
    shares = [0.5 for _ in subject.free]
    if value == "2/(N-1)":
        assert drawn_values(subject, shares, 5, 3) == {"lam": 0.5}
    for check in ("points", "autograd"):
        found = run_check(check, CHECKS[check], subject, examples=4, seed=0)
        assert found.verdict is Verdict.AGREED, found.detail


def test_the_catalogue_takes_them_too():
    report = verify_loss("simple", {"lam": "1/(N-1)"}, examples=4)
    assert refusals(report) == {}
    assert report.reference == "oracle"


def wrong_by_h(make):
    """The same module with its gradient by h doubled."""

    def planted(**arguments):
        module = make(**arguments)
        return lambda h, h_prime, **inputs: module(2 * h - h.detach(), h_prime, **inputs)

    return planted


def test_a_wrong_fast_objective_is_refuted_by_the_formula():
    subject = Subject.of(alpha_objective("x", "exp(x)"))
    wrong = replace(subject, fast=wrong_by_h(subject.fast))
    found = run_check("fast", CHECKS["fast"], wrong, examples=4, seed=0)
    assert found.verdict is Verdict.REFUTED
    assert "against the formula" in found.detail


def test_a_wrong_derivation_is_refuted_by_the_formula():
    subject = Subject.of(alpha_objective("x", "exp(x)"))
    other = Subject.of(alpha_objective("x", "exp(x)*1.001"))
    wrong = replace(subject, decomposition=other.decomposition)
    found = run_check("autograd", CHECKS["autograd"], wrong, examples=4, seed=0)
    assert found.verdict is Verdict.REFUTED


def test_a_name_of_the_catalogue_alone_brings_no_oracle():
    class Mine(InfoNCE):
        name = "infonce"

    assert Subject.of(Mine()).reference == "formula"
    assert Subject.of(InfoNCE()).reference == "oracle"


@pytest.mark.usefixtures("home", "quick")
def test_saved_losses_and_alphas_are_verified(tmp_path):
    made = modify("mpt", gd="one")
    store.save("gateless", recipe_of(made))
    recipe = recipe_of(compose(gd="hinge:m=0.2", weight="softmax", ratio=1))
    path = store.save(tmp_path / "composed.json", recipe)
    specs = ["gateless", str(path), "alpha(x; exp(x/tau); tau=1/2)"]
    found = run(*[x for spec in specs for x in ("--loss", spec)], "--examples", "2")
    assert found.exit_code == 0, found.output
    assert "3 agreed" in found.output
    assert "Reference of gateless, " in found.output
    assert "not that it is the formula meant" in " ".join(found.output.split())


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_json_says_what_was_compared_with(file):
    words = ("--loss", f"{file}:MarginSoftmax", "--loss", "mpt", "--examples", "1")
    found = run(*words, "--format", "json")
    assert found.exit_code == 0, found.output
    losses = json.loads(found.stdout)["losses"]
    assert [x["reference"] for x in losses] == ["formula", "oracle"]


BAD = {
    "it raises": ("my_losses.py:Raises", "my_losses.py:Raises, line 27: RuntimeError: boom"),
    "no such name": ("my_losses.py:MarginSoftMax", "Did you mean MarginSoftmax?"),
    "no such file": ("none.py:X", "there is no file none.py"),
    "no recipe": ("none.json", "there is no file none.json"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.usefixtures("file")
def test_what_cannot_be_loaded_exits_with_2(case):
    loss, message = BAD[case]
    found = run("--loss", loss)
    assert found.exit_code == 2
    assert message in found.output
    assert "Traceback" not in found.output


def test_a_setting_outside_its_domain_names_the_loss(file):
    found = run("--loss", "my_losses.py:MarginSoftmax", "--set", "tau=0")
    assert found.exit_code == 2
    assert "my_losses.py:MarginSoftmax: tau=0 is outside its domain" in found.output


def test_inputs_that_cannot_be_drawn():
    class Strange(Own):
        inputs = ("weights",)

    class Undeclared(OtherClasses):
        inputs = ()

    class NoTuple(OtherClasses):
        inputs = "labels"

    with pytest.raises(ObjectiveError, match="names the input 'weights', and its formula does not"):
        verify_loss(Strange())
    with pytest.raises(
        ObjectiveError, match=r"takes 'labels', which.*Write inputs = \('labels',\)"
    ):
        verify_loss(Undeclared())
    with pytest.raises(ObjectiveError, match="Write a tuple of names"):
        verify_loss(NoTuple())


def test_a_formula_without_a_value_decides_nothing():
    results = {x.check: x for x in verify_loss(LogCosine(), examples=3).results}
    for check in ("autograd", "fast"):
        assert results[check].verdict is Verdict.UNDECIDED
        assert results[check].detail.startswith("the formula is not finite at a batch of N=")


def test_what_cannot_be_derived_is_undecided_with_its_reason():
    report = verify_loss(WithUnknown(), examples=1)
    assert report.reference is None
    assert {x.verdict for x in report.results} == {Verdict.UNDECIDED}
    assert "no derivative rule for Unknown" in report.results[0].detail


def test_a_rule_that_is_missing_decides_nothing():
    def broken(*_, **__):
        raise LoweringError("no rule for it")

    subject = replace(Subject.of("mpt"), oracle=broken, oracle_terms=broken)
    for check in ("autograd", "fast"):
        found = run_check(check, CHECKS[check], subject, examples=2, seed=0)
        assert (found.verdict, found.detail) == (Verdict.UNDECIDED, "no rule for it")


def test_the_formula_shares_no_rule_with_what_it_checks():
    files = sorted(Path(formula.__file__).parent.glob("*.py"))
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    nodes = [x for tree in trees for x in ast.walk(tree)]
    imported = {x.module for x in nodes if isinstance(x, ast.ImportFrom)}
    imported |= {a.name for x in nodes if isinstance(x, ast.Import) for a in x.names}
    assert {x for x in imported if x.startswith("derive")} == {
        "derive.errors", "derive.nodes", "derive.objective",
    }  # fmt: skip
