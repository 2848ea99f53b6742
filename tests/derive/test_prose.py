"""Mathematics in the prose of a sheet: whole runs with their brackets, in letters of TeX."""

import re

import pytest

from derive.printing.notations import runs, to_html, to_latex

SENTENCES = {
    "L_A = log(1 + e^(L_B)), the softplus": ["L_A = log(1 + e^(L_B))"],
    "with g = (Σ_{k≠i} x_k)/(1 + x_i) for all": ["g = (Σ_{k≠i} x_k)/(1 + x_i)"],
    "N = 2, τ = 1/20. Gradients": ["N = 2, τ = 1/20"],
    "c_ij = −1/(N − 1), for D": ["c_ij = −1/(N − 1)"],
    "value of L_i (the mean)": ["L_i"],
    "(of h_i)": ["h_i"],
}


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES.items())
def test_a_run_closes_the_brackets_that_it_opens(sentence: str, expected: list[str]) -> None:
    found = [x.text for x in runs(sentence) if x.math]
    assert found == expected
    assert "".join(x.text for x in runs(sentence)) == sentence


@pytest.mark.parametrize("sentence", SENTENCES)
def test_its_latex_has_balanced_brackets(sentence: str) -> None:
    for run in runs(sentence):
        latex = to_latex(run.text) if run.math else ""
        assert [latex.count(x) for x in "({"] == [latex.count(x) for x in ")}"]


def test_a_transpose_is_a_superscript() -> None:
    assert to_latex("h_i h_iᵀ") == r"h_{i} h_{i}^{\top}"
    assert not re.search("[^\x00-\x7f]", to_latex("½ Σ (h_i − n_j)ᵀ"))


def test_an_exponent_in_html_has_its_own_indices() -> None:
    assert to_html("e^(L_B)") == "<i>e</i><sup><i>L</i><sub>B</sub></sup>"
