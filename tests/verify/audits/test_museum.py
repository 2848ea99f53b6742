"""The museum of real bugs, with the calls of its issue. The file is data: it is not shipped."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import verify

PLACE = Path(os.environ.get("CONTRAGRAD_DATA", "")) / ".." / "museum" / "exhibits.py"
ALONE = {
    "pml-triplet-smooth-overflow", "dlib-barlow-gradient-v1", "pml-circle-loss-identically-zero",
    "siamese-sqrt-zero-nan", "tfa-triplet-no-positive-nan", "dinov2-koleo-fp16-inf",
    "st-megabatch-only-last-chunk-trains",
}  # fmt: skip


@pytest.fixture(scope="module")
def museum() -> ModuleType:
    if "CONTRAGRAD_DATA" not in os.environ or not PLACE.exists():
        pytest.skip("no museum: set CONTRAGRAD_DATA to a folder beside museum/exhibits.py")
    spec = importlib.util.spec_from_file_location("exhibits", PLACE.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["exhibits"] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


def _call(e: Any, museum: ModuleType, *, own: bool = False) -> dict[str, Any]:
    return {"inputs": None if own else museum.GENS[e.gen], "hyper": e.kw, "dtype": e.dtype}


@pytest.mark.parametrize("own", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_bug_differs(museum: ModuleType, own: bool) -> None:
    found = {
        e.id: verify.same(e.buggy, e.correct, **_call(e, museum, own=own)) for e in museum.MUSEUM
    }
    assert len(found) >= 27
    missed = [k for k, x in found.items() if x.verdict != "differs"]
    print(f"same, {'own draws' if own else 'inputs'}: {len(found) - len(missed)} of {len(found)}")
    assert missed == []


def test_every_right_loss_is_the_same_as_itself(museum: ModuleType) -> None:
    exhibits = museum.MUSEUM + museum.FALSE_ALARMS
    found = {e.id: verify.same(e.correct, e.correct, **_call(e, museum)) for e in exhibits}
    assert [k for k, x in found.items() if x.verdict != "same"] == []


@pytest.mark.parametrize("own", [False, True])
def test_false_alarms_stay_silent(museum: ModuleType, own: bool) -> None:
    for e in museum.FALSE_ALARMS:
        found = verify.same(e.buggy, e.correct, **_call(e, museum, own=own))
        assert found.verdict == "same", found.text()


@pytest.mark.slow
def test_what_is_suspect_without_a_reference(museum: ModuleType) -> None:
    found = {e.id: verify.audit(e.buggy, **_call(e, museum)) for e in museum.MUSEUM}
    suspect = {k for k, x in found.items() if x.verdict == "suspect"}
    print(f"suspect without a reference: {len(suspect)} of {len(found)}: {sorted(suspect)}")
    assert suspect >= ALONE


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True])
def test_no_right_loss_is_suspect(museum: ModuleType, own: bool) -> None:
    right = [(e, e.correct) for e in museum.MUSEUM + museum.FALSE_ALARMS]
    for e, f in right + [(e, e.buggy) for e in museum.FALSE_ALARMS]:
        found = verify.audit(f, **_call(e, museum, own=own))
        assert not found.bugs, (e.id, found.text())
