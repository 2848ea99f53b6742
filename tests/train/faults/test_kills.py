"""kill -9 before and in the middle of every change a run makes on disk: the end is the same."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.faults.runs import FULL, PLANTS, ROOT, Server, files, records, result

# Where a half-done state differs from the one before: one of each kind.
PLACES = (
    "best/step-2.new/model.safetensors", "checkpoints/checkpoint-4/optimizer.pt",
    "checkpoints/checkpoint-2/COMPLETE", "model/model.safetensors",
)  # fmt: skip
FAST = ("checkpoints/checkpoint-4/optimizer.pt",)
KINDS = [pytest.param(x, marks=() if x in FAST else pytest.mark.slow) for x in PLACES]
PARTS = 16  # of the kills at every event, each a minute
RISING = ("rising",)


@pytest.fixture(scope="module")
def whole(server: Server, materials, tmp_path_factory) -> Path:
    """The undisturbed run, its events beside it."""
    out = tmp_path_factory.mktemp("whole") / "run"
    done = server(
        "run", *materials, *FULL, "--out", out, plants=RISING,
        root=out, events=out.with_name("events"),
    )  # fmt: skip
    assert done.code == 0, done.output
    return out


def events(whole: Path) -> list[tuple[str, bool, str]]:
    """Kind, whether it can be torn, and the path in the run folder."""
    found = []
    for line in whole.with_name("events").read_text().splitlines():
        kind, torn, path = line.split(" ", 2)
        found.append((kind, torn == "1", os.path.relpath(path, whole)))
    return found


def points(whole: Path) -> list[tuple[int, bool, str]]:
    """Every kill: before each event, and in it where it can be torn."""
    return [
        (k, torn, f"{kind} {path}")
        for k, (kind, can_tear, path) in enumerate(events(whole), 1)
        for torn in ([False, True] if can_tear else [False])
    ]


def killed(server: Server, materials, out: Path, k: int, torn: bool, plants=RISING) -> None:
    """A run that kills itself at its k-th event."""
    done = server(
        "run", *materials, *FULL, "--out", out, plants=plants,
        root=out, events=out.with_name("killed"), kill=k, torn=torn,
    )  # fmt: skip
    assert done.codes == [-signal.SIGKILL], done.output


def went_on(server: Server, materials, out: Path, plants=RISING) -> str:
    """ "resumed", "again" where no configuration was on disk, or "finished"; or what went wrong."""
    done = server("run", "--resume", out, plants=plants)
    if done.code == 0:
        return "resumed"
    if "holds no config.json" in done.output:
        done = server("run", *materials, *FULL, "--out", out, plants=plants)
        return "again" if done.code == 0 else done.output
    return "finished" if "this run is finished" in done.output else done.output


def survives(server: Server, materials, whole: Path, out: Path, k: int, torn: bool, plants=RISING):
    """What is wrong with the run after a kill and a resume; None if it ends as the whole one."""
    killed(server, materials, out, k, torn, plants)
    how = went_on(server, materials, out, plants)
    if how not in ("resumed", "again", "finished"):
        return how
    there = (out / "config.json").read_bytes() == (whole / "config.json").read_bytes()
    same = there and result(out) == result(whole)
    return None if same else "another result"


def number(whole: Path, kind: str, path: str) -> int:
    """The number of the last event of the kind at the path."""
    found = [k for k, (a, _, b) in enumerate(events(whole), 1) if (a, b) == (kind, path)]
    assert found, (kind, path)
    return found[-1]


def test_every_file_of_the_run_is_an_event(whole):
    """What the harness does not see it cannot kill at."""
    seen = {path for kind, _, path in events(whole) if kind in ("open", "save")}
    written = {str(p.relative_to(whole)) for p in whole.rglob("*") if p.is_file()}
    assert written - {"config.json"} <= seen  # which is renamed from config.json.new
    kinds = {(kind, path.split("/")[0]) for kind, _, path in events(whole)}
    assert {("os.rmdir", "best"), ("os.rmdir", "checkpoints"), ("os.rename", "best")} <= kinds


@pytest.mark.parametrize("place", KINDS)
def test_killed_at_one_of_each_kind(place, server, materials, whole, tmp_path):
    kind = "touch" if place.endswith("COMPLETE") else "save"
    k, torn = number(whole, kind, place), kind == "save"
    assert survives(server, materials, whole, tmp_path / "run", k, torn) is None


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_every_event(part, server, materials, whole, tmp_path):
    wrong = {}
    for k, torn, name in points(whole)[part::PARTS]:
        out = tmp_path / f"{k}-{torn}"
        found = survives(server, materials, whole, out, k, torn)
        if found is not None:
            wrong[k, torn, name] = found
        shutil.rmtree(out, ignore_errors=True)
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("at", ["prune", "rewind", "again"])
def test_killed_twice(at, server, materials, whole, tmp_path):
    """A resumed run is killed too: in its first pruning, in putting back its records, at once."""
    out = tmp_path / "run"
    killed(server, materials, out, number(whole, "save", PLACES[1]), torn=True)
    place = {"prune": 1 + count_until(whole, "os.remove"), "rewind": 2, "again": 5}[at]
    done = server(
        "run",
        "--resume",
        out,
        plants=RISING,
        root=out,
        events=tmp_path / "second",
        kill=place,
        torn=False,
    )
    assert done.codes == [-signal.SIGKILL], done.output
    assert went_on(server, materials, out) == "resumed"
    assert result(out) == result(whole)


def count_until(whole: Path, kind: str) -> int:
    """Events before the first of a kind in the pruning of checkpoints."""
    return next(
        k for k, (a, _, path) in enumerate(events(whole))
        if a == kind and path.startswith("checkpoints/checkpoint-2/")
    ) - number(whole, "save", PLACES[1])  # fmt: skip


@pytest.mark.slow
def test_another_interpreter_goes_on(server, materials, whole, tmp_path):
    """Nothing of the fork server is needed: a fresh process ends with the same bits."""
    out = tmp_path / "run"
    killed(server, materials, out, number(whole, "save", PLACES[1]), torn=True)
    fresh = "import sys\nfrom tests.train.faults import plants\n"
    fresh += "".join(f"plants.{name}(0)\n" for name in (*PLANTS, *RISING))
    fresh += "from train.cli import main\nmain(['run', '--resume', sys.argv[1]])"
    done = subprocess.run(
        [sys.executable, "-c", fresh, str(out)], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "2"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert result(out) == result(whole)


@pytest.mark.slow
def test_a_kill_before_the_finished_record(server, materials, whole, tmp_path):
    """Model and card are written, the record is not: the run is resumed, and writes them again."""
    out = tmp_path / "run"
    last = number(whole, "open", "metrics.jsonl")
    killed(server, materials, out, last, torn=True)
    assert files(out) == files(whole)
    assert went_on(server, materials, out) == "resumed"
    assert result(out) == result(whole)


# Planted faults: what a harness that catches nothing would not notice.


def test_a_marker_before_the_files_is_caught(server, materials, whole, tmp_path):
    place = "checkpoints/checkpoint-4/optimizer.pt"
    k = number(whole, "save", place) + 1  # the marker of checkpoint-2 came earlier, of 4 as well
    found = survives(server, materials, whole, tmp_path / "run", k, True, ("marker_first", *RISING))
    assert found is not None


@pytest.mark.slow
def test_a_best_pruned_too_early_is_caught(server, materials, whole, tmp_path):
    """The old best is deleted when the new one is kept, before a checkpoint knows the new one; then
    the steps are done again, and no score is better than the old one's."""
    k = number(whole, "save", "checkpoints/checkpoint-4/optimizer.pt")
    for name, plants in (("right", RISING), ("wrong", ("best_pruned_early", *RISING))):
        out = tmp_path / name
        killed(server, materials, out, k, False, plants)
        assert [r["step"] for r in records(out) if r["event"] == "best"] == [2, 4]
        how = went_on(server, materials, out, ("worse_later", *RISING))
        assert (how == "resumed") == (name == "right")


