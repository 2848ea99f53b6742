"""The page: complete, well-formed, self-contained."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from derive.api import decompose
from derive.objectives import load, names
from derive.verdict import Verdict
from reports.heatmap import NoHeatmap
from reports.page import MEANINGS, Material, Request, build, render
from reports.sections.loss import LossMaterial
from tests.catalogue import ONE_OF_EACH
from tests.reports.conftest import SMALL, write_run
from verify.report import CheckResult, LossReport

MATHML = "http://www.w3.org/1998/Math/MathML"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Outline(HTMLParser):
    """Ids, links and headings; raises where an element is not closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.links, self.headings = [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        if tag == "a":
            self.links.append(values["href"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outside(page):
    """Everything a browser would ask another place for."""
    page = page.replace(f'xmlns="{MATHML}"', "")
    asked = re.findall(
        r"""(?:\b(?:src|href|srcset)=["']?|url\(["']?|@import\s["']?)([^"')\s>]+)""", page
    )
    wanted = [x for x in asked if not re.match(r"#|data:|[\w-]+\.csv$", x)]
    return wanted + re.findall(r"\w+://[^\s\"'<]*", page)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def page(folder):
    """Every objective and a run, unverified."""
    run = write_run(folder / "run")
    request = Request(losses=ONE_OF_EACH, runs=[run], heatmap=SMALL, examples=None)
    path, _ = build(request, folder / "site")
    return path.read_text(encoding="utf-8")


def test_every_objective_has_its_section_and_its_line(page):
    outline = Outline(page)
    for name in ONE_OF_EACH:
        assert name in outline.ids
        assert outline.links.count(f"#{name}") == 2  # contents, overview
        assert load(name).title.split()[0] in page


def test_the_page_asks_for_nothing_outside(page):
    assert outside(page) == []


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="//cdn/x.js"></script>', '<link href="https://fonts/x.css">',
        "<style>a {background: url(x.png)}</style>", '<img src="x.png">', "@import 'x.css'",
    ],
)  # fmt: skip
def test_a_planted_request_is_found(page, planted):
    assert outside(page + planted)


def test_elements_close_in_order_ids_are_unique_and_links_have_targets(page):
    outline = Outline(page)
    assert len(set(outline.ids)) == len(outline.ids)
    assert {x[1:] for x in outline.links if x.startswith("#")} <= set(outline.ids)


def test_an_unclosed_element_is_found(page):
    with pytest.raises(AssertionError):
        Outline(page.replace("</main>", "", 1))


def test_headings_leave_out_no_level(page):
    levels = Outline(page).headings
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_formulas_are_well_formed(page):
    formulas = re.findall(r"<math .*?</math>", page, flags=re.DOTALL)
    assert len(formulas) > 10 * len(ONE_OF_EACH)
    for formula in formulas:
        assert ElementTree.fromstring(formula).tag == f"{{{MATHML}}}math"


def test_pictures_have_words(page):
    pictures = re.findall(r"<svg[^>]*>", page)
    assert len(pictures) == page.count("<figure>") > 1
    for picture in pictures:
        assert 'role="img"' in picture
        assert len(re.search('aria-label="([^"]*)"', picture)[1]) > 40


def test_every_heatmap_has_its_values_beside_the_page(page, folder):
    linked = {x for x in Outline(page).links if x.endswith(".csv")}
    assert linked
    assert linked == {x.name for x in (folder / "site").glob("*.csv")}


def test_captions_say_when_the_settings_are_not_the_papers(page):
    captions = page.count("<figcaption>Mean gradient dissipation")
    assert page.count("Not the settings of arXiv:2402.18281, Figure 2") == captions > 0
    assert "6 × 6 cells, each the mean of 20 batches of 1 positive and 9 negatives" in page
    assert "Monte-Carlo standard error" in page


def test_a_loss_without_heatmap_says_why(page):
    assert "No heatmap. GD = 1 at every angle: no score of the positive gates the push." in page


def test_verification_that_was_left_out_is_called_not_run(page):
    assert page.count("Not run: this page was built without verification.") == len(ONE_OF_EACH)
    assert "seconds</th>" not in page


def test_the_run_is_shown(page):
    for text in ("Training run 1", "+0.5000", "−0.1000", "&lt;ρ&gt;", "train run --loss mvicreg"):
        assert text in page


def test_each_verdict_is_a_word(small):
    results = tuple(CheckResult(f"check-{v.value}", v, "<detail>", 1.5) for v in Verdict)
    material = LossMaterial(decompose("mpt"), LossReport("mpt", results), NoHeatmap("mpt", "None."))
    page = render(Material(Request(heatmap=small), (material,), ()))
    for v in Verdict:
        row = re.search(rf"check-{v.value}</th>.*?</tr>", page, flags=re.DOTALL)[0]
        assert re.search(
            rf'class="badge {v.value}"><span aria-hidden="true">\S</span> {v.value}<', row
        )
        assert "&lt;detail&gt;" in row
        assert ">1.50<" in row
    assert re.search(r"Verification\s+<span class=\"badge refuted\">", page)
    assert set(MEANINGS) == {v.value for v in Verdict}


def test_a_verified_loss_shows_its_checks(tmp_path, small):
    path, material = build(Request(["mpt"], heatmap=small, examples=1), tmp_path)
    page = path.read_text(encoding="utf-8")
    report = material.losses[0].verification
    assert report.verdict.passed
    for result in report.results:
        assert f'<th scope="row">{result.check}</th>' in page
    assert "1 example a property test, seed 0" in page
    assert [x for x in names() if f'id="{x}"' in page] == ["mpt"]


def test_the_same_request_gives_the_same_page(tmp_path, small):
    request = Request(["infonce"], heatmap=small, examples=None)
    first, _ = build(request, tmp_path / "first")
    again, _ = build(request, tmp_path / "again")
    assert first.read_text() == again.read_text()


def test_progress_names_what_is_done(tmp_path, small):
    told = []
    request = Request(["mpt", "met", "mpt"], heatmap=small, examples=None)
    build(request, tmp_path, lambda *what: told.append(what))
    assert told[0] == ("mpt: deriving", 0, 2)
    assert told[-1] == ("the page", 2, 2)
