"""What can go wrong between the hub and the disk, in a sentence each with its next step."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2  # the HTTP client of huggingface_hub
from huggingface_hub.errors import (
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from train.errors import DataError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
KEPT = "What has arrived is kept: the same command goes on from there."


@contextmanager
def transfer(address: str, repository: str, name: str, revision: str) -> Iterator[None]:
    """Turn the errors of the hub and the connection into `DataError`."""
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise DataError(
            f"{name} is not fetched: HF_HUB_OFFLINE is set. Unset it, or copy the data here."
        ) from error
    except HfHubHTTPError as error:
        raise DataError(refused(error, address, repository, name, revision)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise DataError(
            f"{address} cannot be reached, or the connection broke off ({cause(error)}). Check "
            f"the connection and the proxy, or name a mirror with --endpoint URL. {KEPT}"
        ) from error


def refused(error: HfHubHTTPError, address: str, repository: str, name: str, revision: str) -> str:
    """What an answer of the hub that is no file means."""
    status = error.response.status_code
    if isinstance(error, RevisionNotFoundError):
        return f"{repository} has no revision {revision!r} at {address}. Leave --revision out."
    if isinstance(error, RemoteEntryNotFoundError):
        return (
            f"{repository} has no file {name!r} in revision {revision!r} at {address}. Leave "
            "--revision out, or look at the repository's list of files."
        )
    if isinstance(error, RepositoryNotFoundError) or status in (401, 403, 404):
        return (
            f"{address} has no public data set {repository!r} (HTTP {status}). Check --endpoint; "
            "the data is on https://huggingface.co."
        )
    return f"{address} answered HTTP {status} for {name}. Try again later. {KEPT}"


def cause(error: Exception) -> str:
    """The kind and the text of an error, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def disk(target: Path, partial: Path) -> Iterator[None]:
    """Turn the errors of the file system, and a transfer that came out short, into `DataError`."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            arrived = partial.stat().st_size if partial.exists() else 0
            raise DataError(
                f"no room for {target}: {error.strerror}. {arrived:,} bytes are in {partial}. "
                "Make room and give the same command, which goes on from there."
            ) from error
        if error.errno is None:  # the hub's client: fewer or more bytes than announced
            raise DataError(f"{target.name}: {cause(error)}. {KEPT}") from error
        raise DataError(
            f"{target} cannot be written: {error.strerror}. Give another folder with --to."
        ) from error


def damaged(name: str, expected: str, found: str) -> DataError:
    """The error of a file with a wrong checksum."""
    return DataError(
        f"{name} arrived damaged: SHA-256 {found}, and the hub has {expected}. It was removed. "
        "Give the same command to fetch it anew; if it happens again, a proxy on the way "
        "changes it."
    )
