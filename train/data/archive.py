"""Unpacking a tar archive that is not trusted: into a folder beside, and in place by one rename."""

import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath

from train.data.alone import alone
from train.errors import DataError

ADVICE = "Nothing was unpacked. Fetch the archive again from a source you trust."


def unpack(archive: Path, to: Path, find: Callable[[Path], Path | None]) -> int:
    """Put the tree that `find` finds in the archive at `to`; how many other files are left out.

    `to` appears whole or not at all; what an earlier kill left beside it is removed. Raises
    `DataError` if `to` is taken or another process is at it, for a damaged archive, a member that
    would lie outside, a device, no tree in it, or a full disk.
    """
    lock = to.with_name(f".{to.name}.unpacking.lock")
    with explained(archive):
        to.parent.mkdir(parents=True, exist_ok=True)
        with alone(lock, f"{archive} is being unpacked to {to}"):
            try:
                return placed(archive, to, find)
            finally:
                lock.unlink(missing_ok=True)


@contextmanager
def explained(archive: Path) -> Iterator[None]:
    """Turn the errors of the archive and the file system into `DataError`."""
    try:
        yield
    except tarfile.TarError as error:
        raise DataError(f"{archive} is damaged: {error}. Remove it, and fetch it again.") from error
    except OSError as error:
        raise DataError(
            f"{archive} cannot be unpacked: {error.strerror or error}. Make room, or give another "
            "folder with --to, and give the same command again."
        ) from error


def placed(archive: Path, to: Path, find: Callable[[Path], Path | None]) -> int:
    """`unpack`, for the one process that may: the folder beside has a fixed name."""
    if to.exists():
        raise DataError(f"{to} is there already. Remove it to unpack {archive.name} again.")
    beside = to.with_name(f".{to.name}.unpacking")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        written = extract(archive, beside)
        tree = find(beside)
        if tree is None:
            raise DataError(f"{archive} holds no SentEval tree. Fetch it again.")
        inside = sum(path.is_file() for path in tree.rglob("*"))
        tree.rename(to)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return written - inside


def extract(archive: Path, to: Path) -> int:
    """Write every file of the archive below `to`, which is empty; how many.

    Only folders and files are made, never a link: a link to a file of the archive becomes a copy.
    So there is nothing on the way down that could lead outside.
    """
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        sources = {normpath(member.name): member for member in members if member.isreg()}
        for member in members:
            refuse(archive, member, sources)
        files = {normpath(m.name): target(m, sources) for m in members if not m.isdir()}
        room(archive, sum(member.size for member in files.values()), to)
        for name, member in files.items():
            path = to / PurePosixPath(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content is not None  # `refuse` let regular files through only
            with content, path.open("wb") as file:
                shutil.copyfileobj(content, file)
    return len(files)


def target(member: tarfile.TarInfo, sources: dict[str, tarfile.TarInfo]) -> tarfile.TarInfo:
    """The regular file whose content a member has. KeyError: a link to none in the archive."""
    if member.isreg():
        return member
    # A hard link names its file from the archive's root, a symbolic one from where it is.
    at = "" if member.islnk() else dirname(member.name)
    return sources[normpath(join(at, member.linkname))]


def refuse(archive: Path, member: tarfile.TarInfo, sources: dict[str, tarfile.TarInfo]) -> None:
    """Raises `DataError` for a member that would lie outside, or that is no file or folder."""
    path = PurePosixPath(member.name)
    reason = ""
    if path.is_absolute():
        reason = "has an absolute path"
    elif ".." in path.parts:
        reason = "leads out of the folder with '..'"
    elif member.issym() or member.islnk():
        try:
            target(member, sources)
        except KeyError:
            reason = f"is a link to {member.linkname!r}, which is no file of the archive"
    elif not (member.isreg() or member.isdir()):
        reason = "is a device or a pipe"
    if reason:
        raise DataError(f"{archive} is refused: its member {member.name!r} {reason}. {ADVICE}")


def room(archive: Path, needed: int, to: Path) -> None:
    """Raises `DataError` when so many bytes do not fit (a link counts as the copy it becomes)."""
    free = shutil.disk_usage(to).free
    if needed > free:
        raise DataError(
            f"no room to unpack {archive}: it takes {needed:,} bytes, and {free:,} are free. "
            "Make room, or give another folder with --to."
        )
