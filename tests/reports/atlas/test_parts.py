"""The parts of the atlas that are not pages: formulas on a line, names, the cache, the tasks."""

import os
import re
import time
from functools import partial
from xml.etree import ElementTree

import pytest

from derive.api import decompose
from derive.objectives import REGISTRY, load, names
from reports.atlas.cache import Cache, key
from reports.atlas.code import usage
from reports.atlas.families import ALIASES, NAMESAKES, OWN, STARTS, families, family_of, pairs
from reports.atlas.fragments import lean
from reports.atlas.linear import is_formula, linear_html
from reports.atlas.naming import NOTATION, losses_named
from reports.atlas.relations import with_names
from reports.atlas.shell import prose, sentence
from reports.atlas.themes import chosen_themes, style_sheet
from reports.atlas.working import Task, done
from reports.context import silent
from reports.errors import ReportError
from reports.sections.sheet import sheet_parts
from tests.catalogue import FEW, sampled


def text_of(html):
    """What is read, without the elements; each has to be well-formed."""
    return "".join(ElementTree.fromstring(f"<p>{html}</p>").itertext())


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("c_ij'", "<msub><mi>c</mi><mrow><mi>i</mi><mi>j</mi><mi>′</mi></mrow></msub>"),
        ("e^(x/τ)", "<msup><mi>e</mi><mrow><mi>x</mi><mo>/</mo><mi>τ</mi></mrow></msup>"),
        ("Σ_{j≠i}^N", "<msubsup><mi>Σ</mi>"),
        ("√(2 − x)", '<msqrt><mn>2</mn><mspace width="0.25em"/><mo>−</mo>'),
        ("sin²θ", "<msup><mi>sin</mi><mi>2</mi></msup><mi>θ</mi>"),
        ("L_dcl+", "<msub><mi>L</mi><mi>dcl+</mi></msub>"),
        ("h'_j*a", "<mi>j</mi><mi>*</mi><mi>a</mi>"),
        ("1 < 2", "<mo>&lt;</mo>"),
    ],
)
def test_a_formula_on_a_line_has_its_scripts_set(text, part):
    html = linear_html(text)
    assert part in html
    dropped = r"[_^{}()' ′√]"  # what is set, and not read
    assert re.sub(dropped, "", text_of(html)) == re.sub(dropped, "", text).replace("²", "2")


def test_words_stay_words_and_brackets_need_not_match():
    assert linear_html("x where y") == "<math><mi>x</mi></math> where <math><mi>y</mi></math>"
    assert not is_formula("training with it overfits")
    assert text_of(linear_html("e^(x/( y_{k")) != ""


@pytest.mark.parametrize("name", FEW)
def test_a_lighter_formula_says_the_same(name):
    for part in sheet_parts(decompose(name)):
        for block in part.blocks:
            if block.formula:
                light = lean(str(block.formula))
                assert len(light) < len(block.formula)
                assert text_of(light) == text_of(block.formula)
                assert re.search(r"<mrow>(<m\w+>[^<]*</m\w+>)?</mrow>", light) is None


def test_a_lighter_formula_keeps_brackets_that_grow_and_signs_at_an_end():
    row = '<mrow><mo stretchy="true">(</mo><mi>x</mi><mo stretchy="true">)</mo></mrow>'
    sign = "<mrow><mo>−</mo><mi>y</mi></mrow>"
    light = lean(f"<math><mrow>{row}{sign}<mrow><mi>a</mi><mi>b</mi></mrow></mrow></math>")
    kept = row.replace(' stretchy="true"', "")
    assert light == f"<math>{kept}{sign}<mi>a</mi><mi>b</mi></math>"


def test_prose_sets_the_papers_notation_and_not_a_genitive():
    assert prose("L_met's <pull>") == "<i>L</i><sub>met</sub>&#39;s &lt;pull&gt;"
    assert prose("L^tri") == "<i>L</i><sup>tri</sup>"
    assert sentence("the norm of L") == "The norm of L"
    assert sentence("h_i moves") == "h_i moves"


def test_the_families_are_those_of_the_documented_catalogue(request):
    page = (request.config.rootpath / "docs" / "catalogue.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", page.split("## One name")[0], flags=re.MULTILINE)[1:]
    documented = {
        x.splitlines()[0]: re.findall(r"^\| `(\w+)`", x, flags=re.MULTILINE) for x in sections
    }
    assert families(names()) == documented


def test_families_and_names_are_of_the_catalogue():
    assert set(STARTS) | set(ALIASES) <= set(REGISTRY)
    assert {x for members in NAMESAKES.values() for x in members} <= set(REGISTRY)
    assert {x for rows in NOTATION.values() for _, meant in rows for x in meant} <= set(REGISTRY)
    assert family_of("mine") == OWN


