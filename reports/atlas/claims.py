"""The claims of the papers, judged in parts, each part kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from reports.atlas.naming import losses_named
from verify.claims import PAPERS, claims_of
from verify.claims.model import Claim

PARTS = 4  # of a paper: a stop loses little, and the processes end together


@dataclass(frozen=True)
class Shown:
    """A judged claim, as `verify claims` prints it. losses: those it names."""

    id: str
    paper: str
    source: str
    equation: str
    statement: str
    formula: str
    verdict: str
    conditions: tuple[str, ...]
    correction: str
    evidence: tuple[str, ...]
    losses: tuple[str, ...]


@cache
def _claims(paper: str) -> list[Claim]:
    return claims_of(paper)


def judged(paper: str, part: int, seed: int) -> list[dict[str, Any]]:
    """Judge every `PARTS`-th claim of a paper, from `part` on; what JSON can hold."""
    found = []
    for place, claim in list(enumerate(_claims(paper)))[part::PARTS]:
        judgement = claim.judged(seed).judgement
        found.append({
            "place": place, "id": claim.id, "paper": paper, "source": claim.source,
            "equation": claim.equation, "statement": claim.statement, "formula": claim.formula,
            "verdict": judgement.outcome.value, "conditions": list(judgement.conditions),
            "correction": judgement.correction, "evidence": list(judgement.evidence),
        })  # fmt: skip
    return found


def shown(data: Sequence[dict[str, Any]]) -> list[Shown]:
    """In the papers' order, with the losses that each names."""
    papers = list(PAPERS)
    ordered = sorted(data, key=lambda x: (papers.index(x["paper"]), x["place"]))
    return [_shown(x) for x in ordered]


def _shown(x: dict[str, Any]) -> Shown:
    texts = (x["id"], x["equation"], x["statement"], x["formula"])
    lists = {name: tuple(x[name]) for name in ("conditions", "evidence")}
    fields = {name: value for name, value in x.items() if name != "place"}
    return Shown(**{**fields, **lists}, losses=losses_named(x["paper"], texts))
