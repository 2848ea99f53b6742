"""The steps of an ablation, of the losses of Table 5 and of any other."""

import pytest

from derive.components.spec import ComponentError
from derive.errors import ContragradError
from derive.sources import find
from train.errors import ConfigError
from train.sweeps.ablation import TABLE_5, on_hardest_alone, steps

NONE = {"gd": None, "weight": None, "ratio": None}


def losses(found):
    return [x.loss for x in found]


@pytest.mark.parametrize("loss", TABLE_5)
def test_the_losses_of_table_5_have_its_steps(loss, tmp_path):
    found = steps(loss, tmp_path, NONE, {})
    assert losses(found) == [loss, *TABLE_5[loss]]
    assert [x.label for x in found] == ["original", "+ GD", "+ W", "+ R"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("loss", TABLE_5)
def test_the_star_is_where_the_table_has_it(loss):
    # by the derived weight: the table's column + W is empty for MHS and only there
    assert on_hardest_alone(find(loss)) is (TABLE_5[loss][1] is None)


@pytest.mark.parametrize(
    ("loss", "starred"), [("met", True), ("mpt", True), ("infonce", False), ("align", False)]
)
def test_other_losses_with_and_without_a_star(loss, starred):
    assert on_hardest_alone(find(loss)) is starred


def test_any_other_loss_is_modified_and_saved(tmp_path):
    found = steps("simple", tmp_path / "losses", NONE, {"m": "0.2", "r": "1.5", "lam": "0.1"})
    assert losses(found)[0] == "simple"
    made = [find(x) for x in losses(found)[1:]]
    assert [[h.name for h in x.hyper] for x in made] == [
        ["lam", "m"],
        ["m", "tau"],
        ["m", "tau", "r"],
    ]
    assert [dict(x.settings) for x in found] == [
        {"lam": "0.1"}, {"m": "0.2", "lam": "0.1"}, {"m": "0.2"}, {"m": "0.2", "r": "1.5"},
    ]  # fmt: skip
    assert losses(steps("simple", tmp_path / "losses", NONE, {})) == losses(found)
    with pytest.raises(ConfigError, match="another loss than this ablation's"):
        steps("simple", tmp_path / "losses", NONE | {"gd": "hinge:m=0.5"}, {})


@pytest.mark.slow
def test_a_weight_that_is_asked_for_is_no_star(tmp_path):
    assert losses(steps("met", tmp_path / "a", NONE, {}))[2] is None
    assert losses(steps("met", tmp_path / "b", NONE | {"weight": "hardest"}, {}))[2] is not None


@pytest.mark.slow
def test_own_components_replace_those_of_table_5(tmp_path):
    found = steps("vicreg", tmp_path / "losses", NONE | {"weight": "softmax:tau=0.1"}, {})
    made = [find(x) for x in losses(found)[1:]]
    assert [x.weight for x in made] == [None, "softmax:tau=1/10", "softmax:tau=1/10"]
    assert [x.gd for x in made] == ["hinge:m=3/10"] * 3
    assert made[2].ratio == "constant:r=3/2"  # the others stay the table's


def test_a_loss_without_negatives_is_refused(tmp_path):
    with pytest.raises(ComponentError, match="align has no negatives"):
        steps("align", tmp_path, NONE, {})


def test_a_setting_that_no_step_has_or_that_is_outside_its_domain(tmp_path):
    with pytest.raises(ConfigError, match="--set foo: neither vicreg"):
        steps("vicreg", tmp_path, NONE, {"foo": "1"})
    with pytest.raises(ContragradError, match="outside its domain"):
        steps("vicreg", tmp_path, NONE, {"tau": "-1"})
