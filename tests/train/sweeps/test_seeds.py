"""Seeds of one run: each once, in its own folder, on record in summary.json."""

import errno
import json
from dataclasses import asdict, dataclass
from io import StringIO

import pytest
from rich.console import Console

from tests.train.sweeps.conftest import logs
from tests.train.sweeps.fake import FakeRuns, score
from train.config import RunConfig
from train.errors import RunFolderError, StorageError, SweepError, TrainingInterrupted
from train.sweeps.runs import TrainingRuns
from train.sweeps.seeds import run_seeds
from train.sweeps.several import run_several
from train.sweeps.tables import print_seeds

QUIET = Console(quiet=True)
OPTIONS = {"loss": "paradigm", "settings": {"m": "0.3"}, "overrides": {"batch_size": 64}}
FAILS = OPTIONS | {"overrides": {"lr": 9.0}}


def shown(seeds) -> str:
    screen = StringIO()
    print_seeds(Console(file=screen, width=120), "title", seeds)
    return screen.getvalue()


def test_mean_interval_and_rows(tmp_path):
    found = run_seeds(OPTIONS, range(3, 6), tmp_path, FakeRuns(), QUIET)
    assert [row.seed for row in found.rows] == [3, 4, 5]
    assert [row.after["score"] for row in found.rows] == [
        score(OPTIONS | {"seed": x}) for x in (3, 4, 5)
    ]
    mean = found.intervals()["score"]
    assert mean.mean == pytest.approx(0.54)
    # t_{.975, 2} = 4.3027, s = .01, n = 3
    assert mean.half_width == pytest.approx(4.3027 * 0.01 / 3**0.5, rel=1e-4)
    record = json.loads((tmp_path / "summary.json").read_text())
    assert record["scores"]["score"] == mean.data()
    assert [row["folder"] for row in record["rows"]] == ["seed-3", "seed-4", "seed-5"]
    assert "0.5400 ± 0.0248" in shown(found)


def test_what_is_finished_is_not_run_again(tmp_path):
    run_seeds(OPTIONS, range(2), tmp_path, FakeRuns(), QUIET)
    again = run_seeds(OPTIONS, range(3), tmp_path, FakeRuns(), QUIET)
    assert len(again.rows) == 3
    begun = [line for lines in logs(tmp_path).values() for line in lines if "begin" in line]
    assert begun == ["begin 0"] * 3


def test_a_run_that_diverges_is_a_row_and_the_others_go_on(tmp_path):
    found = run_seeds(FAILS, range(2), tmp_path, FakeRuns(), QUIET)
    assert [row.failure for row in found.rows] == ["the loss is not a number at step 3"] * 2
    assert found.intervals() == {}
    assert "failed: the loss is not a number" in shown(found)


def test_a_failure_stays_on_record_until_its_folder_is_deleted(tmp_path):
    run_seeds(FAILS, range(1), tmp_path, FakeRuns(), QUIET)
    begun = []
    run_seeds(FAILS, range(1), tmp_path, FakeRuns(), QUIET, on_run=begun.append)
    assert begun == []
    (tmp_path / "seed-0").rmdir()
    run_seeds(FAILS, range(1), tmp_path, FakeRuns(), QUIET, on_run=begun.append)
    assert begun == [0]


def test_the_seeds_of_earlier_calls_stay_on_record(tmp_path):
    begun = []
    for seeds in ((0, 1), (0,), (2,), (0, 1)):
        run_seeds(FAILS, seeds, tmp_path, FakeRuns(), QUIET, on_run=begun.append)
    rows = json.loads((tmp_path / "summary.json").read_text())["rows"]
    assert [row["seed"] for row in rows] == [0, 1, 2]
    assert begun == [0, 1, 2]  # a failure is not run again


def test_a_collapsed_run_is_no_score(tmp_path):
    collapsed = OPTIONS | {"overrides": {"lr": 5.0}}
    found = run_seeds(collapsed, range(1), tmp_path, FakeRuns(), QUIET)
    assert found.rows[0].failure == "collapsed: score undefined"
    assert found.intervals() == {}


def test_runs_of_other_options_are_refused(tmp_path):
    run_seeds(OPTIONS, range(1), tmp_path, FakeRuns(), QUIET)
    with pytest.raises(SweepError, match="loss was 'paradigm', is 'mhe'"):
        run_seeds(OPTIONS | {"loss": "mhe"}, range(1), tmp_path, FakeRuns(), QUIET)
    # where the text lies is no other run
    run_seeds(OPTIONS | {"corpus": None}, range(1), tmp_path, FakeRuns(), QUIET)