LONG = ("--steps", 40, "--eval-every", 20, "--save-every", 7)
SETTINGS = {
    "more steps than are shown": (),
    "buckets": ("--bucket",),
    "accumulation": ("--accumulate", 2),
    "caching": ("--mini-batch", 3),
    "two passes": ("--no-one-pass",),
    "measuring": ("--held-out", 0.2, "--measure-every", 5),
    "frozen, first and last layer": ("--freeze", "embeddings", "--pooling", "first_last"),
    "a head to keep": ("--keep-head",),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", SETTINGS)
def test_settings_are_resumed(case, server, materials, tmp_path):
    """Killed in a later epoch than the first, which has five steps or fewer."""
    words = (*materials, *FULL, *LONG, *SETTINGS[case], "--out")
    done = server("run", *words, tmp_path / "whole")
    assert done.code == 0, done.output
    done = server("run", *words, tmp_path / "run", plants=("killed_in_step_18",))
    assert done.codes == [-signal.SIGKILL], done.output
    done = server("run", "--resume", tmp_path / "run")
    step = 7 if case == "accumulation" else 14
    assert f"Going on after step {step} of 40" in done.output
    assert result(tmp_path / "run") == result(tmp_path / "whole")
    assert measured(tmp_path / "run") == measured(tmp_path / "whole")


COST = "measurement cost"  # what it took: times


def measured(folder: Path) -> list[dict[str, object]]:
    """The measurements, without what they cost."""
    found = [r for r in records(folder) if r["event"] not in ("step", "resumed", "finished", COST)]
    return [{k: v for k, v in r.items() if "seconds" not in k} for r in found]


@pytest.mark.slow
def test_the_recorded_number_of_threads(server, materials, tmp_path):
    """Sums of two threads are in another order than those of one: resumed, it is two again."""
    words = (*materials, *FULL, *LONG, "--out")
    assert server("run", *words, tmp_path / "whole", threads=2).code == 0
    done = server("run", *words, tmp_path / "run", threads=2, plants=("killed_in_step_18",))
    assert done.codes == [-signal.SIGKILL], done.output
    done = server("run", "--resume", tmp_path / "run", threads=1)
    assert "Threads: 2, as on record, not 1" in done.output
    assert result(tmp_path / "run") == result(tmp_path / "whole")
