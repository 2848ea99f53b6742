"""Specifications: what is shipped, and what is refused before anything runs."""

import math

import pytest

from derive.errors import ContragradError
from derive.sources import find
from tests.train.sweeps.conftest import TWO_STAGES
from train.sweeps.reader import read, shipped
from train.sweeps.spec import Range


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_sweep_can_be_read(name):
    for small in (False, True):
        spec = read(name, small=small)
        assert spec.name == name
        assert spec.source


def test_appendix_a4_is_as_printed():
    first, second = read("001-appendix-a4").stages
    assert first.parameters == {"batch_size": (64, 128, 256, 512), "lr": (5e-6, 1e-5, 3e-5, 5e-5)}
    assert [len(x) for x in second.parameters.values()] == [4, 3, 5]
    assert (first.size, second.size) == (16, 60)
    assert [float(x) for x in second.parameters["settings.m"]] == [0.27, 0.30, 0.33, 0.37]
    assert [float(x) for x in second.parameters["settings.tau"]] == [0.01, 0.03, 0.05]
    assert [float(x) for x in second.parameters["settings.r"]] == [1, 1.25, 1.5, 1.75, 2]
    base = read("001-appendix-a4").base["settings"]
    assert {name: float(x) for name, x in base.items()} == {"m": 0.3, "tau": 0.05, "r": 1}
    assert read("001-appendix-a4-mmhs").stages[1].size == 20


def test_appendix_a3_is_as_printed():
    sizes = {"cl": 3, "dcl": 3, "au": 5 * 3 * 9, "dcl_plus": 11, "mpt": 16, "met": 11, "mat": 11}
    for name, size in sizes.items():
        (stage,) = read(f"003-appendix-a3-{name}").stages
        assert stage.parameters["lr"] == (7e-6, 1e-5, 3e-5, 5e-5)
        assert stage.parameters["batch_size"] == (64, 128, 256, 512)
        assert stage.size == 16 * size


@pytest.mark.parametrize("name", [x for x in shipped() if x.startswith("003")])
def test_the_recipe_of_a_grid_is_one_of_its_points(name):
    spec = read(name)
    (stage,) = spec.stages
    objective = find(spec.base["loss"])
    base = spec.base["overrides"] | objective.defaults(spec.base["settings"])
    for parameter, given in stage.parameters.items():
        plain = parameter.removeprefix("settings.")
        if plain == parameter:
            assert base[plain] in given
        else:
            assert base[plain] in [objective.defaults({plain: x})[plain] for x in given]


def test_epochs_take_the_place_of_the_small_recipe_s_steps(spec_file):
    text = TWO_STAGES.replace('loss = "paradigm"', 'recipe = "003-table-2-mpt"\nsmall = true')
    text = text.replace('settings = { m = "0.2" }\n', "")
    assert read(str(spec_file(text))).options({})["overrides"]["steps"] == 60
    options = read(str(spec_file(text)), {"overrides": {"epochs": 2}}).options({})
    assert "steps" not in options["overrides"]
    assert options["overrides"]["epochs"] == 2
    assert options["overrides"]["batch_size"] == 32  # the rest stays


def test_points_options_and_replacements(spec_file):
    spec = read(str(spec_file()), {"loss": "mmhs", "overrides": {"steps": 5}})
    points = spec.stages[0].points()
    assert len(points) == spec.stages[0].size == 4
    assert len({tuple(x.items()) for x in points}) == 4
    options = spec.options({"lr": 1e-5, "settings.m": 0.27})
    assert options["overrides"] == {"steps": 5, "lr": 1e-5}
    assert options["settings"] == {"m": "0.27"}
    assert spec.base["overrides"] == {"steps": 5}  # as it was


def test_a_range(spec_file):
    text = TWO_STAGES.replace("[1e-5, 3e-5]", "{low = 1e-6, high = 1e-4, log = true}")
    text = text.replace("[[stages]]\n", '[[stages]]\nsampler = "tpe"\ntrials = 3\n', 1)
    stage = read(str(spec_file(text))).stages[0]
    assert stage.parameters["lr"] == Range(1e-6, 1e-4, log=True)
    assert stage.size == 3


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[[stages]]", "[[stages", "is no TOML"),
        ('name = "two"', 'nmae = "two"', "unknown entry of a sweep 'nmae'"),
        ("[1e-5, 3e-5]", "[]", "list of different values"),
        ("[1e-5, 3e-5]", "[1e-5, 1e-5]", "list of different values"),
        ("[1e-5, 3e-5]", "[1, 1.0]", "list of different values"),
        ("[1e-5, 3e-5]", "[[1e-5], [3e-5]]", "list of different values"),
        ('["0.27", "0.30"]', '["0.3", "0.30"]', "'0.3' and '0.30' are the same value"),
        ("[1e-5, 3e-5]", "[1e-5, -1.0]", "--lr -1.0 must be positive"),
        ("[1e-5, 3e-5]", "{low = 1e-6, high = 1e-4}", "has a range. List its values"),
        ("lr =", "rate =", "rate: no such setting"),
        ("settings.m", "settings.mm", "unknown hyper-parameter 'mm'"),
        ('["0.27", "0.30"]', '["0.27", "x"]', "not a number"),
        ('loss = "paradigm"', 'loss = "paradim"', "unknown loss 'paradim'"),
        ('loss = "paradigm"', "", "base has no loss"),
        ('loss = "paradigm"', 'loss = "paradigm"\nsmall = true', "small is of a recipe"),
        ("[[stages]]\n", '[[stages]]\nsampler = "tpe"\n', "Give the number of trials"),
        ("[[stages]]\n", '[[stages]]\nsampler = "grd"\n', "unknown sampler"),
        ('"score"', '"score"\nseeds = 0', "seeds = 0"),
        ('"score"', '"score"\ndirection = "up"', "unknown direction"),
    ],
)
def test_what_cannot_be_run_is_refused(before, after, said, spec_file):
    with pytest.raises(ContragradError, match=said):
        read(str(spec_file(TWO_STAGES.replace(before, after, 1))))


def test_a_missing_file_names_what_is_shipped():
    with pytest.raises(ContragradError, match="001-appendix-a4"):
        read("nowhere.toml")


def test_a_grid_has_every_combination_once():
    spec = read("001-appendix-a4")
    for stage in spec.stages:
        assert len({tuple(x.items()) for x in stage.points()}) == math.prod(
            len(x) for x in stage.parameters.values()
        )
