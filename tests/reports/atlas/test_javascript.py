"""What the page computes of a loss is what derive's tensors compute of it, to 1e-9."""

import math
import random

import pytest
from sympy import Mul, Rational, preorder_traversal

from derive.api import names
from derive.errors import LoweringError
from derive.nodes import ANCHOR, Angle, Hardest, Inner, Kept, Named, Sin
from reports.atlas.javascript import arithmetic, rules
from reports.atlas.javascript.code import call
from reports.atlas.javascript.logarithms import logarithm
from reports.atlas.javascript.program import program, quantities
from reports.atlas.javascript.writer import Writer
from reports.atlas.plots import plot_section
from tests.reports.atlas.pages import decomposed, write_page
from tests.reports.atlas.values import expected

SAMPLE = (
    "infonce", "mat", "met", "hard_simple", "supcon", "mixup_infonce_positive", "siglip",
    "arccon", "align", "vicreg_original", "barlow_twins", "alpha_direct", "mhs_anchor",
)  # fmt: skip
# θ_00', mean and spread of the negatives' angles; the first with every default.
SHAPES = (
    (math.pi / 4, 0.45 * math.pi, 0.2),
    (0.05, 0.25 * math.pi, 0.3),
    (2.5, 0.8 * math.pi, 0.1),
    (1.3, 0.3 * math.pi, 0.4),
)
_SLIDE = """([name, at]) => Object.fromEntries(contragrad.losses[name].hyper.map((s, n) =>
    [s.name, contragrad.valueAt(s, at[n] < 0 ? contragrad.home(s) : at[n])]))"""


def settings_of(page, name: str) -> list[dict[str, object]]:
    """Settings of the sliders: the defaults, both ends of each, and somewhere between."""
    some = random.Random(name)
    found = []
    for shape, at in zip(
        SHAPES, (lambda: -1, lambda: 0, lambda: 200, lambda: some.randrange(201)), strict=True
    ):
        q = page.evaluate(_SLIDE, [name, [at() for _ in range(9)]])
        found.append(dict(zip(("theta", "mean", "spread"), shape, strict=True)) | {"q": q})
    return found


def disagreements(page, name: str) -> list[str]:
    """Where the page and the tensors differ."""
    found = []
    for settings in settings_of(page, name):
        got = page.evaluate("([n, s]) => contragrad.evaluate(n, s)", [name, settings])
        for key, want in expected(decomposed(name), **settings).items():
            # What cancels leaves rounding of its parts, which are of the order of 1.
            same = pytest.approx(want, rel=1e-9, abs=1e-13, nan_ok=True)
            if got[key] != same:
                found.append(f"{name} at {settings}: {key} is {got[key]}, of tensors {want}")
    return found


def check(open_page, tmp_path, losses) -> None:
    page = open_page(write_page(tmp_path, *losses))
    found = [x for name in losses for x in disagreements(page, name)]
    assert not found, "\n".join(found)


def test_a_sample_of_losses_is_computed_as_by_tensors(open_page, tmp_path):
    check(open_page, tmp_path, SAMPLE)


@pytest.mark.slow  # the whole catalogue is decomposed
def test_every_loss_is_computed_as_by_tensors(open_page, tmp_path):
    check(open_page, tmp_path, names())


@pytest.mark.slow  # the whole catalogue is decomposed
def test_the_whole_catalogue_is_small():
    scripts = [plot_section(decomposed(name)).script for name in names()]
    assert max(map(len, scripts)) < 6_000
    assert sum(map(len, scripts)) < 200_000


def kinds(e) -> set[type]:
    found = set()
    for x in preorder_traversal(e):
        found |= {type(x)} | (kinds(x.value) if isinstance(x, Named) else set())
    return found


def test_the_sample_meets_every_rule_but_those_of_few():
    met = set()
    for name in SAMPLE:
        d = decomposed(name)
        for e in (*quantities(d).values(), *d.coefficients.push.values(), *d.weight.values()):
            met |= {rule for kind in kinds(e) for rule in kind.__mro__ if rule in rules.RULES}
    never = {x.__name__ for x in rules.RULES.keys() - met}
    assert never <= {"Pi", "Stop"}  # a setting that is one; of the losses with stop-gradients


def _of_rows(function, left, right):
    """A function of other views than those of the inner product."""
    return lambda w, e: call(function, left, w.place(e.args[1]), right, w.place(e.args[3]))


def _less_one(w, factors):
    return call("Math.expm1", logarithm(w, Mul(*factors)).text)


PLANTS = {
    "mat": (Sin, lambda w, e: call("Math.cos", w(e.args[0]).text)),
    "arccon": (Angle, lambda w, e: call("Math.acos", w(-e.args[0]).text)),
    "met": (Inner, _of_rows("d2", "0", "1")),
    "mhs_anchor": (Inner, _of_rows("c", "0", "1")),
    "mpt": (Hardest, lambda w, e: w(e.args[0].xreplace({e.args[1]: ANCHOR}))),
}


def test_a_wrong_rule_is_noticed(open_page, tmp_path, monkeypatch):
    page = open_page(write_page(tmp_path, "infonce", *PLANTS))
    for name, (kind, wrong) in PLANTS.items():
        with monkeypatch.context() as planted:
            planted.setitem(rules.RULES, kind, wrong)
            page.evaluate(plot_section(decomposed(name)).script)
        assert disagreements(page, name), f"{kind.__name__} in {name}"
    monkeypatch.setattr(arithmetic, "exponential_of", _less_one)
    page.evaluate(plot_section(decomposed("infonce")).script)
    assert disagreements(page, "infonce")


def test_a_small_temperature_overflows_nothing(open_page, tmp_path):
    page = open_page(write_page(tmp_path, "infonce"))
    settings = {"theta": 2.0, "mean": 1.0, "spread": 0.2, "q": {"tau": 1e-4}}
    got = page.evaluate("s => contragrad.evaluate('infonce', s)", settings)
    want = expected(decomposed("infonce"), **settings)
    assert got["gd"] == 1
    assert got["loss"] == pytest.approx(want["loss"], rel=1e-9) != math.inf


def test_a_node_without_a_rule_is_named():
    with pytest.raises(LoweringError, match=r"no JavaScript rule for Kept.*javascript/rules"):
        Writer()(Kept(ANCHOR, ANCHOR + Rational(1, 2)))


def test_a_loss_that_cannot_be_written_has_a_reason(monkeypatch):
    monkeypatch.delitem(rules.RULES, Inner)
    section = plot_section(decomposed("siglip"))
    assert not section.html
    assert not section.script
    assert "no JavaScript rule for Inner" in section.reason


def test_an_expression_is_a_function_once_under_all_names_of_its_indices():
    text = program(decomposed("infonce"))
    functions = [line.partition("=F(")[2] for line in text.splitlines() if "=F(" in line]
    assert len(functions) == len(set(functions))
    assert text.count("lse(") == 1
