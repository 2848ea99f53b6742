"""`train data fetch` against a stand-in for the hub on loopback: no other network."""

import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from huggingface_hub import constants

from tests.train.data_hub import COMMIT, SMALL, Handler, Hub, serving, tar_of, write_tree
from train.commands.data import command
from train.data import alone
from train.data.archive import unpack
from train.data.check import unpacked_tree
from train.errors import DataError

WIKI, SENTEVAL = "wiki1m_for_simcse.txt", "senteval.tar"
TEXT = "".join(f"Sentence {i} of the corpus.\n" for i in range(10_000)).encode()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """senteval.tar, of made-up rows."""
    tree = tmp_path_factory.mktemp("made") / "downstream"
    write_tree(tree)
    return tar_of(tree, "downstream")


@pytest.fixture
def hub(archive, monkeypatch):
    """The stand-in; ten thousand lines and a small tree are official; small pieces."""
    monkeypatch.setattr("train.data.fetch.OFFICIAL_LINES", {WIKI: 10_000})
    monkeypatch.setattr("train.data.check.SPLITS", SMALL)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1024)
    with serving({WIKI: TEXT, SENTEVAL: archive}) as hub:
        yield hub


def fetch(hub: Hub | str, to: Path, *words: str) -> Result:
    endpoint = hub if isinstance(hub, str) else hub.address
    return CliRunner().invoke(command, ["fetch", *words, "--to", str(to), "--endpoint", endpoint])


def part(to: Path, content: bytes) -> Path:
    """Where the partial file of this content is."""
    return to / f".{WIKI}.{hashlib.sha256(content).hexdigest()[:16]}.part"


def left(to: Path) -> set[str]:
    return {path.name for path in to.iterdir()} if to.exists() else set()


def test_both_are_fetched_checked_and_counted(hub, tmp_path):
    result = fetch(hub, tmp_path / "data")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "data" / WIKI).read_bytes() == TEXT
    assert (tmp_path / "data/senteval/downstream/STS/STS12-en-test").is_dir()
    assert left(tmp_path / "data") == {WIKI, SENTEVAL, "senteval"}
    for piece in (COMMIT[:12], hub.sha256(WIKI), "10,000 lines", "22 splits counted, all official"):
        assert piece in result.output
    transfers = len(hub.gets())
    again = fetch(hub, tmp_path / "data")
    assert again.exit_code == 0
    assert again.output.count("there already") == 2
    assert len(hub.gets()) == transfers


