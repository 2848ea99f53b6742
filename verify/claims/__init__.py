"""What four papers print, as data: each statement with the test that decides it.

Verdicts are computed when they are asked for: a `Claim` holds none.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from derive.errors import UnknownNameError

if TYPE_CHECKING:
    from verify.claims.model import Claim

__all__ = ["PAPERS", "all_claims", "claims_of"]

# The paper's number → the module with `claims() -> list[Claim]`, imported when it is asked for.
PAPERS = {
    "001": "verify.claims.p001",
    "002": "verify.claims.p002",
    "003": "verify.claims.p003",
    "004": "verify.claims.p004",
}


def claims_of(paper: str) -> "list[Claim]":
    """The claims of one paper. Raises `UnknownNameError` for a paper that is not in `PAPERS`."""
    if paper not in PAPERS:
        raise UnknownNameError("paper", paper, PAPERS)
    found: list[Claim] = import_module(PAPERS[paper]).claims()
    return found


def all_claims(papers: Iterable[str] | None = None) -> "list[Claim]":
    """The claims of these papers (None: of all), in order."""
    chosen = PAPERS if papers is None else papers
    return [claim for paper in chosen for claim in claims_of(paper)]
