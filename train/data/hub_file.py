"""One file of a data-set repository on the hub: fetched, resumed, and checked by its SHA-256.

`huggingface_hub` does the transfer. Its `hf_hub_download` gives each attempt a new temporary file
(2.4), so that a killed download begins anew, and trusts the transfer for what arrived. Its
`http_get` does continue a file; around it, here, are a partial file that is named by the checksum
and the comparison of the whole file with it before it gets its name.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from huggingface_hub import constants, hf_hub_url
from huggingface_hub.file_download import get_hf_file_metadata, http_get

from train.data.alone import alone
from train.data.failures import damaged, disk, transfer
from train.errors import DataError

SHA256 = re.compile(r"[0-9a-f]{64}")
BLOCK = 2**20  # bytes
Say = Callable[[str], None]


@dataclass(frozen=True)
class Remote:
    """A file on the hub: where it is in one commit, how long it is, and its SHA-256."""

    repository: str
    name: str
    url: str
    commit: str
    sha256: str  # hexadecimal
    size: int  # bytes

    def partial(self, to: Path) -> Path:
        """Where what has arrived is kept; of another version it is another file."""
        return to / f".{self.name}.{self.sha256[:16]}.part"


def locate(repository: str, name: str, endpoint: str | None, revision: str) -> Remote:
    """What the hub says about a file. No token is sent: the data is public.

    Raises `DataError` if the hub cannot be reached, or has no such file or no checksum of it.
    """
    address = (endpoint or constants.ENDPOINT).rstrip("/")

    def url(at: str) -> str:
        return hf_hub_url(repository, name, repo_type="dataset", revision=at, endpoint=address)

    with transfer(address, repository, name, revision):
        found = get_hf_file_metadata(url(revision), token=False, endpoint=address)
    etag, commit, size = found.etag or "", found.commit_hash, found.size
    if commit is None or size is None or not SHA256.fullmatch(etag):
        raise DataError(
            f"{address} gives no commit, length and SHA-256 of {name}: what is fetched could not "
            "be checked. Give the address of a Hugging Face hub, or of a mirror, with --endpoint."
        )
    return Remote(repository, name, url(commit), commit, etag, size)


def download(remote: Remote, to: Path, say: Say) -> Path:
    """The file in the folder `to`, whole and checked; an interrupted download is continued.

    A file of that name which is there already is kept if its checksum is right. Raises
    `DataError` otherwise, and for a transfer that breaks off, a full disk, a wrong checksum.
    """
    target, partial = to / remote.name, remote.partial(to)
    with disk(target, partial):
        to.mkdir(parents=True, exist_ok=True)
        if target.exists():
            return already(remote, target, say)
        with alone(partial, f"{partial} is being fetched") as file:
            receive(remote, file, say)
        found = sha256(partial)
        if found != remote.sha256:
            partial.unlink()
            raise damaged(remote.name, remote.sha256, found)
        partial.replace(target)
    say(f"{remote.name}: whole, SHA-256 {remote.sha256} as the hub has it")
    return target


def already(remote: Remote, target: Path, say: Say) -> Path:
    """The file that is there. Raises `DataError` if it is another one."""
    if not target.is_file() or sha256(target) != remote.sha256:
        raise DataError(
            f"{target} is there already and is not the hub's file (SHA-256 {remote.sha256}). "
            "Move it away or remove it, then fetch again; it was left as it is."
        )
    say(f"{remote.name}: there already, SHA-256 {remote.sha256} as the hub has it")
    return target


def receive(remote: Remote, file: BinaryIO, say: Say) -> None:
    """Append what is missing of the file."""
    present = file.tell()
    if present > remote.size:
        file.truncate(0)
        present = 0
    done = f", {present:,} are here already" if present else ""
    say(f"{remote.name}: {remote.size:,} bytes of commit {remote.commit[:12]}{done}")
    with transfer(remote.url, remote.repository, remote.name, remote.commit):
        http_get(
            remote.url,
            file,
            resume_size=present,
            headers={"Accept-Encoding": "identity"},  # a range of compressed bytes is another
            expected_size=remote.size,
            displayed_filename=remote.name,
        )


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read a block at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
