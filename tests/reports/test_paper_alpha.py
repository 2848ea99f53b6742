"""The α of 004's family, against each member's own gradient in plain numpy."""

import numpy as np
import pytest

from derive.api import decompose
from derive.objectives import names
from reports.context import Context
from reports.errors import ReportError
from reports.papers.alpha import NEGATIVES, POSITIVES, figure, importance, of_one_row
from reports.svg import PAPER, styled

DISTANCES = (np.arange(NEGATIVES) + 0.5) * 2 / NEGATIVES
C = 1 - DISTANCES**2 / 2  # of the negatives


@pytest.fixture(scope="module")
def picture():
    (made,) = figure(Context(cells=6, batches=20))
    return made


def softmax(tau=1.0):
    return np.exp(C / tau) / np.exp(C / tau).sum()


def direct(positive):
    """φ'(Σ ψ) ψ' of every member, in the order of the catalogue, with its defaults."""
    own = 1 - positive**2 / 2
    total, half = np.exp(C).sum(), np.exp(2 * C).sum()
    sigmoid = 1 / (1 + np.exp(-5 * (C - own)))
    powered = np.exp(-2 * (1 - C) ** 2)  # d² = ½‖·‖² = 1 − C, p = 4, τ = ½
    e = np.exp(0.1)
    return {
        "InfoNCE": np.exp(2 * C) / (np.exp(2 * own) + half),
        "MINE": softmax(),
        "triplet": (C - own + 0.5 > 0) / 1.0,
        "soft triplet": e * np.exp(2 * C) / (np.exp(2 * own) + e * half),
        "(N+1)-tuplet": np.exp(C) / (np.exp(own) + total),
        "lifted structured": 2 * max(1 - own + np.log(total), 0) * softmax(),
        "modified triplet": 5 * sigmoid * (1 - sigmoid),
        "triplet contrastive": np.ones(NEGATIVES),
        "importance given directly": powered / powered.sum(),
    }


def found(picture):
    """member → (positives, negatives)."""
    c = picture.data.columns
    values = np.array(c["alpha"]).reshape(-1, len(POSITIVES), NEGATIVES)
    members = list(dict.fromkeys(c["loss"]))
    return dict(zip(members, values, strict=True))


def test_every_member_is_drawn(picture):
    members = [x for x in names() if x.startswith("alpha_")]
    assert len(found(picture)) == len(members) == len(direct(1))
    assert set(found(picture)) == set(direct(1))


def test_the_importance_is_the_derivative_of_phi_and_psi(picture):
    for row, positive in enumerate(POSITIVES):
        for name, values in direct(positive).items():
            alpha = found(picture)[name][row]
            np.testing.assert_allclose(alpha, values, rtol=1e-9, atol=1e-15, err_msg=name)


def test_the_distances_are_in_the_data(picture):
    c = picture.data.columns
    np.testing.assert_allclose(c["negative_distance"][:NEGATIVES], DISTANCES)
    assert list(dict.fromkeys(c["positive_distance"])) == list(POSITIVES)


def test_what_is_drawn_is_the_data(picture):
    with styled(PAPER):
        axes = picture.draw(PAPER).axes
    for panel, (name, alpha) in zip(axes, found(picture).items(), strict=True):
        assert panel.get_title().splitlines()[0] == name
        curves = [x for x in panel.lines if len(x.get_xdata()) == NEGATIVES]
        for line, row in zip(curves, alpha, strict=True):
            assert (line.get_ydata() == row).all()


def test_the_caption_says_where_the_positive_is_not_in_it_and_what_is_normalised(picture):
    assert "not in the α of MINE, triplet contrastive and importance given" in picture.caption
    assert "proved for each" in picture.caption
    assert "InfoNCE: τ = 1/2, ε = 1" in picture.caption


def test_the_triplet_pushes_up_to_the_margin():
    x = importance("alpha_triplet")
    assert x.of_positive
    assert set(np.unique(x.alpha)) == {0.0, 1.0}


def test_two_pools_are_refused():
    with pytest.raises(ReportError, match="ntxent has 2 pools"):
        of_one_row(decompose("ntxent"))
