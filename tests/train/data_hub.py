"""A stand-in for the Hugging Face hub on loopback, and a SentEval tree of made-up rows."""

import hashlib
import io
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from train.data.official import SPLITS, Expected, Form, Split

REPOSITORY = "princeton-nlp/datasets-for-simcse"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
RESOLVE = re.compile(rf"/datasets/{REPOSITORY}/resolve/([^/]+)/(.+)")
ERRORS = {"RevisionNotFound": 404, "EntryNotFound": 404, "RepoNotFound": 401}


@dataclass
class Hub:
    """What the hub serves, how it misbehaves, and what it was asked.

    As the real one, it answers for a file with a redirect to another host, whose answer has the
    bytes; commit, length and checksum stand in the redirect.
    """

    files: dict[str, bytes]
    address: str = ""
    cdn: str = ""
    announced: dict[str, str] = field(default_factory=dict)  # file: checksum other than the right
    status: int = 0  # answer everything with it
    breaks: list[int] = field(default_factory=list)  # after so many bytes, one entry a request
    ranges: bool = True
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)  # method, path, Range

    def gets(self) -> list[str | None]:
        """The Range of each transfer."""
        return [range_ for method, path, range_ in self.asked if path.startswith("/cdn/")]

    def sha256(self, name: str) -> str:
        return self.announced.get(name) or hashlib.sha256(self.files[name]).hexdigest()


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        hub = self.hub
        hub.asked.append((self.command, self.path, self.headers["Range"]))
        assert self.headers["Authorization"] is None
        if hub.status:
            self.head(hub.status, {})
        elif self.path.startswith("/cdn/"):
            self.transfer(hub.files[self.path.removeprefix("/cdn/")])
        else:
            self.resolve()

    def resolve(self) -> None:
        match = RESOLVE.fullmatch(self.path)
        if match is None:
            return self.refuse("RepoNotFound")
        revision, name = match.groups()
        if revision not in ("main", COMMIT):
            return self.refuse("RevisionNotFound")
        if name not in self.hub.files:
            return self.refuse("EntryNotFound")
        return self.head(
            302,
            {
                "Location": f"{self.hub.cdn}/cdn/{name}",
                "X-Repo-Commit": COMMIT,
                "X-Linked-Size": str(len(self.hub.files[name])),
                "X-Linked-ETag": f'"{self.hub.sha256(name)}"',
            },
        )

    def refuse(self, code: str) -> None:
        self.head(ERRORS[code], {"X-Error-Code": code, "X-Repo-Commit": COMMIT})

    def transfer(self, content: bytes) -> None:
        start, total, status = 0, len(content), 200
        if self.hub.ranges and (range_ := self.headers["Range"]):
            start, status = int(range_.removeprefix("bytes=").removesuffix("-")), 206
        headers = {"Content-Length": str(total - start)}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        self.head(status, headers)
        if self.command == "GET":
            end = start + self.hub.breaks.pop(0) if self.hub.breaks else total
            self.wfile.write(content[start:end])

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Hub]:
    """The hub and its second host, each on a free port of 127.0.0.1."""
    hub = Hub(files)
    handler = type("Bound", (Handler,), {"hub": hub})
    with ExitStack() as stack:
        for name in ("address", "cdn"):
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            setattr(hub, name, f"http://127.0.0.1:{server.server_port}")
        yield hub


ROWS: dict[Form, str] = {
    "lines": "sentence {i} of its kind .\n",
    "sst": "sentence {i} of its kind .\t1\n",
    "trec": "NUM:dist How far is {i} ?\n",
    "mrpc": "1\t{i}\t{i}\tsentence {i}\tThe sentence {i}\n",
    "sick": "{i}\tsentence {i}\tThe sentence {i}\t3.5\tNEUTRAL\n",
    "stsb": "genre\tfile\tyear\t{i}\t2.500\tsentence {i}\tThe sentence {i}\n",
    "sts": "sentence {i}\tThe sentence {i}\n",
}
HEADERS: dict[Form, str] = {
    "mrpc": "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n",
    "sick": "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\n",
}


def scaled(split: Split) -> Split:
    """A fiftieth of the rows: what is looked for is in the beginning of a file."""
    files = tuple(Expected(file.path, 8 + file.count // 50) for file in split.files)
    return replace(split, files=files)


SMALL = tuple(scaled(split) for split in SPLITS)


def write_tree(root: Path, splits: tuple[Split, ...] = SMALL) -> None:
    """A tree with as many rows as `splits` has; SPLITS: the official numbers."""
    for split in splits:
        for file in split.files:
            path = root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = "".join(ROWS[split.form].format(i=i) for i in range(file.count))
            path.write_text(HEADERS.get(split.form, "") + rows, encoding="utf-8")
            if split.form == "sts":
                gold = path.with_name(path.name.replace("input", "gs"))
                gold.write_text("2.5\n" * file.count)


def tar_of(tree: Path, prefix: str) -> bytes:
    """A tar archive of a folder, its files below `prefix`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(tree, arcname=prefix)
    return buffer.getvalue()
