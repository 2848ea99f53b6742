"""Leases: of two workers one gets a trial, and keeps it while it lives."""

import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from train.sweeps.leases import Leases, is_free
from train.sweeps.storage import Storage, let_go, sqlite

GRACE = 0.3


@pytest.fixture
def two(database, tmp_path):
    """Two workers of one database."""
    engine = Storage(sqlite(database)).engine
    pair = [Leases(engine, tmp_path / "workers", GRACE) for _ in range(2)]
    yield pair
    for leases in pair:
        leases.close()


def test_a_key_has_one_owner(two):
    first, second = two
    assert first.claim("a")
    assert not second.claim("a")
    assert not first.claim("a")  # nor twice by the same
    assert first.holds("a")
    assert not second.holds("a")
    first.release("a")
    assert second.claim("a")


def test_one_of_many_gets_it(database, tmp_path):
    engine = Storage(sqlite(database)).engine
    many = [Leases(engine, tmp_path / "workers", GRACE) for _ in range(6)]
    many[0].claim("a")
    many[0].release("a")  # now there is a row: both roads, INSERT and UPDATE, are raced for
    for key in ("a", "b"):
        got: list[bool] = []
        start = threading.Barrier(len(many))

        def race(leases, key=key, got=got, start=start):
            start.wait()
            got.append(leases.claim(key))

        threads = [threading.Thread(target=race, args=(x,)) for x in many]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got.count(True) == 1
    for leases in many:
        leases.close()


def test_a_worker_that_ended_is_dead_at_once(two):
    first, second = two
    assert first.claim("a")
    first._file.close()  # what the system does when a process ends, however it does
    assert second.claim("a")
    assert not first.holds("a")
    first.release("a")  # a lease that is another's by now stays that
    assert second.holds("a")


def test_a_worker_of_another_machine_is_dead_when_it_is_silent(two):
    first, second = two
    first.kernel = "another machine"
    assert first.claim("a")
    first._file.close()  # its lock says nothing about it here
    for _ in range(4):  # longer than the grace, but it beats
        assert not second.claim("a")
        time.sleep(GRACE / 2)
        first.beat()
    assert not second.claim("a")
    time.sleep(GRACE * 1.2)
    assert second.claim("a")


def test_attempts_count_until_there_is_progress(two):
    first, _ = two
    first.claim("a")
    assert [first.attempt("a", "step 3") for _ in range(3)] == [1, 2, 3]
    assert first.attempt("a", "step 6") == 1
    first.attempt("a", "step 6")
    first.forgive("a")
    assert first.attempt("a", "step 6") == 1


def test_alone_keeps_the_others_out(two):
    first, second = two
    inside, most = [], []

    def enter(leases):
        for _ in range(3):
            with leases.alone("setup", poll=0.01):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.01)
                inside.pop()

    threads = [threading.Thread(target=enter, args=(x,)) for x in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) == 6


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = tmp_path / "x.lock"
    code = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('held', flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_free(path) is False
        holder.kill()
    assert is_free(path) is True
    assert is_free(tmp_path / "none") is None


def test_another_user_s_lock_says_nothing(tmp_path, monkeypatch):
    def refused(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", refused)
    assert is_free(tmp_path / "x.lock") is None  # then the heartbeat decides


def interrupted_while_reading(path):
    """A Ctrl-C between the execution of a query and the reading of its rows."""
    connection = sqlite3.connect(path)
    cursor = connection.execute("SELECT * FROM a")
    assert cursor.fetchone()
    raise KeyboardInterrupt


def write(path):
    connection = sqlite3.connect(path, timeout=0.1)
    try:
        with connection:
            connection.execute("INSERT INTO a VALUES (3)")
    finally:
        connection.close()


def test_a_ctrl_c_in_a_query_locks_nobody_out(tmp_path):
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (x)")
        connection.executemany("INSERT INTO a VALUES (?)", [(1,), (2,)])
    connection.close()
    try:
        interrupted_while_reading(path)
    except KeyboardInterrupt as stopped:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write(path)
        let_go(stopped)
        write(path)
