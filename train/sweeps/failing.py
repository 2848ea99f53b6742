"""A database, or a disk, that fails while a sweep runs: one message, and how to go on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sql
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from derive.errors import ContragradError
from train.errors import StorageError
from train.storage import is_full, reason

_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def database_errors(url: str) -> Iterator[None]:
    """Turn a database, or a disk, that fails in mid-sweep into `StorageError`: how to go on."""
    try:
        yield
    except ContragradError:
        raise
    except Exception as error:
        if isinstance(error, SQLAlchemyError | StorageInternalError) or is_full(error):
            raise lost(url, error) from error
        raise


def lost(url: str, error: BaseException) -> StorageError:
    """The error of a database, or a disk, that failed."""
    what = "cannot be written to" if is_disk(error) else "has failed"
    return StorageError(
        f"the sweep in {shown(url)} {what}: {first(error)}. Finished trials are kept. Make room, "
        "or see that the database answers; then the same command goes on."
    )


def shown(url: str) -> str:
    """The URL without its password."""
    try:
        return sql.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def is_disk(error: BaseException) -> bool:
    """Whether a disk is behind an error: full, or gone."""
    if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DISK or is_full(error):
        return True
    inner = getattr(error, "orig", None) or error.__cause__
    return inner is not None and is_disk(inner)


def first(error: BaseException) -> str:
    """The first line of what the database said, of whatever it was wrapped in."""
    inner = getattr(error, "orig", None) or error.__cause__
    return reason(error) if inner is None else first(inner)
