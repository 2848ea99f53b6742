"""Who runs which trial: leases in the sweep's database, which a dead worker loses.

A claim is one statement of SQL (an INSERT of a new key, or an UPDATE that names the owner and the
heartbeat it saw), so that of two workers one gets it, on every database that SQLAlchemy speaks.
(optuna's own step from waiting to running reads first and writes then: on SQLite both succeed.)

A worker is dead
- when it ran under this system's kernel and the lock of its file is free: the system lets go of it
  however the process ends; or
- when its heartbeat did not advance for `grace` seconds of this worker's own clock. No clock is
  compared with another machine's.
"""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import IntegrityError

BEAT = 5.0  # seconds between heartbeats
GRACE = 60.0  # seconds without one after which a worker elsewhere is given up
POLL = 0.5  # seconds between two looks at what others do

_METADATA = sql.MetaData()
LEASES = sql.Table(
    "contragrad_leases",
    _METADATA,
    sql.Column("key", sql.String(250), primary_key=True),
    sql.Column("owner", sql.String(100)),  # None: free
    sql.Column("kernel", sql.String(100)),
    sql.Column("file", sql.String(1000)),
    sql.Column("beats", sql.Integer, nullable=False),
    sql.Column("attempts", sql.Integer, nullable=False),  # begun in vain, since `progress` changed
    sql.Column("progress", sql.String(100)),
)


def kernel() -> str:
    """What tells this system's kernel from another's: file locks are seen all over it."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return boot.read_text().strip() if boot.is_file() else socket.gethostname()


class Leases:
    """The leases of one worker. Its file in `folder` is locked until `close`."""

    def __init__(self, engine: sql.Engine, folder: Path, grace: float = GRACE):
        self.engine, self.grace, self.kernel = engine, grace, kernel()
        self.owner = f"{socket.gethostname()[:40]}-{os.getpid()}-{token_hex(4)}"
        folder.mkdir(parents=True, exist_ok=True)
        self.path = (folder / f"{self.owner}.lock").resolve()
        self._file = self.path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._seen: dict[str, tuple[str, int, float]] = {}

    @staticmethod
    def create_table(engine: sql.Engine) -> None:
        """Make the table where there is none yet."""
        _METADATA.create_all(engine)

    def close(self) -> None:
        """Give the lock back, and every lease."""
        self._file.close()  # first: it needs no database, and says enough on this machine
        self.path.unlink(missing_ok=True)
        with self.engine.begin() as database:
            mine = LEASES.c.owner == self.owner
            database.execute(sql.update(LEASES).where(mine).values(owner=None))

    def claim(self, key: str) -> bool:
        """Whether this worker now has the key: nobody had it, or whoever did is dead."""
        mine: dict[str, Any] = {
            "owner": self.owner, "kernel": self.kernel, "file": str(self.path),
        }  # fmt: skip
        row = self.row(key)
        if row is None:
            try:
                with self.engine.begin() as database:
                    new = {"key": key, "beats": 0, "attempts": 0, **mine}
                    database.execute(sql.insert(LEASES).values(**new))
            except IntegrityError:  # another was first
                return False
            return True
        if row.owner is not None and not self.is_dead(row):
            return False
        same_owner = LEASES.c.owner.is_(None) if row.owner is None else LEASES.c.owner == row.owner
        unchanged = sql.and_(LEASES.c.key == key, same_owner, LEASES.c.beats == row.beats)
        with self.engine.begin() as database:
            done = database.execute(sql.update(LEASES).where(unchanged).values(**mine))
        return done.rowcount == 1

    def row(self, key: str) -> Any:
        """The lease of a key, None if there was none yet."""
        with self.engine.connect() as database:
            return database.execute(sql.select(LEASES).where(LEASES.c.key == key)).first()

    def rows(self, prefix: str) -> dict[str, Any]:
        """The leases whose key starts with `prefix`."""
        with self.engine.connect() as database:
            query = sql.select(LEASES).where(LEASES.c.key.startswith(prefix, autoescape=True))
            return {row.key: row for row in database.execute(query)}

    def is_dead(self, row: Any) -> bool:
        """Whether the owner of a lease has ended, as far as can be known from here."""
        if row.kernel == self.kernel and (free := is_free(Path(row.file))) is not None:
            return free
        now, key = time.monotonic(), row.key
        owner, beats, since = self._seen.get(key, ("", -1, now))
        if (owner, beats) != (row.owner, row.beats):
            self._seen[key] = (row.owner, row.beats, now)
            return False
        return now - since > self.grace

    def holds(self, key: str) -> bool:
        """Whether the key is this worker's still: another may have taken it for dead."""
        row = self.row(key)
        return row is not None and row.owner == self.owner

    def release(self, key: str) -> None:
        """Give a key back."""
        self._change(key, owner=None)

    def beat(self) -> None:
        """Say that this worker lives."""
        with self.engine.begin() as database:
            mine = LEASES.c.owner == self.owner
            database.execute(sql.update(LEASES).where(mine).values(beats=LEASES.c.beats + 1))

    def attempt(self, key: str, progress: str) -> int:
        """Note that work on the key begins; returns how often it began at this same progress."""
        row = self.row(key)
        before = row.attempts if row is not None and row.progress == progress else 0
        self._change(key, attempts=before + 1, progress=progress)
        return int(before) + 1

    def forgive(self, key: str) -> None:
        """Work on the key was stopped on purpose: that attempt does not count."""
        self._change(key, attempts=0)

    def _change(self, key: str, **values: Any) -> None:
        mine = sql.and_(LEASES.c.key == key, LEASES.c.owner == self.owner)
        with self.engine.begin() as database:
            database.execute(sql.update(LEASES).where(mine).values(**values))

    @contextmanager
    def alone(self, key: str, poll: float = POLL) -> Iterator[None]:
        """Inside the block no other worker is in a block of this key."""
        while not self.claim(key):
            time.sleep(poll)
        try:
            yield
        finally:
            self.release(key)


def is_free(path: Path) -> bool | None:
    """Whether nobody holds the lock of a worker's file; None if that cannot be seen from here:
    there is no such file, or it is another user's."""
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, PermissionError):
        return None
    except BlockingIOError:
        return False
    return True
