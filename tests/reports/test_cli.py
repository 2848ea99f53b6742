"""`reports page` as a command."""

import pytest
from click.testing import CliRunner

from reports.cli import main
from tests.reports.conftest import write_run

QUICK = ["--loss", "mpt", "--cells", "4", "--batches", "5", "--no-verify"]


def reports(*arguments):
    return CliRunner().invoke(main, ["page", *map(str, arguments)])


def test_it_says_where_the_page_is(tmp_path):
    run = write_run(tmp_path / "run")
    result = reports(*QUICK, "--out", tmp_path / "site", "--run", run)
    assert result.exit_code == 0, result.output
    page = tmp_path / "site" / "index.html"
    assert f"The page: {page}" in result.output
    assert "1 objective: 1 not verified; 1 training run." in result.output
    assert page.is_file()
    assert (tmp_path / "site" / "gd-mpt.csv").is_file()


def test_an_older_page_is_replaced(tmp_path):
    (tmp_path / "index.html").write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    assert reports(*QUICK, "--out", tmp_path).exit_code == 0
    assert (tmp_path / "index.html").read_text() != "old"
    assert (tmp_path / "mine.txt").read_text() == "kept"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--loss", "infonc"], "Did you mean infonce"),
        (["--run", "nowhere"], "--run 'nowhere' is not a folder"),
        (["--cells", "1"], "--cells 1 is too small"),
        (["--batches", "1"], "--batches 1 is too small"),
        (["--cells", "999999"], "--cells 999999 is too large. Give at most 1000"),
        (["--batches", "1000000000"], "is too large. Give at most 100000"),
        (["--seed", "-1"], "--seed -1 is too small"),
        (["--seed", "99999999999999999999"], "is too large"),
        (["--examples", "0"], "--examples 0"),
        (["--cells", "many"], "not a valid integer"),
    ],
)
def test_bad_input_exits_with_2_before_anything_is_written(tmp_path, arguments, message):
    result = reports("--out", tmp_path / "site", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "site").exists()


def test_a_place_that_is_a_file_exits_with_2(tmp_path):
    (tmp_path / "file").write_text("")
    result = reports(*QUICK, "--out", tmp_path / "file")
    assert result.exit_code == 2
    assert "cannot be made" in result.output


def test_a_page_that_cannot_be_replaced_exits_with_2(tmp_path):
    (tmp_path / "index.html").mkdir()
    result = reports(*QUICK, "--out", tmp_path)
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_without_a_place_click_says_so():
    result = reports(*QUICK)
    assert result.exit_code == 2
    assert "--out" in result.output
