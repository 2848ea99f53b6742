"""001, Figure 5: the histograms that are drawn are those of the angles."""

from math import pi

import numpy as np
import pytest

from reports.context import Context
from reports.errors import NeedsRunsError
from reports.papers.distributions import LOSSES, figure_5
from reports.records import Records
from reports.svg import PAPER, styled
from tests.reports.made_up import STEPS, angles, columns, write_recipe


@pytest.fixture
def picture(tmp_path):
    for recipe in LOSSES:
        write_recipe(tmp_path, recipe, seeds=2)
    return figure_5(Context(records=Records(tmp_path)))[0]


@pytest.mark.parametrize("recipe", LOSSES)
@pytest.mark.parametrize("kind", ["positive", "negative"])
def test_densities_are_of_the_angles_of_all_seeds(picture, recipe, kind):
    drawn = np.concatenate([angles(recipe, seed, STEPS[-1], kind) for seed in (0, 1)])
    density, edges = np.histogram(drawn, bins=64, range=(0, pi), density=True)
    rows = columns(picture, loss=LOSSES[recipe], pair=kind)
    assert [x["density_per_rad"] for x in rows] == pytest.approx(density.tolist())
    assert [x["from_rad"] for x in rows] == pytest.approx(edges[:-1].tolist())
    assert sum(x["density_per_rad"] for x in rows) * pi / 64 == pytest.approx(1)


def test_the_caption_has_the_means_and_deviations_of_the_pooled_angles(picture):
    for recipe, title in LOSSES.items():
        p, n = (
            np.concatenate([angles(recipe, seed, STEPS[-1], kind) for seed in (0, 1)])
            for kind in ("positive", "negative")
        )
        told = (
            f"{title}: θ_ii' {p.mean():.3f} ± {p.std():.3f} rad, θ_ij' {n.mean():.3f} ± "
            f"{n.std():.3f} rad, {n.mean() - p.mean():.3f} rad apart"
        )
        assert told in picture.caption
        assert told in picture.alternative


def test_what_is_drawn_is_the_data(picture):
    with styled(PAPER):
        figure = picture.draw(PAPER)
    outlines = [x for axes in figure.axes[:2] for x in axes.patches if not x.get_fill()]
    assert len(outlines) == 4
    drawn = sorted(max(x.get_data().values) for x in outlines)
    by_curve = {}
    for row in columns(picture):
        by_curve.setdefault((row["loss"], row["pair"]), []).append(row["density_per_rad"])
    assert drawn == pytest.approx(sorted(max(x) for x in by_curve.values()))
    means = {x.get_xdata()[0] for axes in figure.axes[:2] for x in axes.lines}
    assert means == {x["mean_rad"] for x in columns(picture)}
    told = [x.get_text() for axes in figure.axes[:2] for x in axes.texts]
    for row in columns(picture, from_rad=0.0):
        wanted = (
            f"mean {row['mean_rad']:.3f} rad (dotted), deviation {row['deviation_rad']:.3f} rad"
        )
        assert any(x.endswith(wanted) for x in told)


def test_one_missing_recipe_is_named(tmp_path):
    write_recipe(tmp_path, "001-figure-5-baseline")
    with pytest.raises(NeedsRunsError, match="001-figure-5-without-gd"):
        figure_5(Context(records=Records(tmp_path)))
