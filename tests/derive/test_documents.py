"""Sections as LaTeX, Markdown and HTML: well-formed, escaped, their notations typeset."""

import re
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from derive.objectives import load, names
from derive.paradigm import decompose
from derive.printing import render
from derive.printing.boxes import PLUS, Row, equation, leaf
from derive.printing.display import to_display
from derive.printing.document import as_latex, as_markdown, as_mathml
from derive.printing.notations import runs, to_html, to_latex
from derive.printing.sections import Formula, Section, Table
from tests.catalogue import sampled

FEW = ("infonce", "met", "vicreg", "supcon", "hard_infonce", "mixup_infonce")


def typeset(text):
    return "".join(f"${to_latex(x.text)}$" if x.math else x.text for x in runs(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("by h_i", "by $h_{i}$"),
        ("c_ij' = ⟨h_i, h'_j⟩", r"$c_{ij'} = \langle h_{i}, h'_{j}\rangle$"),
        ("c_i'j'", "$c_{i'j'}$"),
        ("0 ≤ u < π", r"$0 \le u < \pi$"),
        ("ν_inv weighs", r"$\nu_{\mathrm{inv}}$ weighs"),
        ("j* of h_i's", "$j^{*}$ of $h_{i}$'s"),
        ("j*(k)", "$j^{*}(k)$"),
        ("1/√D", r"1/$\sqrt{D}$"),
        ("d^α", r"$d^{\alpha}$"),
        ("Σ_{k≠i} c_ik", r"$\sum_{k\neq i} c_{ik}$"),
        ("a file.py with snake_case_names, arXiv:2402.18281", None),
        ("nu_inv", None),
    ],
)
def test_notations_in_prose(text, expected):
    assert typeset(text) == (text if expected is None else expected)


def test_runs_keep_the_text():
    text = "GD Σ W (n − R h') alone: c_ij' > 0, and 1[x > y] at √D."
    assert "".join(x.text for x in runs(text)) == text


def test_html_of_a_notation():
    assert to_html("h'_j") == "<i>h</i>′<sub>j</sub>"


@pytest.mark.parametrize("name", sampled(names()))
def test_html_is_one_well_formed_element_without_scripts(name):
    root = ElementTree.fromstring(render(decompose(load(name)), format="mathml"))
    assert root.tag == "article"
    tags = {x.tag.rpartition("}")[2] for x in root.iter()}
    assert "math" in tags
    assert not tags & {"script", "iframe", "link", "style"}


def test_html_names_its_tables_rows_and_columns():
    table = Table((("a", "b"), ("1", "2")))
    plain = Table((("source", "x"),), heading=False)
    root = ElementTree.fromstring(as_mathml((Section("T", (table, plain)),)))
    assert [x.get("scope") for x in root.iter("th")] == ["col", "col", "row"]


def test_html_is_escaped():
    text = as_mathml((Section("x < & c", ("<script>x</script> & more.",)),))
    assert "<script>" not in text
    assert "x &lt; &amp; c" in text


@pytest.mark.parametrize("name", FEW)
def test_markdown_has_no_stray_marks(name):
    """Set the formulas aside: what is left has headings, tables and prose, and no emphasis."""
    text = render(decompose(load(name)), format="markdown")
    text = re.sub(r"\$\$\n.*?\n\$\$", "FORMULA", text, flags=re.DOTALL)
    text = re.sub(r"(?<!\\)\$[^$\n]+(?<!\\)\$", "FORMULA", text)
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") == len(re.findall(r"^\| ---", text, re.MULTILINE))
    assert "<em>" not in html
    assert "<code>" not in html
    assert "<h2>" in html


def test_markdown_is_escaped():
    prose = "1. a * snake_case <b> `x` | y # z $5"
    html = MarkdownIt("commonmark").render(as_markdown((Section("", (prose + ".",)),)))
    assert html.strip() == "<p>1. a * snake_case &lt;b&gt; `x` | y # z $5.</p>"


def test_markdown_cells_hold_bars():
    text = as_markdown((Section("T", (Table((("a|b", "c"), ("d", "e"))),)),))
    rows = MarkdownIt("commonmark").enable("table").render(text)
    assert rows.count("<th>") == 2
    assert "a|b" in rows


def test_latex_is_escaped():
    text = as_latex((Section("T", ("50% of a_file & {x} ~ $5 #1 \\ <x>.",)),))
    assert r"50\% of a\_file \& \{x\} \textasciitilde{} \$5 \#1 \textbackslash{}" in text


@pytest.mark.parametrize("name", sampled(names()))
def test_latex_is_ascii_but_for_letters(name):
    """What an engine with inputenc and its default font can set."""
    text = render(decompose(load(name)), format="latex")
    assert all(x.isascii() or x.isalpha() or x == "§" for x in text), {
        x for x in text if not x.isascii()
    }
    assert not re.search(r"[α-ωΑ-Ω]", text)


def test_a_long_sum_is_broken_at_its_signs():
    terms = [x for n in range(40) for x in (PLUS, leaf(f"x_{n}"))][1:]
    text = to_display(equation(leaf("y"), Row(tuple(terms))))
    assert text.startswith(r"\begin{aligned} y &= ")
    assert r" \\ &\quad +x" in text


def test_a_short_formula_stays_on_its_line():
    assert to_display(equation(leaf("y"), leaf("x"))) == "y=x"


def test_a_page_without_a_title_has_no_heading():
    assert "##" not in as_markdown((Section("", (Formula(leaf("x")),)),))
