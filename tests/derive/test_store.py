"""Saved losses: written whole or not at all, never over another, read with care."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive import store
from derive.errors import ContragradError, StoreError, UnknownNameError
from derive.objective import Objective

RECIPE: dict[str, Any] = {
    "version": 1,
    "kind": "alpha",
    "phi": "tau*log(1+x)",
    "psi": "exp(x/tau)",
    "parameters": {"tau": "0.5"},
    "pool": "same-view",
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.HOME, str(tmp_path / "home"))


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    path = store.save("mine", RECIPE)
    assert path == tmp_path / "home" / "losses" / "mine.json"
    assert store.read("mine") == RECIPE
    assert store.saved() == ["mine"]
    loss = store.load("mine")
    assert loss.name == "mine"
    assert [x.name for x in loss.hyper] == ["tau"]
    assert store.save(tmp_path / "a" / "b.json", RECIPE).exists()
    assert store.read(str(tmp_path / "a" / "b.json")) == RECIPE
    assert os.listdir(path.parent) == ["mine.json"]  # nothing is left beside it


def test_the_folder_is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(store.HOME)
    assert store.folder().is_absolute()
    assert store.folder().parts[-2:] == ("contragrad", "losses")


def test_no_folder_means_nothing_saved() -> None:
    assert store.saved() == []
    assert not store.folder().exists()
    with pytest.raises(UnknownNameError):
        store.read("mine")


@pytest.mark.parametrize("name", ["mine", "MINE", "infonce", "InfoNCE"])
def test_a_name_that_is_taken_is_refused_and_nothing_changes(name: str) -> None:
    before = store.save("mine", RECIPE).read_bytes()
    with pytest.raises(StoreError, match="is taken"):
        store.save(name, {**RECIPE, "phi": "x"})
    assert store.saved() == ["mine"]
    assert (store.folder() / "mine.json").read_bytes() == before


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(StoreError, match="exists, and nothing is overwritten"):
        store.save(tmp_path / "x.json", RECIPE)
    assert (tmp_path / "x.json").read_text() == "{}"
    assert sorted(os.listdir(tmp_path)) == ["x.json"]


def test_where_links_are_not_supported_a_file_is_still_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links on this file system")

    monkeypatch.setattr(os, "link", refuse)
    store.save(tmp_path / "x.json", RECIPE)
    assert store.read(tmp_path / "x.json") == RECIPE
    with pytest.raises(StoreError, match="exists"):
        store.save(tmp_path / "x.json", RECIPE)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        store.save(tmp_path / "file" / "x.json", RECIPE)


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b", "1a", "é", "x" * 65, "a.b", ".json.x"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(StoreError, match="no name for a loss"):
        store.save(name, RECIPE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": None}, "unknown kind"),
        ({"kind": "alfa"}, "Did you mean alpha"),
        ({"kind": []}, "unknown kind"),
        ({"version": 2}, "version 2"),
        ({"phi": "x +"}, "in 'x \\+'"),
        ({"phi": 3}, "phi of the recipe is 3"),
        ({"parameters": ["tau"]}, "Write NAME: DEFAULT"),
        ({"parameters": {"tau": []}}, "is not a number"),
        ({"pool": "all"}, "Choose 'same-view'"),
        ({"phy": "x"}, "Did you mean phi"),
        ({"psi": "__import__('os')"}, "not allowed"),
    ],
)
def test_a_recipe_that_makes_no_loss_is_not_saved(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ContragradError, match=message):
        store.save("mine", {**RECIPE, **change})
    assert store.saved() == []


def put(text: str | bytes) -> None:
    path = store.folder() / "mine.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def document(**changes: Any) -> str:
    whole = {"format": store.FORMAT, "version": store.VERSION, "recipe": RECIPE, **changes}
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        ("[" * 50_000, "cannot be read"),
        ("[]", "is no saved loss"),
        ("{}", "is no saved loss"),
        (document(format="other"), "is no saved loss"),
        (document(version=2), "version 2"),
        (document(version=None), "version None"),
        (document(recipe=[]), "holds no recipe"),
        (document(recipe={}), "unknown kind"),
        (document(recipe={**RECIPE, "phi": "9**9**9*x"}), "too many digits"),
        (" " * 200_000, "larger than"),
    ],
)
def test_damaged_foreign_and_newer_files_are_clear_errors(text: str | bytes, message: str) -> None:
    put(text)
    with pytest.raises(ContragradError, match=message):
        store.load("mine")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no file"):
        store.read(tmp_path / "none.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        store.read(tmp_path / "folder.json")


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    max_leaves=8,
)


@given(
    changes=st.dictionaries(st.sampled_from([*RECIPE, "base", "weight"]), json_data, max_size=4),
    kind=st.sampled_from(store.KINDS),
)
def test_any_recipe_is_a_loss_or_a_clear_error(changes: dict[str, Any], kind: str) -> None:
    try:
        made: object = store.objective_of({**RECIPE, "kind": kind, **changes})
    except ContragradError as error:
        made = str(error)
    assert isinstance(made, Objective | str)
