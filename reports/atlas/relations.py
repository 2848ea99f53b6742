"""How the losses of a family are related: what `derive compare` proves of each pair."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.comparison.compare import findings
from derive.comparison.subject import subjects
from derive.sources import find
from derive.verdict import Verdict

_HOW = {Verdict.PROVED: "proved", Verdict.AGREED: "by numbers"}
# Where a finding speaks of its losses: L_A, ∇L_B, "in A", "of B", "B.tau",
# "A normalises", "B does not".
_LETTER = re.compile(
    r"\bL_(?P<loss>[AB])\b|\b(?P<word>in|of) (?P<which>[AB])\b"
    r"|\b(?P<who>[AB])(?= (?:normalises|does not)\b)"
)


@dataclass(frozen=True)
class Relation:
    """One relation of two losses of the site. how: proved, or by numbers; text: the statement,
    with the losses by name."""

    a: str
    b: str
    kind: str
    how: str
    text: str


def compared(a: str, others: Sequence[str]) -> list[list[dict[str, str]]]:
    """For each other loss, the relations of the loss `a` with it, the strongest first, on losses
    A and B. a, others: what `--loss` takes."""
    return [_relations(a, b) for b in others]


def _relations(a: str, b: str) -> list[dict[str, str]]:
    return [
        {"kind": x.kind.value, "how": _HOW.get(x.verdict, x.verdict.value), "text": x.text}
        for x in findings(*subjects(find(a), find(b), {}, {}))
    ]


def relations(
    a: str, others: Sequence[str], found: Sequence[Sequence[Mapping[str, str]]]
) -> list[Relation]:
    """What `compared` found, with the names that the losses have on the site."""
    return [
        Relation(a, b, x["kind"], x["how"], with_names(x["text"], {"A": a, "B": b}))
        for b, those in zip(others, found, strict=True)
        for x in those
    ]


def with_names(text: str, names: dict[str, str]) -> str:
    """A statement on A and B as one on losses of these names."""

    def named(found: re.Match[str]) -> str:
        if found["loss"]:
            return f"L_{{{names[found['loss']]}}}"
        if found["who"]:
            return names[found["who"]]
        return f"{found['word']} {names[found['which']]}"

    return _LETTER.sub(named, text)


def relations_of(name: str, found: Sequence[Relation]) -> list[tuple[str, Relation]]:
    """(the other loss, the relation) of every relation that a loss takes part in."""
    return [(x.b if x.a == name else x.a, x) for x in found if name in (x.a, x.b)]
