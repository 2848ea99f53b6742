"""The atlas as files: whole, linked, light, and nothing of it from elsewhere."""

import re

import pytest
from click.testing import CliRunner

from derive.objectives import names
from reports.atlas import site as site_module
from reports.atlas.request import Request
from reports.atlas.site import build
from reports.cli import main
from reports.errors import ReportError
from tests.reports.atlas.reading import Page, broken_links, files
from tests.reports.atlas.small_site import LOSSES, request, site

__all__ = ["site"]  # a fixture


def test_every_page_is_there_and_well_formed(site):
    losses = {f"losses/{name}.html" for name in LOSSES}
    assert set(files(site)) == losses | {
        "index.html", "claims.html", "results.html", "about.html",
    }  # fmt: skip
    for path in files(site).values():
        page = Page(path.read_text(encoding="utf-8"))
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1
        assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
        assert len(page.ids) == len(set(page.ids))


def test_every_link_leads_somewhere_and_a_broken_one_is_seen(site, tmp_path):
    assert broken_links(site) == []
    (tmp_path / "index.html").write_text('<a href="gone.html">x</a><a href="#none">y</a>')
    assert broken_links(tmp_path) == ["index.html → gone.html", "index.html → #none"]


def test_nothing_comes_from_elsewhere(site):
    for path in [*files(site).values(), *(site / "assets").iterdir()]:
        text = path.read_text(encoding="utf-8")
        text = text.replace('"http://www.w3.org/2000/svg"', "")  # the name of a vocabulary
        assert not re.search(r"https?://|//cdn|@import|\bfetch\(|type=\"module\"", text), path


def test_text_of_others_is_escaped(site):
    text = (site / "claims.html").read_text(encoding="utf-8")
    assert "Eq. 13 &lt;&amp;&gt;" in text
    assert "draw &lt;1&gt;" in text
    assert "<mo>&lt;</mo>" in text
    assert "&lt;ρ&gt;" in (site / "results.html").read_text(encoding="utf-8")


def test_every_formula_is_mathml(site):
    for name in LOSSES:
        text = (site / "losses" / f"{name}.html").read_text(encoding="utf-8")
        shown = re.findall(r'<div class="formula">(.*?)</div>', text, re.DOTALL)
        assert len(shown) >= 6
        assert all(re.fullmatch(r"<math.*</math>", x.strip(), re.DOTALL) for x in shown)


def test_a_page_says_what_is_known_of_its_loss(site):
    text = (site / "losses/mpt.html").read_text(encoding="utf-8")
    assert "hard gate: the gradient can be exactly 0" in text
    assert 'loss = objective("mpt", m=0.23, embeddings="raw")' in text
    assert re.search(r"As <i>τ</i> → 0: <i>L</i><sub>dcl_plus</sub>", text)
    assert "Not measured here: <code>make bench</code>" in text
    assert 'href="../claims.html#003-eq-13"' in text
    other = (site / "losses/dcl_plus.html").read_text(encoding="utf-8")
    assert "claims names it." in other


def test_the_page_of_results_shows_the_run(site):
    text = (site / "results.html").read_text(encoding="utf-8")
    assert "0.7500 (one seed: no interval)" in text
    assert 'href="losses/mpt.html"' in text


def test_the_site_is_light(site):
    sizes = [x.stat().st_size for x in files(site).values()]
    assert max(sizes) < 60_000
    assert sum(x.stat().st_size for x in (site / "assets").iterdir()) < 80_000


def test_a_second_build_computes_and_writes_nothing(site, tmp_path, monkeypatch):
    monkeypatch.setattr("reports.atlas.computing.facts_of", forbidden)
    monkeypatch.setattr("reports.atlas.verifying.verify_loss", forbidden)
    built = build(request(), tmp_path)
    assert built.left == ()
    first = {name: (tmp_path / name).stat().st_mtime_ns for name in built.sizes}
    again = build(request(), tmp_path)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in again.sizes} == first
    assert sum(again.sizes.values()) == sum(
        x.stat().st_size for x in tmp_path.rglob("*") if x.is_file()
    )
    (tmp_path / "losses" / "gone.html").write_text("of an earlier build")
    assert build(request(), tmp_path).left == ("losses/gone.html",)
    kinds = again.weights()
    assert kinds["pages of losses"][0] == 2
    assert sum(x[1] for x in kinds.values()) == sum(again.sizes.values())


def forbidden(*_, **__):
    raise AssertionError("computed again")


def test_a_stop_ends_with_130_and_leaves_whole_files(tmp_path, monkeypatch):
    monkeypatch.setattr(site_module, "computed", interrupted)
    out = tmp_path / "site"
    result = CliRunner().invoke(main, ["atlas", "--out", str(out), "--loss", "mpt"])
    assert result.exit_code == 130
    assert list(out.rglob("*.html")) == []


def interrupted(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--loss", "infonec"], "Did you mean infonce"),
        (["--examples", "0"], "Give at least 1"),
        (["--jobs", "0"], "Give at least 1"),
        (["--runs", "nowhere"], "is not a folder"),
        (["--run", "nowhere"], "is not a folder"),
        (["--bench", "nowhere.json"], "make bench"),
        (["--seed", "-1"], "out of range"),
    ],
)
def test_bad_input_is_refused_with_2(tmp_path, arguments, said):
    result = CliRunner().invoke(main, ["atlas", "--out", str(tmp_path / "out"), *arguments])
    assert result.exit_code == 2
    assert said in result.output


def test_a_place_that_cannot_be_written_is_refused_with_2(tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "site"
    result = CliRunner().invoke(main, ["atlas", "--out", str(out), "--loss", "mpt"])
    assert result.exit_code == 2
    assert "cannot be made" in result.output
    with pytest.raises(ReportError):
        build(Request(("mpt",)), out)


@pytest.mark.slow
def test_the_whole_catalogue_is_light_and_linked(tmp_path):
    built = build(Request(examples=2), tmp_path)
    assert [x.name for x in built.entries] == names()
    assert broken_links(tmp_path) == []
    assert sum(built.sizes.values()) < 3_000_000
