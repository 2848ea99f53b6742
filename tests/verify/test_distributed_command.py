"""`verify distributed`: known ways of sharing a batch are recognised, by real processes."""

import json
from dataclasses import replace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from derive.commands import CommandGroup
from derive.objectives import names
from tests.verify import sharing
from verify.commands.distributed import command
from verify.distributed.check import Options, check
from verify.distributed.comparison import Comparison
from verify.distributed.report import Report, exit_code
from verify.distributed.subjects import value_of
from verify.distributed.tasks import Job, Rank, Whole, in_one_process
from verify.distributed.training import Step

FILE = sharing.__file__
KNOWN = {  # function → number of the scheme, its key, verdict, factor of the gradient (None: none)
    "whole_put_back": (1, "whole plain", "differs", "1/W"),
    "own_carried": (2, "share carried", "exact", "1"),
    "own_carried_times_world": (3, "times world", "differs", "W"),
    "whole_carried_times_world": (3, "times world", "differs", "W"),
    "own_put_back": (4, "share plain", "differs", None),
    "own_not_put_back": (4, "share plain", "differs", None),
    "plain_reduce": (5, "plain reduce", "differs", "1/W"),
    "own_batch": (None, "alone", "differs", None),
    "pairs_only": (None, "separable", "exact", "1"),
    "whole_carried": (None, "whole carried", "exact", "1"),
    "carried_reduce": (None, "whole carried", "exact", "1"),
    "own_over_all": (None, "summed", "differs", "1/W"),
    "whole_not_put_back": (None, "cut", "differs", "0"),
    "one_view_carried": (None, "direction", "differs", None),
    "own_detached": (None, "stopped", "undecided", "1"),
    "noisy": (None, "random", "undecided", None),
    "single_precision": (None, "unclear", "undecided", "1"),
}
VALUES = {
    "whole_put_back": "whole", "own_carried": "share", "own_carried_times_world": "times",
    "own_put_back": "share", "plain_reduce": "whole", "own_batch": "own", "own_over_all": "sum",
    "whole_carried": "whole",
}  # fmt: skip


@click.group(cls=CommandGroup)
def main() -> None:
    """As `verify` registers the command."""


main.add_command(command)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["distributed", *arguments], env={"COLUMNS": "160"})


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    found = check([f"{FILE}:{name}" for name in KNOWN])
    return {x.loss.rpartition(":")[2]: x for x in found}


@pytest.mark.parametrize("name", KNOWN)
def test_a_way_of_sharing_is_recognised(reports: dict[str, Report], name: str) -> None:
    assert_known(reports[name], name)


def assert_known(report: Report, name: str) -> None:
    _, key, verdict, factor = KNOWN[name]
    x = report.comparison
    assert x is not None, report.sentence
    assert (report.scheme, report.verdict) == (key, verdict), report.sentence
    if factor is not None:
        expected = {"1/W": 1 / x.world, "W": x.world, "1": 1, "0": 0}[factor]
        assert x.factor == pytest.approx(expected, abs=1e-6)
        assert x.cosine == pytest.approx(float(factor != "0"))
    elif verdict == "differs":
        assert x.cosine < 0.99


@pytest.mark.parametrize("name", VALUES)
def test_the_values_of_the_ranks_are_told(reports: dict[str, Report], name: str) -> None:
    x = reports[name].comparison
    assert x is not None
    assert x.returned == VALUES[name]
    assert f"{x.values[0]:.6g}" in reports[name].returned


def test_a_report_says_what_to_change(reports: dict[str, Report]) -> None:
    document = reports["whole_put_back"].to_json()
    assert document["number"] == 1
    assert "1/W (W = 2, 0.5) times" in document["sentence"]
    assert "Multiply the loss by the number of processes" in document["change"]
    assert document["exchanges"] == "forward 2× all-gather of (6, 5); backward nothing"
    assert reports["own_carried"].change == ""
    assert "cosine 0.9" in reports["own_put_back"].sentence
    for name, (number, *_) in KNOWN.items():
        assert (f"scheme {number}," in reports[name].sentence) == (number is not None)


@pytest.mark.slow
def test_the_command_on_a_loss_of_the_catalogue() -> None:
    """One with inputs, sample numbers of all ranks. The others: below."""
    found = run("--loss", "mixup_infonce", "--format", "json")
    assert found.exit_code == 0, found.output
    (x,) = json.loads(found.stdout)["reports"]
    assert x["verdict"] == "exact"
    assert x["error"] < 1e-12
    assert x["values"] == [pytest.approx(x["value_of_one_process"], rel=1e-12)] * 2


