"""Text with indices, as HTML."""

import pytest

from reports.figures import in_pi
from reports.sections.prose import typeset


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("h'_j, j ≠ i", "<i>h′</i><sub>j</sub>, j ≠ i"),
        ("c_ij' = cos θ_ij'", "<i>c</i><sub>ij′</sub> = cos <i>θ</i><sub>ij′</sub>"),
        ("Σ_{k≠i} a_ik", "<i>Σ</i><sub>k≠i</sub> <i>a</i><sub>ik</sub>"),
        ("max_{k≠i} x", "max<sub>k≠i</sub> x"),
        ("ν_inv ≥ 0", "<i>ν</i><sub>inv</sub> ≥ 0"),
        ("nu_inv", "nu_inv"),
        ("W (n − R h')", "W (n − R h′)"),
        ("an anchor's term", "an anchor&#39;s term"),
        ("a < b & `c`", "a &lt; b &amp; <code>c</code>"),
    ],
)
def test_indices_are_set_below_the_line(text, html):
    assert typeset(text) == html


@pytest.mark.parametrize(
    ("share", "text"), [(1, "π"), (1 / 20, "π/20"), (0.75, "3π/4"), (0.123, "0.123π")]
)
def test_radians_are_multiples_of_pi(share, text):
    assert in_pi(share * 3.141592653589793) == text
