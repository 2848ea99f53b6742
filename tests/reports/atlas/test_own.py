"""Losses of one's own on the site: what they depend on, and text in them that is no HTML."""

import pytest

from reports.atlas.computing import computed
from reports.atlas.facts import Facts, facts_of
from reports.atlas.identity import identity
from reports.atlas.loss_page import loss_page
from reports.atlas.request import Request
from reports.atlas.specs import quoted, shown
from reports.context import silent
from tests.reports.atlas.reading import Page

LOSS = """
from sympy import Rational

from derive.hyper import POSITIVE, Hyper
from derive.nodes import Exp, Log
from derive.notation import cosine, score
from derive.objective import CROSS, Objective
from derive.objectives._common import partition


class Mine(Objective):
    title = "Mine <b1>"
    source = "made up <b2>"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (Hyper("t", "<b3>", "t", Rational(1, 2), POSITIVE, "of <b4>"),)
    presets = {"<b5>": {"t": "1"}}

    def terms(self, i, x):
        s = DECLARED
        return -s(i) / x.t + Log(Exp(s(i) / x.t) + partition(cosine, i, x.t))
"""
SCORE = "score(lambda k: cosine(k, k))"
PLAIN = "lambda k: cosine(k, k)"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write(text for DECLARED): the spec of the loss, relative to where the test runs."""
    monkeypatch.chdir(tmp_path)

    def write_(declared, file="my own.py", more=""):
        text = LOSS.replace("DECLARED", declared) + more
        (tmp_path / file).write_text(text, encoding="utf-8")
        return f"{file}:Mine"

    return write_


def test_how_a_loss_is_declared_is_part_of_what_it_is(write):
    with_score = identity(write(SCORE))
    assert with_score == identity(write(SCORE))
    without = identity(write(PLAIN, "plain.py"))
    assert any("score=True" in x for x in with_score)
    assert not any("score=True" in x for x in without)
    assert identity(write(SCORE, more="# a line more\n"))[-1] != with_score[-1]


def test_names_and_printed_rows_are_part_of_what_a_loss_is(write):
    row = "PrintedRow('a table', lambda i, j, x: 1, lambda i, j, x: 1, lambda i, j, x: 1)"
    more = (
        f"    from derive.objective import PrintedRow\n    printed = ({row},)\n    name = 'other'\n"
    )
    plain, found = identity(write(SCORE)), identity(write(SCORE, "printed.py", more))
    assert "other" in found
    assert any("a table" in x for x in found)
    assert not any("a table" in x for x in plain)
    assert found == identity("printed.py:Mine")  # no address of a function in it


def test_a_loss_of_the_catalogue_is_its_name():
    assert identity("infonce") == ["infonce"]


def test_a_page_of_ones_own_loss_is_escaped_and_shows_what_was_typed(write, tmp_path, monkeypatch):
    spec = write(SCORE)
    made = Facts.of_json(facts_json(facts_of(str(tmp_path / spec), spec)))
    monkeypatch.setattr("reports.atlas.computing.done", results_of(made, spec))
    entries, around = computed(Request((spec,), papers=(), examples=1, jobs=1), silent)
    text = loss_page(entries[0], around)
    Page(text)
    for mark in ("<b1>", "<b2>", "<b3>", "<b4>", "<b5>"):
        assert mark not in text.split("<script>\n")[0]
        assert mark.replace("<", "&lt;").replace(">", "&gt;") in text
    assert "--loss &#39;my own.py:Mine&#39;" in text
    assert 'objective("my own.py:Mine"' in text
    assert str(tmp_path) not in text


def facts_json(facts):
    import json
    from dataclasses import asdict

    return json.loads(json.dumps(asdict(facts)))


def results_of(facts, spec):
    """The tasks of one loss as done: nothing verified, these facts."""
    report = {"loss": spec, "results": [], "reference": "formula"}

    def done(tasks, *_):
        assert [x.label.split(": ")[1] for x in tasks] == ["verifying", "deriving"]
        return [report, facts_json(facts)]

    return done


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("infonce", "infonce"),
        ("alpha(x; exp(x))", "'alpha(x; exp(x))'"),
        ("my/losses.py:Mine", "my/losses.py:Mine"),
        ("/a/disk/losses.py:Mine", "losses.py:Mine"),
        ("~/losses.py", "losses.py"),
        ("/a/disk/saved.json", "saved.json"),
    ],
)
def test_a_command_takes_what_was_typed_without_folders_of_a_disk(spec, said):
    assert quoted(spec) == said
    assert shown(spec) == said.strip("'")
