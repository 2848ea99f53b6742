"""What was found of claims, as a table, as Markdown, and as data."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from verify.claims.model import Judged, Outcome

_INTRODUCTION = """\
# Claims of the papers

What four sources print, and what is found of it. Made by `verify claims --format markdown`; no
verdict and no correction is written by hand.

exact: it holds as printed. tangent: up to a multiple of h_i, which normalising an embedding
removes. conditional: under the named conditions. false: there is a counterexample; where small
edits mend it, the corrected formula was proved and compared at points. undecided: neither a proof
nor a counterexample was found. empirical: it is about trained models, and no proof decides it.

A correction is a small edit of what is printed, its kind in brackets; one that was solved for says
"derived". A counterexample names its seed and the draw of that seed.

c_ij: the cosine of h_i and h_j, two anchors; c_ij': that of h_i and h'_j, of the other view; θ: the
angle of a cosine. j*: the hardest negative of anchor i, where a sum or a maximum picks one.
sg(x): x without its gradient. C_aa: entry a of the diagonal of a D×D matrix of the features; σ_a:
the deviation of feature a. 1[x]: 1 where x holds, else 0; 1[k = i]: 1 where both are one index.
"""
TITLES = {
    "001": "001: a unified paradigm for gradients (arXiv:2402.18281)",
    "002": "002: the behaviour of contrastive loss (arXiv:2012.09740)",
    "003": "003: gradient dissipation (ICLR 2023)",
    "004": "004: α-CL (arXiv:2201.12680)",
}


def counts(found: Iterable[Judged]) -> str:
    """ "12 exact, 3 false", in the order of `Outcome`."""
    of = Counter(x.judgement.outcome for x in found)
    return ", ".join(f"{of[outcome]} {outcome}" for outcome in Outcome if of[outcome])


def number(found: Sequence[Judged]) -> str:
    """ "1 claim", "2 claims"."""
    return f"{len(found)} claim{'' if len(found) == 1 else 's'}"


def shortened(text: str, width: int) -> str:
    """The text on one line, cut at a word to at most `width` characters, with "…" where it is."""
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    head, space, _ = text[:width].rpartition(" ")
    return f"{head if space else text[: width - 1]}…"


def as_json(found: Sequence[Judged]) -> str:
    return json.dumps([x.to_json() for x in found], indent=2, ensure_ascii=False)


def by_paper(found: Sequence[Judged]) -> dict[str, list[Judged]]:
    """The paper's number, the start of an id → its claims."""
    papers: dict[str, list[Judged]] = {}
    for x in found:
        papers.setdefault(x.claim.id.split("-")[0], []).append(x)
    return papers


def as_markdown(found: Sequence[Judged]) -> str:
    """A page: for each paper the counts, a table, and the evidence for what is not simply so."""
    parts = [_INTRODUCTION, f"In all {number(found)}: {counts(found)}.\n"]
    for paper, claims in by_paper(found).items():
        parts.append(f"## {TITLES.get(paper, paper)}\n\n{number(claims)}: {counts(claims)}.\n")
        parts.append(_table(claims))
        parts.append(_evidence(claims))
    return "\n".join(x for x in parts if x)


def _table(claims: Sequence[Judged]) -> str:
    rows = ["| id | printed | claim | verdict | when, or what holds instead |",
            "|---|---|---|---|---|"]  # fmt: skip
    for x in claims:
        found = x.judgement
        instead = [*found.conditions, *([found.correction] if found.correction else [])]
        cells = (x.claim.id, x.claim.equation, x.claim.printed, found.outcome.value,
                 "; ".join(instead))  # fmt: skip
        rows.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(rows) + "\n"


def _evidence(claims: Sequence[Judged]) -> str:
    """Formula and evidence of what does not hold as printed."""
    shown = [x for x in claims if x.judgement.outcome not in (Outcome.EXACT, Outcome.TANGENT)]
    if not shown:
        return ""
    parts = ["### Evidence\n"]
    for x in shown:
        lines = [f"- **{x.claim.id}**, {x.judgement.outcome}: `{_code(x.claim.formula)}`"]
        lines += [f"  - {_cell(y)}" for y in x.judgement.evidence]
        parts.append("\n".join(lines))
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    """Text that Markdown leaves as it is."""
    for mark in ("\\", "|", "*", "_", "<", "[", "]"):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").split())
