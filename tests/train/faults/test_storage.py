"""A disk that fills while a run writes: one message, exit code 4, and the run goes on after it.

RLIMIT_FSIZE makes the system refuse to write beyond a size (EFBIG) and is for every user. A tmpfs
of a few MB is a real full disk (ENOSPC), for root where mounting is allowed.
"""

import errno
import json
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from safetensors import SafetensorError

from tests.train.faults.runs import FULL, result
from train.errors import StorageError
from train.storage import storage_errors

# Where it is full: the file, and the last whole checkpoint's step (None: there is none).
PLACES = {
    "config.json.new": None,
    "metrics.jsonl": 0,
    "checkpoints/checkpoint-4/model.safetensors": 2,
    "checkpoints/checkpoint-4/optimizer.pt": 2,
    "checkpoints/checkpoint-4/trainer_state.json": 2,
    "best/step-2.new/model.safetensors": 0,
    "model/model.safetensors": 6,
    "README.md": 6,
}
FAST = ("checkpoints/checkpoint-4/optimizer.pt",)
CASES = [pytest.param(x, marks=() if x in FAST else pytest.mark.slow) for x in PLACES]


@pytest.fixture(scope="module")
def whole(server, materials, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    assert server("run", *materials, *FULL, "--out", out).code == 0
    return out


@pytest.mark.parametrize("place", CASES)
def test_full_at_a_file(place, server, materials, whole, tmp_path):
    out, step = tmp_path / "run", PLACES[place]
    env = {"FULL_AT": str(out / place)}
    done = server("run", *materials, *FULL, "--out", out, plants=("full_at",), env=env)
    assert done.code == 4, done.output
    check_message(done.output, out, again=step is None)
    if step is None:
        done = server("run", *materials, *FULL, "--out", out)
    else:
        done = server("run", "--resume", out)
        assert f"Going on after step {step} of 6" in done.output
    assert done.code == 0, done.output
    assert result(out) == result(whole)


def check_message(output: str, out: Path, again: bool = False) -> None:
    said = " ".join(output.split())
    assert "Traceback" not in said
    assert f"Error: '{out}' cannot be written to: " in said
    how = "start the run again." if again else f"go on with: train run --resume {out}"
    assert said.endswith(f"Nothing that was saved before is lost. Make room, then {how}")
    assert said.count("cannot be written to") == 1


@contextmanager
def mounted(folder: Path, size: str):
    """A tmpfs; skips where it cannot be."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip(f"a tmpfs cannot be mounted: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["4k", "120k", "200k", "400k"])
def test_a_real_full_disk(size, server, materials, whole, tmp_path):
    disk = tmp_path / "disk"
    with mounted(disk, size):
        out = disk / "run"
        done = server("run", *materials, *FULL, "--out", out)
        assert done.code == 4, done.output
        config = (out / "config.json").is_file()
        check_message(done.output, out, again=not config)
        subprocess.run(["mount", "-o", "remount,size=100M", str(disk)], check=True)
        again = ("--resume", out) if config else (*materials, *FULL, "--out", out)
        done = server("run", *again)
        assert done.code == 0, done.output
        assert result(out) == result(whole)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2_000, 20_000, 60_000])
def test_a_limit_on_the_size_of_files(size, server, materials, whole, tmp_path):
    """ulimit -f: the weights are too large, or the optimiser's state, or the records."""
    out = tmp_path / "run"
    env = {"LARGEST_FILE": str(size)}
    done = server("run", *materials, *FULL, "--out", out, plants=("limited",), env=env)
    assert done.code == 4, done.output
    check_message(done.output, out, again=not (out / "config.json").is_file())
    again = ("--resume", out) if (out / "config.json").is_file() else None
    done = server("run", *(again or (*materials, *FULL, "--out", out)))
    assert done.code == 0, done.output
    assert result(out) == result(whole)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
        SafetensorError('Error: Io(Os { code: 28, message: "No space left on device" })'),
        RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0"),
        RuntimeError("basic_ios::clear: iostream error"),
    ],
)
def test_what_libraries_raise(error, tmp_path):
    with pytest.raises(StorageError, match="start the run again"), storage_errors(tmp_path):
        raise error


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "No such file"), ValueError("no number")])
def test_other_errors_are_not_the_disks(error, tmp_path):
    with pytest.raises(type(error), match=r"No such file|no number"), storage_errors(tmp_path):
        raise error


def test_the_message_is_not_wrapped_twice(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({}))
    with (
        pytest.raises(StorageError) as caught,
        storage_errors(tmp_path),
        storage_errors(tmp_path / "inner"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value).count("cannot be written to") == 1
