"""What `reports compare` draws and writes: the data against the drawing, files, and the screen."""

import csv
import io
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from rich.console import Console

from reports.cli import main
from reports.comparison.comparison import compare
from reports.comparison.drawing import draw, is_wide, picture
from reports.comparison.terminal import print_comparison
from reports.svg import PAPER, styled
from tests.reports.compared import lines, run, seeds


@pytest.fixture
def compared(tmp_path):
    one = seeds(tmp_path / "one", [0.0, 0.2])
    return compare([one, run(tmp_path / "<other>", 0.1, loss="met", lines=lines(0.1)[:-1])])


def test_everything_drawn_is_in_the_data(compared):
    labels = [x.label for x in compared.subjects]
    for plot in compared.plots:
        made = picture(plot.name, plot.title, plot.caption, plot.panels, labels)
        with styled(PAPER):
            figure = draw(plot.panels, labels, PAPER)
        drawn = [axes for axes in figure.axes if axes.get_visible()]
        assert len(drawn) == len(plot.panels)
        for axes, panel in zip(drawn, plot.panels, strict=True):
            values = {y for line in axes.lines for y in line.get_ydata() if y == y}
            there = {labels[x.subject] for x in panel.curves}
            wanted = {
                value
                for label, _, key, text, _, value in made.data.rows()
                if (key, text) == (panel.quantity.key, panel.sample) and label in there
            }
            assert wanted - {None} == values  # nothing else is drawn: the means are in the data
            assert axes.get_ylim()[0] <= min(wanted)
            assert max(wanted) <= axes.get_ylim()[1]
        assert all(label in made.alternative for label in labels)


def test_both_texts_have_one_scale(compared):
    plot = next(x for x in compared.plots if x.name == "compare-overfitting")
    with styled(PAPER):
        figure = draw(plot.panels, ["a", "b"], PAPER)
    assert [x.sample for x in plot.panels[:2]] == ["held_out", "train"]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[0].get_ylim() != figure.axes[2].get_ylim()


def test_lengths_far_apart_are_drawn_on_a_logarithmic_axis(tmp_path):
    near = compare([run(tmp_path / "a"), run(tmp_path / "b", 0.1)])
    far = compare([run(tmp_path / "c"), run(tmp_path / "d", 500.0)])
    for compared, wide in ((near, False), (far, True)):
        plots = {x.name: x for x in compared.plots}
        assert {is_wide(x) for x in plots["compare-gradient"].panels} == {wide}
        assert not any(is_wide(x) for x in plots["compare-angles"].panels)


def test_the_screen_has_tables_and_curves(compared):
    text = io.StringIO()
    print_comparison(compared, Console(file=text, width=100))
    shown = text.getvalue()
    assert "\x1b" not in shown
    for part in ("What differs", "Final scores", "MRR", "mean GD_i, held out", "not finished"):
        assert part in shown
    line = next(x for x in shown.splitlines() if x.strip().startswith("one") and "█▄▁" in x)
    assert re.search(r"one +1 █▄▁ 0\.6 +\[0\.6 … 1\]", line)  # mean of .9 and 1.1, of .5 and .7


def test_the_command_writes_nothing_unless_it_is_asked_to(tmp_path, compared):
    before = sorted(tmp_path.iterdir())
    arguments = ["compare", str(tmp_path / "one"), str(tmp_path / "<other>")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert sorted(tmp_path.iterdir()) == before


def test_the_page_and_its_files(tmp_path):
    """With few pictures: each is drawn three times."""
    bare = [x for x in lines(0.1) if "measurement" not in x][:-1]
    plain = [x for x in lines(0.2) if "measurement" not in x]
    one, other = run(tmp_path / "one", lines=plain), run(tmp_path / "<other>", lines=bare)
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["compare", str(one), str(other), "--out", str(out)])
    assert result.exit_code == 0
    assert f"The page: {(out / 'index.html').resolve()} and 16 files." in result.output
    assert len(list(out.iterdir())) == 17
    page = (out / "index.html").read_text()
    assert "&lt;other&gt;" in page
    assert "<other>" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "The run is not finished" in page
    assert page.count("<svg") == 2
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    rows = list(csv.DictReader(io.StringIO((out / "compare-loss.csv").read_text())))
    first = next(x for x in rows if (x["run"], x["step"]) == ("one", "10"))
    assert float(first["value"]) == pytest.approx(2.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "none given"), (["one"], "1 given"), (["one", "one"], "compared with itself"),
     (["one", "gone"], "is no folder")],
)  # fmt: skip
def test_bad_input_exits_with_2(tmp_path, compared, arguments, message):
    paths = [str(tmp_path / x) for x in arguments]
    result = CliRunner().invoke(main, ["compare", *paths, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_a_file_is_a_clear_error(tmp_path, compared):
    (tmp_path / "file").write_text("")
    paths = [str(tmp_path / "one"), str(tmp_path / "<other>")]
    result = CliRunner().invoke(main, ["compare", *paths, "--out", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "cannot be made" in result.output


def test_the_command_is_light_until_it_is_called():
    heavy = "torch", "matplotlib", "rich", "scipy"
    code = f"import reports.commands.compare, sys; print([x for x in {heavy} if x in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
