"""Every statement that has to be judged is there, once."""

from collections import Counter
from functools import cache

import pytest

from verify.claims import PAPERS, claims_of
from verify.claims.model import Claim
from verify.claims.undecided import ALLOWED

_LOSSES = ("infonce", "arccon", "mpt", "met")
_BEFORE, _AFTER = ("mhe", "mhs", "barlow", "vicreg"), ("mmhe", "mmhs", "mb", "mv")
_PARTS = ("gd", "w", "r", "row")

REQUIRED: dict[str, tuple[str, ...]] = {
    "001": (
        # Eq. 1 to 19
        *(f"001-eq-{n}" for n in range(1, 20) if n != 3),
        "001-eq-3-mpt", "001-eq-3-met", "001-eq-3-indicator", "001-eq-3-arg-max",
        "001-l-tri-mpt", "001-l-tri-met", "001-eq-10-of-c-b-as-printed", "001-eq-17-of-mmhs",
        # Tables 1 and 2
        *(f"001-table-1-{loss}-{part}" for loss in _LOSSES for part in _PARTS),
        *(f"001-table-2-{loss}-{part}" for loss in (*_BEFORE, *_AFTER) for part in _PARTS),
        # definitions as printed
        "001-c-b", "001-c-v", "001-sigma", "001-vicreg-v", "001-vicreg-c", "001-l-v", "001-u-mmhe",
        # the equivalent losses and the weights of §4 and App. E
        "001-l-eb", "001-l-eb-of-l-b", "001-l-ev", "001-l-ev-of-l-v", "001-d-i",
        "001-w-p-b", "001-w-n-b", "001-w-n-b-prime", "001-w-p-v", "001-w-n-v",
        "001-w-p-mb", "001-w-p-mb-right", "001-w-p-mv", "001-w-p-mv-right",
        # App. D
        *(f"001-d1-infonce-{n}" for n in range(1, 6)),
        *(f"001-d1-arccon-{n}" for n in range(1, 6)),
        "001-d1-triplet-mpt", "001-d1-triplet-met", "001-d1-mpt", "001-d1-met",
        "001-d2-eq-12-is-eq-4", "001-d2-normalisation",
        # Lemma 1
        "001-lemma-1-necessity", "001-lemma-1-sufficiency", "001-lemma-1-domain",
        "001-lemma-1-larger-ratio",
        *(f"001-lemma-1-app-c-{x}" for x in ("projection", "move", "on-the-sphere", "r")),
        "001-lemma-1-app-c-x-1", "001-lemma-1-app-c-x-2",
        *(f"001-lemma-1-sphere-{x}{step}" for x in ("necessity", "sufficiency")
          for step in ("", "-tangent-step")),
        # prose
        "001-prose-guides", "001-prose-gd-falls", "001-prose-gd-ineffective",
        "001-prose-gd-margin", "001-prose-r-static",
        *(f"001-prose-gd-{x}-{loss}" for x in ("close", "far") for loss in _LOSSES),
        *(f"001-prose-r-{x}-{loss}" for x in ("dynamic", "mostly") for loss in ("arccon", "met")),
        *(f"001-prose-r-ineffective-{x}"
          for x in ("mhe", "mhs-anchor", "barlow-twins", "vicreg")),
        *(f"001-prose-w-{x}"
          for x in ("piecewise", "focused", "cold", "temperature", "ineffective")),
        *(f"001-prose-conjecture-{k}" for k in (1, 2, 3)),
    ),
}  # fmt: skip


@cache
def _claims(paper: str) -> tuple[Claim, ...]:
    return tuple(claims_of(paper))


def _all() -> list[Claim]:
    return [x for paper in PAPERS for x in _claims(paper)]


@pytest.mark.parametrize("paper", REQUIRED)
def test_every_required_claim_is_there_once(paper: str) -> None:
    found = Counter(x.id for x in _claims(paper))
    assert [name for name in REQUIRED[paper] if found[name] != 1] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_ids_are_unique_and_begin_with_the_paper(paper: str) -> None:
    found = Counter(x.id for x in _claims(paper))
    assert [name for name, count in found.items() if count > 1] == []
    assert all(name.startswith(f"{paper}-") for name in found)


def test_every_claim_says_what_and_where() -> None:
    for x in _all():
        assert x.source, x.id
        assert x.equation, x.id
        assert x.statement, x.id
        assert x.formula, x.id


def test_what_may_be_undecided_is_a_claim_and_says_why() -> None:
    known = {x.id for x in _all()}
    assert set(ALLOWED) <= known
    assert all(ALLOWED.values())