def test_a_damaged_summary_is_named(tmp_path):
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(SweepError, match="damaged"):
        run_seeds(OPTIONS, range(1), tmp_path, FakeRuns(), QUIET)


@dataclass(frozen=True)
class Stopped(FakeRuns):
    """A run that gets a signal in its second seed."""

    def run(self, options, folder, console):
        if options["seed"] == 1:
            raise TrainingInterrupted("train run --resume", 2)
        super().run(options, folder, console)


def test_a_signal_keeps_what_is_finished(tmp_path):
    with pytest.raises(TrainingInterrupted, match="the same command goes on") as caught:
        run_seeds(OPTIONS, range(3), tmp_path, Stopped(), QUIET)
    assert caught.value.exit_code == 130
    found = run_seeds(OPTIONS, range(3), tmp_path, FakeRuns(), QUIET)
    assert len(found.rows) == 3
    assert logs(tmp_path)["seed-0"].count("begin 0") == 1


def test_run_with_seeds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    screen = StringIO()
    console = Console(file=screen, width=120)
    found = run_several(OPTIONS | {"seed": 7}, 2, None, console, FakeRuns())
    assert [row.seed for row in found.rows] == [7, 8]
    assert "mean of 2" in screen.getvalue()
    assert (tmp_path / "runs" / "paradigm-seeds" / "summary.json").is_file()


def test_a_kill_in_the_first_run_leaves_whose_runs_these_are(tmp_path):
    """Other options in the folder of a run that was killed are not taken for that run's."""

    class KilledError(Exception):
        pass

    class Dying:
        def check(self, options):
            pass

        def refuse_other(self, options, folder):
            pass

        def run(self, options, folder, console):
            folder.mkdir(parents=True, exist_ok=True)
            raise KilledError

        def result(self, folder):
            return None

        def step(self, folder):
            return 0

    console = Console(quiet=True)
    first = {"loss": "infonce", "overrides": {"lr": 1e-3}}
    with pytest.raises(KilledError):
        run_seeds(first, [0], tmp_path, Dying(), console)
    with pytest.raises(SweepError, match="holds runs of other options"):
        run_seeds({**first, "overrides": {"lr": 5e-5}}, [0], tmp_path, Dying(), console)
    with pytest.raises(KilledError):
        run_seeds(first, [0], tmp_path, Dying(), console)


def begun(folder, **options):
    """A run folder as a kill leaves it."""
    config = RunConfig(**options)
    record = {
        "options": asdict(config),
        "schedule": asdict(config.chosen.resolved(1000)),
        "device": "cpu", "command": "train run", "corpus": {"sha256": "0"},
        "verification": {"verdict": "agreed", "checks": {}},
        "versions": {}, "processes": 1, "threads": 1,
    }  # fmt: skip
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(record))


KILLED = {"loss": "infonce", "model": "models/bert", "overrides": {"lr": 1e-3, "steps": 200}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"overrides": {"lr": 5e-5, "steps": 200}}, "'lr': 0.001.*'lr': 5e-05"),
     ({"settings": {"tau": "0.1"}}, "settings was"),
     ({"loss": "mhe"}, "loss was 'infonce', is 'mhe'"),
     ({"model": "models/other"}, "model was 'bert', is 'other'"),
     ({"protocol": "simcse"}, "protocol was 'default', is 'simcse'"),
     ({"max_sentences": 300}, "max_sentences was None, is 300")],
)  # fmt: skip
def test_a_run_of_other_options_is_refused_without_its_summary(changed, said, tmp_path):
    begun(tmp_path / "seed-0", **KILLED)
    with pytest.raises(SweepError, match=f"seed-0 holds a run of other options .*{said}"):
        run_seeds(KILLED | changed, [0], tmp_path, TrainingRuns(), QUIET)


def test_a_run_of_the_same_options_goes_on_wherever_its_data_lie(tmp_path):
    begun(tmp_path / "seed-0", **KILLED, seed=3, corpus="a.txt")
    moved = {"model": "elsewhere/bert", "corpus": "b.txt", "device": "cpu"}
    TrainingRuns().refuse_other(KILLED | moved, tmp_path / "seed-0")
    TrainingRuns().refuse_other(KILLED, tmp_path / "seed-1")  # no run yet


def test_a_damaged_config_is_nobody_s(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(RunFolderError, match="damaged"):
        TrainingRuns().refuse_other(KILLED, tmp_path)


def test_a_full_disk_at_the_summary(tmp_path, monkeypatch):
    def full(path, text):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("train.sweeps.seeds.write_atomically", full)
    with pytest.raises(StorageError, match=r"No space left on device.*start the run again"):
        run_seeds(OPTIONS, range(1), tmp_path, FakeRuns(), QUIET)