def test_nothing_is_written_through_a_planted_link(hub, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    to = tmp_path / "to"
    (to / "senteval").mkdir(parents=True)
    part(to, TEXT).symlink_to(mine)
    (to / "senteval" / ".downstream.unpacking.lock").symlink_to(mine)
    for what in ("wiki", "senteval"):
        result = fetch(hub, to, what)
        assert result.exit_code == 2
        assert "is a symbolic link, and nothing is written through one" in result.output
    assert mine.read_text() == "mine"


def test_one_alone(hub, tmp_path):
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert left(tmp_path) == {WIKI}


def test_a_partial_file_is_continued(hub, tmp_path):
    part(tmp_path, TEXT).write_bytes(TEXT[:100_000])
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 0, result.output
    assert "100,000 are here already" in result.output
    assert hub.gets() == ["bytes=100000-"]
    assert (tmp_path / WIKI).read_bytes() == TEXT
    assert left(tmp_path) == {WIKI}


def test_a_partial_file_that_is_whole_or_too_long(hub, tmp_path):
    part(tmp_path, TEXT).write_bytes(TEXT)
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert hub.gets() == []
    (tmp_path / WIKI).unlink()
    part(tmp_path, TEXT).write_bytes(TEXT + b"more")
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert (tmp_path / WIKI).read_bytes() == TEXT


def test_a_partial_file_of_another_version_is_not_continued(hub, tmp_path):
    part(tmp_path, b"old").write_bytes(b"old beginning")
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert hub.gets() == [None]
    assert (tmp_path / WIKI).read_bytes() == TEXT


def test_a_server_without_ranges(hub, tmp_path):
    hub.ranges = False
    part(tmp_path, TEXT).write_bytes(TEXT[:5_000])
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert (tmp_path / WIKI).read_bytes() == TEXT


def test_a_connection_that_breaks_is_taken_up_again(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    hub.breaks = [50_000]
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 0, result.output
    assert (tmp_path / WIKI).read_bytes() == TEXT
    first, second = hub.gets()
    assert first is None
    assert second is not None
    assert 40_000 < int(second.removeprefix("bytes=").removesuffix("-")) <= 50_000


def test_a_connection_that_breaks_for_good_keeps_what_arrived(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    hub.breaks = [50_000, *[0] * 20]
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 2
    assert "broke off" in result.output
    assert "is kept" in result.output
    assert left(tmp_path) == {part(tmp_path, TEXT).name}
    hub.breaks = []
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert (tmp_path / WIKI).read_bytes() == TEXT


def test_a_wrong_checksum_leaves_nothing(hub, tmp_path):
    hub.announced[WIKI] = "ab" * 32
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 2
    assert f"SHA-256 {hashlib.sha256(TEXT).hexdigest()}, and the hub has {'ab' * 32}" in " ".join(
        result.output.split()
    )
    assert left(tmp_path) == set()


def test_a_damaged_partial_file_is_found_out(hub, tmp_path):
    part(tmp_path, TEXT).write_bytes(b"?" * 100)
    assert fetch(hub, tmp_path, "wiki").exit_code == 2
    assert left(tmp_path) == set()
    assert fetch(hub, tmp_path, "wiki").exit_code == 0


def test_no_checksum_no_file(hub, tmp_path):
    hub.announced[WIKI] = "a-git-id"
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 2
    assert "SHA-256" in result.output
    assert left(tmp_path) == set()


def test_another_file_of_that_name_is_left_alone(hub, tmp_path):
    (tmp_path / WIKI).write_text("mine")
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 2
    assert "is not the hub's file" in result.output
    assert (tmp_path / WIKI).read_text() == "mine"


def test_another_number_of_lines(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("train.data.fetch.OFFICIAL_LINES", {WIKI: 10_001})
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 1
    assert "10,000 lines, and officially 10,001" in result.output


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda hub: hub.files.pop(WIKI), "has no file 'wiki1m_for_simcse.txt'"),
        (lambda hub: setattr(hub, "status", 503), "answered HTTP 503"),
        (lambda hub: setattr(hub, "status", 404), "has no public data set"),
    ],
)
def test_what_the_hub_refuses(hub, tmp_path, prepare, message):
    prepare(hub)
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 2
    assert message in result.output
    assert left(tmp_path) == set()


def test_no_such_revision(hub, tmp_path):
    result = fetch(hub, tmp_path, "wiki", "--revision", "v9")
    assert result.exit_code == 2
    assert "has no revision 'v9'" in result.output
    assert fetch(hub, tmp_path, "wiki", "--revision", COMMIT).exit_code == 0


def test_no_hub_at_all(hub, tmp_path, monkeypatch):
    for endpoint in ("http://127.0.0.1:1", "nonsense", "ftp://127.0.0.1"):
        result = fetch(endpoint, tmp_path, "wiki")
        assert result.exit_code == 2, result.output
        assert "cannot be reached" in result.output
        assert "--endpoint" in result.output
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    result = fetch(hub, tmp_path, "wiki")
    assert result.exit_code == 2
    assert "HF_HUB_OFFLINE" in result.output
    assert left(tmp_path) == set()


def test_a_folder_that_cannot_be(hub, tmp_path):
    (tmp_path / "file").write_text("")
    result = fetch(hub, tmp_path / "file" / "below", "wiki")
    assert result.exit_code == 2
    assert "Give another folder with --to" in result.output


# --- processes: a full disk, a kill, a second one -----------------------------------------------

LIMITED = """
import resource, signal, sys
from huggingface_hub import constants
from train.commands.data import command
constants.DOWNLOAD_CHUNK_SIZE = 1024
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job
size, *words = sys.argv[1:]
if int(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
command(words)
"""


def started(hub: Hub, to: Path, size: int = 0) -> "subprocess.Popen[str]":
    words = ["fetch", "wiki", "--to", str(to), "--endpoint", hub.address]
    return subprocess.Popen(
        [sys.executable, "-c", LIMITED, str(size), *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "0"},
    )


def test_a_full_disk_keeps_what_arrived(hub, tmp_path):
    process = started(hub, tmp_path, 100_000)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 2, errors
    assert "no room for" in errors
    assert "Make room" in errors
    assert "Traceback" not in errors
    assert part(tmp_path, TEXT).stat().st_size == 100_000
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert hub.gets() == [None, "bytes=100000-"]
    assert (tmp_path / WIKI).read_bytes() == TEXT


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stop_in_the_middle(hub, tmp_path, monkeypatch, number):
    go_on, transfer = threading.Event(), Handler.transfer

    def slowly(self: Handler, content: bytes) -> None:
        if self.command == "GET" and not go_on.is_set():
            self.head(200, {"Content-Length": str(len(content))})
            self.wfile.write(content[:100_000])
            go_on.wait(30)
            return
        transfer(self, content)

    monkeypatch.setattr(Handler, "transfer", slowly)
    process = started(hub, tmp_path)
    deadline = time.monotonic() + 30
    partial = part(tmp_path, TEXT)
    while not (partial.exists() and partial.stat().st_size > 80_000):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    if number == signal.SIGINT:  # a second process does not write into the same file
        second = fetch(hub, tmp_path, "wiki")
        assert second.exit_code == 2
        assert "another process" in second.output
    process.send_signal(number)
    errors = process.communicate(timeout=30)[1]
    go_on.set()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "give the same command again" in errors
    assert left(tmp_path) == {partial.name}
    assert fetch(hub, tmp_path, "wiki").exit_code == 0
    assert hub.gets()[-1] is not None
    assert (tmp_path / WIKI).read_bytes() == TEXT


# --- the archive --------------------------------------------------------------------------------


def tar(*members: tuple[tarfile.TarInfo, bytes], base: bytes = b"") -> bytes:
    """A tar archive of these members."""
    buffer = io.BytesIO(base)
    with tarfile.open(fileobj=buffer, mode="a" if base else "w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


GOOD = (member("downstream/MR/rt-polarity.pos"), b"a\n")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (member("/tmp/planted"), "has an absolute path"),
        (member("../planted"), "leads out of the folder"),
        (member("downstream/../../planted"), "leads out of the folder"),
        (member("downstream/x", tarfile.SYMTYPE, "/etc/passwd"), "is a link to '/etc/passwd'"),
        (member("downstream/x", tarfile.SYMTYPE, "../../planted"), "is a link to"),
        (member("downstream/x", tarfile.SYMTYPE, "."), "is a link to"),
        (member("downstream/x", tarfile.LNKTYPE, "/etc/passwd"), "is a link to"),
        (member("downstream/x", tarfile.LNKTYPE, "../planted"), "is a link to"),
        (member("downstream/x", tarfile.CHRTYPE), "is a device or a pipe"),
        (member("downstream/x", tarfile.FIFOTYPE), "is a device or a pipe"),
    ],
)
def test_a_malicious_archive_is_refused(hub, tmp_path, bad, reason):
    hub.files[SENTEVAL] = tar(GOOD, (bad, b""))
    result = fetch(hub, tmp_path / "to" / "data", "senteval")
    assert result.exit_code == 2
    assert reason in result.output
    assert "Nothing was unpacked" in result.output
    assert left(tmp_path / "to" / "data") == {SENTEVAL, "senteval"}
    assert left(tmp_path / "to" / "data" / "senteval") == set()
    assert left(tmp_path / "to") == {"data"}
    assert left(tmp_path) == {"to"}