def test_each_pair_is_compared_once_and_ones_own_loss_with_all():
    found = pairs([*names(), "mine"])
    assert len(set(map(frozenset, found))) == len(found)
    assert ("infonce", "dcl") in found
    assert ("vicreg", "mvicreg") in found
    assert ("infonce", "vicreg") not in found
    assert sum("mine" in x for x in found) == len(names())


@pytest.mark.parametrize(
    ("paper", "texts", "losses"),
    [
        ("001", ["001-eq-2", "Eq. 2", "the gradient of ArcCon", ""], ("arccon",)),
        ("001", ["001-eq-16", "Eq. 16", "the gradient of L^mMHE", ""], ("mmhe",)),
        ("001", ["x", "Table 2", "Weight of L^a + ν L^{u,MHE}", ""], ("mhe",)),
        ("003", ["x", "Eq. 9", "the norm of L_dcl's pull", ""], ("dcl",)),
        ("003", ["x", "Eq. 11", "the norm of L_dcl+'s pull", ""], ("dcl_plus",)),
        ("004", ["x", "abstract", "The gradient of alpha_mine is", ""], ("alpha_mine",)),
        ("001", ["001-lemma-1", "Lemma 1", "A simple move is uniform.", "r > 1"], ()),
    ],
)
def test_a_claim_is_about_the_losses_that_it_names(paper, texts, losses):
    assert losses_named(paper, texts) == losses


def test_a_relation_names_its_losses():
    said = with_names("As τ → 0: L_B = L_A/τ, with m = 0 in A.", {"A": "mpt", "B": "dcl"})
    assert said == "As τ → 0: L_{dcl} = L_{mpt}/τ, with m = 0 in mpt."


def test_the_cache_keeps_refuses_and_forgets(tmp_path):
    cache = Cache(tmp_path / "kept")
    assert cache.get("a") is None
    cache.put("a", {"x": ["é"]})
    assert cache.get("a") == {"x": ["é"]}
    assert Cache(cache.folder, fresh=True).get("a") is None
    (cache.folder / "b.json").write_text("{cut sho")
    assert cache.get("b") is None
    os.utime(cache.folder / "b.json", (time.time() - 90 * 86400,) * 2)
    cache.prune()
    assert [x.name for x in cache.folder.iterdir()] == ["a.json"]
    with pytest.raises(ReportError, match="CONTRAGRAD_HOME"):
        Cache(cache.folder / "a.json").put("c", 1)


def test_a_key_changes_with_what_it_depends_on(monkeypatch):
    assert key(["derive"], "x", 1) == key(["derive"], "x", 1)
    assert len({key(["derive"], "x", 1), key(["derive"], "x", 2), key(["verify"], "x", 1)}) == 3
    before = key(["reports.atlas.linear"], "x")
    monkeypatch.setattr("reports.atlas.cache.installed", lambda name: "another version")
    monkeypatch.setattr("reports.atlas.cache.sources", key.__globals__["sources"].__wrapped__)
    assert key(["reports.atlas.linear"], "x") != before


def test_what_is_done_before_a_stop_is_kept(tmp_path):
    cache = Cache(tmp_path)

    def stopped():
        raise KeyboardInterrupt

    tasks = [Task("one", "1", lambda: 1), Task("two", "2", stopped)]
    with pytest.raises(KeyboardInterrupt):
        done(tasks, cache, 1, silent)
    tasks = [Task("one", "1", stopped), Task("two", "2", lambda: 2)]
    assert done(tasks, cache, 1, silent) == [1, 2]


def test_results_come_back_in_the_order_of_the_tasks(tmp_path, monkeypatch):
    def last_first(calls, count, each):
        assert count == 2
        for place in reversed(range(len(calls))):
            each(place, calls[place]())

    monkeypatch.setattr("reports.atlas.working.in_processes", last_first)
    tasks = [Task(str(n), str(n), partial(divmod, n, 2)) for n in (8, 2, 6)]
    told = []
    found = done(tasks, Cache(tmp_path), 2, lambda what, at, of: told.append((at, of)))
    assert found == [(4, 0), (1, 0), (3, 0)]
    assert told[-1] == (3, 3)


def test_the_chosen_theme_has_the_colours_of_the_system_s():
    rules = chosen_themes(style_sheet().split(":root[data-theme")[0])
    light, dark = rules.split('\n:root[data-theme="dark"]')
    assert "--page: #ffffff" in light
    assert "--page: #14161a" in dark
    assert "--series-1: #5ab4e6" in dark
    assert light.count("--") == dark.count("--")


@pytest.mark.parametrize("name", sampled(names(), FEW))
def test_the_code_to_copy_runs(name):
    scope: dict[str, object] = {}
    exec(usage(load(name), name), scope)
    for view in ("h", "h_prime"):
        assert scope[view].shape == (256, 64)