@pytest.mark.slow
def test_a_module_and_a_failure_beside_it() -> None:
    """What one function breaks, the other is not judged by."""
    found = run(
        "--loss", f"{FILE}:raises", "--loss", f"{FILE}:own_batch", "--world", "2", "--pairs", "3,5"
    )
    assert found.exit_code == 1
    assert "rank 1 of 2: ValueError: planted (sharing.py, line" in found.output
    assert "no communication" in found.output
    module = run("--loss", f"{FILE}:Shared", "--set", "tau=1/5")
    assert module.exit_code == 0, module.output
    assert "scheme 2" in module.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hangs", "still ran after"),
        ("raises", "ValueError: planted"),
        ("rows_of_losses", "returns a tensor of shape (12,)"),
        ("nothing", "unknown function"),
        ("VALUE", "unknown function"),
    ],
)
def test_what_cannot_run_is_exit_code_two(name: str, message: str) -> None:
    limit = "20" if name == "hangs" else "120"
    found = run("--loss", f"{FILE}:{name}", "--timeout", limit, "--format", "json")
    assert found.exit_code == 2, found.output
    (report,) = json.loads(found.stdout)["reports"]
    assert message in report["sentence"]
    assert "Traceback" not in report["sentence"]


@pytest.mark.slow
def test_four_processes() -> None:
    found = check([f"{FILE}:{name}" for name in KNOWN], Options((4,), seed=1))
    for x in found:
        assert_known(x, x.loss.rpartition(":")[2])


@pytest.mark.slow
def test_the_whole_catalogue_on_two_and_four_processes() -> None:
    found = run("--world", "2,4", "--format", "json")
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    assert {x["loss"] for x in document["reports"]} == set(names())
    assert len(document["reports"]) == 2 * len(names())


@pytest.fixture(scope="module")
def whole() -> Whole:
    return in_one_process(Job("infonce", (("tau", "0.2"),), False, None, 0), 2)


def reported(whole: Whole, *, factor: float = 1.0, value: float | None = None) -> Report:
    """Of two ranks that found that factor times the gradient, and that value on the second."""
    gradients = {name: factor * g for name, g in whole.step.gradients.items()}
    first = Rank(Step(whole.step.value, gradients), None)
    second = Rank(Step(whole.step.value if value is None else value, gradients), None)
    return Report.of_objective("infonce", Comparison.of(whole, [first, second]))


def test_what_a_loss_with_gather_has_to_give(whole: Whole) -> None:
    assert reported(whole).verdict == "exact"
    for factor in (0.5, 2.0, 1 + 1e-11, -1.0, 0.0):
        assert reported(whole, factor=factor).verdict == "differs", factor
    assert reported(whole, value=whole.step.value * (1 + 1e-11)).verdict == "differs"


def test_a_single_parameter_with_a_wrong_gradient_is_found(whole: Whole) -> None:
    gradients = {name: g.clone() for name, g in whole.step.gradients.items()}
    next(iter(gradients.values()))[0, 0] *= 1 + 1e-9
    rank = Rank(replace(whole.step, gradients=gradients), None)
    assert not Comparison.of(whole, [rank, rank]).exact


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["exact", "exact"], 0),
        (["exact", "undecided"], 3),
        (["cannot run", "undecided"], 2),
        (["differs", "cannot run", "undecided"], 1),
        ([], 2),
    ],
)
def test_exit_codes(verdicts: list[str], code: int) -> None:
    assert exit_code([Report("x", 2, verdict) for verdict in verdicts]) == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--loss", "infonc"), "Did you mean"),
        (("--loss", "infonce", "--world", "1"), "give 2 to 64"),
        (("--loss", "infonce", "--world", "two"), "no list of whole numbers"),
        (("--loss", "infonce", "--pairs", "0"), "at least one pair"),
        (("--loss", "infonce", "--set", "tau"), "NAME=VALUE"),
        (("--loss", "nowhere.py:f"), "there is no file"),
        (("--loss", FILE), "name what to check in"),
        (("--loss", "infonce", "--set", "tau=0"), "outside its domain"),
    ],
)
def test_bad_input_is_exit_code_two(arguments: tuple[str, ...], message: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 2, found.output
    assert message in found.output
    assert "Traceback" not in found.output


def test_an_undecided_gradient() -> None:
    """Every gate of MPT shut: equal to anything whatever the ranks do."""
    shut: tuple[tuple[str, str], ...] = (("m", "-5"),)
    with pytest.raises(Exception, match="negligible in 20 batches"):
        in_one_process(Job("mpt", shut, False, None, 0), 2)


@pytest.mark.parametrize(
    ("text", "value"),
    [("True", True), ("None", None), ("7", 7), ("1/8", 0.125), ("1e-3", 0.001), ("mean", "mean")],
)
def test_settings_of_a_function(text: str, value: Any) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)