def test_a_link_and_what_lies_behind_it(hub, tmp_path):
    """A file through a link to a folder: there is never a link on the disk to go through."""
    inside = member("downstream/MR/copy", tarfile.SYMTYPE, "rt-polarity.pos")
    hub.files[SENTEVAL] = tar(GOOD, (inside, b""))
    assert fetch(hub, tmp_path, "senteval").exit_code == 1  # the counts are not official
    copy = tmp_path / "senteval/downstream/MR/copy"
    assert copy.read_bytes() == b"a\n"
    assert not copy.is_symlink()
    through = member("downstream/MR/copy/planted")
    hub.files[SENTEVAL] = tar(GOOD, (inside, b""), (through, b"x"))
    result = fetch(hub, tmp_path / "other", "senteval")
    assert result.exit_code == 2
    assert "cannot be unpacked" in result.output


def test_archives_of_another_layout(hub, archive, tmp_path):
    """The tree at the top, or below another folder; what lies beside it is left out."""
    tree = tmp_path / "tree"
    write_tree(tree)
    for i, prefix in enumerate([".", "SentEval/data"]):
        readme = (member("README.md"), b"Read me.")
        hub.files[SENTEVAL] = tar(readme, base=tar_of(tree, prefix))
        result = fetch(hub, tmp_path / str(i), "senteval")
        assert result.exit_code == 0, result.output
        assert (tmp_path / str(i) / "senteval/downstream/MR/rt-polarity.pos").is_file()
        assert ("1 files beside the tree were left out" in result.output) == (i == 1)


