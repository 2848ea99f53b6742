"""What was computed before, on disk, by everything that it depends on.

A key is the digest of the task's arguments, of the sources that it runs and of the packages below
them: a changed line of those makes it another key. Nothing is ever read under a wrong one.
"""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from derive.store import HOME
from reports.errors import ReportError
from reports.writing import installed

_BELOW = ("sympy", "torch", "numpy", "hypothesis")
_READ = {".py", ".json", ".toml"}
_DAYS = 30  # how long a result that nobody asks for is kept


def cache_folder() -> Path:
    """`CONTRAGRAD_HOME`/atlas, or the folder atlas in the user's cache of contragrad."""
    home = os.environ.get(HOME)
    if home:
        return Path(home).expanduser() / "atlas"
    import platformdirs

    return Path(platformdirs.user_cache_path("contragrad")) / "atlas"


@cache
def sources(names: tuple[str, ...]) -> str:
    """A digest of every file of these packages, modules and templates of ours, and of the versions
    below them."""
    digest = hashlib.sha256(" ".join(f"{x} {installed(x)}" for x in _BELOW).encode())
    for name in names:
        digest.update(name.encode())
        for path in _files(name):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _files(name: str) -> list[Path]:
    """Of a template or a module its file, of a package everything in it that is run or read."""
    if name.endswith(".jinja"):
        return [Path(str(files("reports.templates"))) / name]
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    if spec.submodule_search_locations is None:
        return [Path(spec.origin)]
    inside = (x for root in spec.submodule_search_locations for x in Path(root).rglob("*"))
    return sorted(x for x in inside if x.suffix in _READ)


def key(code: Sequence[str], *arguments: object) -> str:
    """The digest of arguments (what JSON can hold) and of the sources of packages and modules."""
    text = json.dumps([sources(tuple(code)), arguments], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Cache:
    """A folder with a JSON file a key. fresh: nothing is read from it.

    Raises `ReportError` where it cannot be read or written to.
    """

    folder: Path
    fresh: bool = False

    def get(self, key: str) -> Any:
        """The value, or None: never there, damaged, or not to be read."""
        path = self._path(key)
        if self.fresh:
            return None
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            os.utime(path)
        except (ValueError, FileNotFoundError):
            # What a full disk left, or another build removed: computed again, and replaced.
            return None
        except OSError as error:
            raise self._refused("read", error) from error
        return value

    def put(self, key: str, value: Any) -> None:
        """Keep a value, whole or not at all."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Its own file: another build may write the same result at this moment.
            beside = self.folder / f"{key}.{os.getpid()}.new"
            beside.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
            beside.replace(self._path(key))
        except OSError as error:
            raise self._refused("written to", error) from error

    def prune(self) -> None:
        """Remove what nobody asked for in `_DAYS` days, and what was begun then and not ended."""
        limit = time.time() - _DAYS * 86400
        for path in (*self.folder.glob("*.json"), *self.folder.glob("*.new")):
            try:
                if path.stat().st_mtime < limit:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue  # another build removed it first

    def _refused(self, what: str, error: OSError) -> ReportError:
        return ReportError(
            f"{self.folder} cannot be {what}: {error.strerror}. The atlas keeps there what "
            f"it computed; name another folder with {HOME}=DIR."
        )

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"
