"""Two builds at once, and a cache that cannot be read."""

import os
import time
from pathlib import Path

import pytest

from reports.atlas.cache import Cache
from reports.errors import ReportError


def test_another_process_s_file_is_not_touched(tmp_path):
    other = tmp_path / "a.json.new"
    other.write_text("being written")
    Cache(tmp_path).put("a", 1)
    assert other.read_text() == "being written"
    assert Cache(tmp_path).get("a") == 1
    assert sorted(x.name for x in tmp_path.iterdir()) == ["a.json", "a.json.new"]


def test_what_was_begun_long_ago_is_removed_and_what_is_new_kept(tmp_path):
    for name in ("old.1.new", "begun.2.new"):
        (tmp_path / name).write_text("")
    os.utime(tmp_path / "old.1.new", (time.time() - 90 * 86400,) * 2)
    Cache(tmp_path).prune()
    assert [x.name for x in tmp_path.iterdir()] == ["begun.2.new"]


def test_what_another_build_removes_meanwhile_is_computed_again(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    cache.put("a", 1)
    monkeypatch.setattr("reports.atlas.cache.os.utime", gone)
    assert cache.get("a") is None
    monkeypatch.setattr(Path, "glob", lambda *_: iter([tmp_path / "vanished.json"]))
    cache.prune()


def gone(path):
    raise FileNotFoundError(path)


def test_a_result_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(ReportError, match="cannot be read"):
        Cache(tmp_path).get("a")
