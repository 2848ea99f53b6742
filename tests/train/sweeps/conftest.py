"""Small sweeps of runs that train nothing, and workers of them as real processes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, event

from tests.train.sweeps.fake import PACE, FakeRuns
from train.sweeps.reader import read
from train.sweeps.storage import Storage, sqlite
from train.sweeps.worker import Pace, Worker

ROOT = Path(__file__).parents[3]

TWO_STAGES = """
name = "two"
metric = "score"
[base]
loss = "paradigm"
settings = { m = "0.2" }
[[stages]]
[stages.parameters]
batch_size = [32, 64]
lr = [1e-5, 3e-5]
[[stages]]
[stages.parameters]
settings.m = ["0.27", "0.30"]
"""


def unsynchronised(connection: Any, _: Any) -> None:
    """No waiting for the disk: a test's database need not survive the machine."""
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(autouse=True, scope="session")
def quick_databases() -> Iterator[None]:
    """In this process; the workers that are processes wait for the disk as they should."""
    event.listen(Engine, "connect", unsynchronised)
    yield
    event.remove(Engine, "connect", unsynchronised)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, which take a second to make."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    Storage(sqlite(path))
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Path:
    """An empty one for a test."""
    return Path(shutil.copy(empty_database, tmp_path / "sweep.db"))


@pytest.fixture
def spec_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a specification; by default two stages of four and two trials."""

    def write(text: str = TWO_STAGES) -> Path:
        path = tmp_path / "sweep.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def worker(tmp_path: Path, database: Path, spec_file: Callable[..., Path]) -> Callable[..., Worker]:
    """A worker of a specification, in this process."""

    def make(text: str = TWO_STAGES, runner: FakeRuns | None = None) -> Worker:
        spec = read(str(spec_file(text)))
        console = Console(quiet=True)
        return Worker(
            spec, sqlite(database), tmp_path / "out", runner or FakeRuns(), console, Pace(**PACE)
        )

    return make


@pytest.fixture
def process(
    tmp_path: Path, database: Path, spec_file: Callable[..., Path]
) -> Callable[..., subprocess.Popen]:
    """A worker process; killed at the end of the test if it still runs."""
    started = []

    def start(text: str = TWO_STAGES, seconds: float = 0.1) -> subprocess.Popen:
        words = [spec_file(text), sqlite(database), tmp_path / "out", seconds]
        with (tmp_path / f"worker-{len(started)}.log").open("w") as log:
            made = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "tests.train.sweeps.fake", *map(str, words)],
                cwd=ROOT, stdout=log, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"},
            )  # fmt: skip
        started.append(made)
        return made

    yield start
    for made in started:
        made.kill()
        made.wait()


def logs(out: Path) -> dict[str, list[str]]:
    """The lines of every run's log, by its folder."""
    return {
        str(path.parent.relative_to(out)): path.read_text().split("\n")[:-1]
        for path in sorted(out.rglob("log.txt"))
    }


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