@pytest.mark.parametrize("cut", [100, 700])
def test_a_damaged_archive(hub, tmp_path, cut):
    hub.files[SENTEVAL] = b"\xff" * cut
    result = fetch(hub, tmp_path, "senteval")
    assert result.exit_code == 2
    assert "is damaged" in result.output
    hub.files[SENTEVAL] = tar((member("README"), b"x"))
    (tmp_path / SENTEVAL).unlink()
    result = fetch(hub, tmp_path, "senteval")
    assert result.exit_code == 2
    assert "holds no SentEval tree" in result.output
    assert not list(tmp_path.glob("senteval/*"))


def test_no_room_to_unpack(hub, tmp_path, monkeypatch):
    nearly_full = SimpleNamespace(free=1_000)
    monkeypatch.setattr("train.data.archive.shutil.disk_usage", lambda _: nearly_full)
    result = fetch(hub, tmp_path, "senteval")
    assert result.exit_code == 2
    assert "no room to unpack" in result.output
    assert not list(tmp_path.glob("senteval/*"))


def test_room_is_counted_for_the_copies_that_links_become(hub, tmp_path, monkeypatch):
    """A megabyte of archive with 49 links takes 50 megabytes: 2 are free."""
    links = [
        (member(f"downstream/MR/{i}", tarfile.LNKTYPE, "downstream/MR/rt-polarity.pos"), b"")
        for i in range(49)
    ]
    hub.files[SENTEVAL] = tar((member("downstream/MR/rt-polarity.pos"), b"x" * 10**6), *links)
    free = SimpleNamespace(free=2 * 10**6)
    monkeypatch.setattr("train.data.archive.shutil.disk_usage", lambda _: free)
    result = fetch(hub, tmp_path, "senteval")
    assert result.exit_code == 2
    assert "it takes 50,000,000 bytes, and 2,000,000 are free" in result.output
    assert left(tmp_path / "senteval") == set()


def test_a_second_process_does_not_unpack_into_the_first_ones_tree(hub, tmp_path, monkeypatch):
    half, go_on, copy = threading.Event(), threading.Event(), shutil.copyfileobj

    def wait(source, target) -> None:
        if not half.is_set():  # the first process, at its first file
            half.set()
            go_on.wait(30)
        copy(source, target)

    monkeypatch.setattr("train.data.archive.shutil.copyfileobj", wait)
    archive, to = tmp_path / SENTEVAL, tmp_path / "senteval" / "downstream"
    archive.write_bytes(hub.files[SENTEVAL])
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(unpack, archive, to, unpacked_tree)
        try:
            assert half.wait(30)
            second = fetch(hub, tmp_path, "senteval")
        finally:
            go_on.set()
        assert first.result() == 0
    assert second.exit_code == 2
    assert "is being unpacked to" in second.output
    assert "by another process. Wait until that ends" in second.output
    assert left(tmp_path / "senteval") == {"downstream"}
    third = fetch(hub, tmp_path, "senteval")
    assert (third.exit_code, "all official" in third.output) == (0, True)


def test_a_lock_that_its_holder_has_removed_locks_nothing(tmp_path, monkeypatch):
    """Opened before the holder removed it, locked after it: a third may hold the new file."""
    lock, flock = tmp_path / "lock", alone.fcntl.flock

    def late(file, how) -> None:
        lock.unlink()
        lock.touch()
        flock(file, how)

    monkeypatch.setattr(alone.fcntl, "flock", late)
    with (
        pytest.raises(DataError, match="x is being tried by another process"),
        alone.alone(lock, "x is being tried"),
    ):
        pytest.fail("the lock of a file that is no longer there was taken")


def test_an_interrupted_unpacking_leaves_no_half_tree(hub, tmp_path, monkeypatch):
    stale = tmp_path / "senteval" / ".downstream.unpacking"
    stale.mkdir(parents=True)
    (stale / "from a kill").write_text("")
    stale.with_name(".downstream.unpacking.lock").touch()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("train.data.archive.shutil.copyfileobj", stop)
        result = fetch(hub, tmp_path, "senteval")
    assert result.exit_code == 130
    assert left(tmp_path / "senteval") == set()
    assert fetch(hub, tmp_path, "senteval").exit_code == 0
    assert left(tmp_path / "senteval") == {"downstream"}
