"""Items made, written and shown, with made-up ones."""

import json

import pytest
from click.testing import CliRunner

from reports.building import build
from reports.cli import main
from reports.context import Context
from reports.errors import NeedsRunsError, ReportError, RunRecordError
from reports.items import Item
from reports.outputs import Cell, Data, Picture, Table
from reports.papers import ITEMS
from train.measuring import MeasurementError

DATA = Data({"x": [0.0, 1.0], "y": [1 / 3, None]})


def draw(palette):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1], [0, 1], color=palette.series[0])
    return figure


PICTURE = Picture("made-up", "A <title>", "Seed 3.", "A line.", {"seed": 3}, DATA, draw)
TABLE = Table(
    "tabled", "T", "Caption.", {"seed": 0}, ["row", "value"],
    [[Cell("a | b"), Cell("2", mark="differs", note="printed: 3")]], DATA, ["A note."],
)  # fmt: skip


class MadeUp(Item):
    def make(self, context):
        if self.name == "waits":
            raise NeedsRunsError(["001-figure-5-baseline"])
        if self.name == "damaged":
            raise RunRecordError("RUNS/x holds no <run>.")
        if self.name == "of-another-version":
            raise MeasurementError("schema 2.")
        return [TABLE if self.name == "tabled" else PICTURE]


def item(name):
    return MadeUp(name, "nowhere, Figure 1", "made up", "")


def test_everything_is_written_and_shown(tmp_path):
    built = build([item("made-up"), item("tabled"), item("waits")], Context(), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    wanted = {f"made-up.{x}" for x in ("svg", "png", "csv", "json")}
    wanted |= {f"tabled.{x}" for x in ("html", "md", "csv", "json")}
    assert names == wanted | {"index.html"}
    assert (tmp_path / "made-up.csv").read_text() == "x,y\n0,0.333333333\n1,\n"
    assert json.loads((tmp_path / "made-up.json").read_text())["settings"] == {"seed": 3}
    page = (tmp_path / "index.html").read_text()
    assert 'aria-label="A line."' in page
    assert "printed: 3" in page
    assert "reports record waits" in page
    assert built[2].waiting.startswith("it is drawn from training runs")


def test_damaged_runs_stop_their_item_alone(tmp_path):
    items = [item("damaged"), item("of-another-version"), item("made-up")]
    built = build(items, Context(), tmp_path)
    assert [x.failed for x in built] == ["RUNS/x holds no <run>.", "schema 2.", ""]
    assert (tmp_path / "made-up.svg").is_file()
    page = (tmp_path / "index.html").read_text()
    assert "Not made: RUNS/x holds no &lt;run&gt;." in page
    assert "reports record damaged" not in page


def test_damaged_runs_exit_with_2_and_the_rest_is_made(tmp_path):
    run = tmp_path / "runs" / "001-figure-7-baseline" / "seed-0"
    run.mkdir(parents=True)
    (run / "config.json").write_text("{")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        main, ["build", "001-figure-7", "001-table-6", "--runs", str(run.parents[1]),
               "--out", str(out)],
    )  # fmt: skip
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "001-figure-7: not made: " in result.output
    assert "1 of 2 not made: 001-figure-7. Mend" in result.output
    assert (out / "001-table-6.md").is_file()
    assert "config.json cannot be read" in (out / "index.html").read_text()


def test_a_picture_on_paper_has_real_colours_and_its_title_inside(tmp_path):
    build([item("made-up")], Context(), tmp_path)
    svg = (tmp_path / "made-up.svg").read_text()
    assert "#0072b2" in svg
    assert "#0102" not in svg
    assert "<title>A &lt;title&gt;</title>" in svg
    assert (tmp_path / "made-up.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_decides_the_colours_inline(tmp_path):
    build([item("made-up")], Context(), tmp_path)
    assert "var(--series-1)" in (tmp_path / "index.html").read_text()


def test_markdown_escapes_and_says_marks(tmp_path):
    build([item("tabled")], Context(), tmp_path)
    text = (tmp_path / "tabled.md").read_text()
    assert r"| a \| b | 2 (differs: printed: 3) |" in text
    assert text.endswith("A note.\n")


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="unequal length"):
        Data({"x": [1], "y": []})


def test_a_place_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be made"):
        build([item("made-up")], Context(), tmp_path / "file")


def test_the_list_names_everything():
    result = CliRunner().invoke(main, ["list"])
    assert result.exit_code == 0
    assert all(item.name in result.output for item in ITEMS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["001-figure-22"], "Did you mean 001-figure-2"),
        (["--paper", "005"], "paper"),
        (["001-figure-2", "--paper", "001"], "give names or a paper"),
        (["--runs", "nowhere"], "is not a folder"),
        (["--cells", "1"], "--cells 1 is too small"),
    ],
)
def test_bad_input_exits_with_2_before_anything_is_written(tmp_path, arguments, message):
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["build", *arguments, "--out", str(out)])
    assert result.exit_code == 2
    assert message in result.output
    assert not out.exists()
