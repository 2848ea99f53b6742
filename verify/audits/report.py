"""What a comparison or an audit found, and the verdict."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Verdict(StrEnum):
    """same, differs: of two losses. suspect, undecided: of one without a reference; undecided
    also where two losses could not be compared."""

    SAME = "same"
    DIFFERS = "differs"
    SUSPECT = "suspect"
    UNDECIDED = "undecided"


Level = Literal["bug", "note"]


@dataclass(frozen=True)
class Finding:
    """level: "bug" decides a verdict, "note" does not.

    kind: one word, such as value, gradient, singular, kink. message: one sentence or two.
    evidence: the numbers behind it, plain Python values (JSON).
    """

    level: Level
    kind: str
    message: str
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """verdict: a `Verdict`, equal to its lower-case name. findings: bugs first.

    points: how many points were compared or looked at; subject: what was audited, in words.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    points: int
    subject: str

    @property
    def bugs(self) -> tuple[Finding, ...]:
        """The findings that decide."""
        return tuple(x for x in self.findings if x.level == "bug")

    def to_dict(self) -> dict[str, object]:
        """Plain values, as `to_json` writes them."""
        return {
            "subject": self.subject,
            "verdict": str(self.verdict),
            "points": self.points,
            "findings": [
                {
                    "level": x.level,
                    "kind": x.kind,
                    "message": x.message,
                    "evidence": dict(x.evidence),
                }
                for x in self.findings
            ],
        }

    def to_json(self) -> str:
        """Numbers that are not finite are written as text: JSON has none."""
        return json.dumps(_plain(self.to_dict()), ensure_ascii=False, indent=2, allow_nan=False)

    def text(self) -> str:
        """A line for the verdict and one for each finding."""
        lines = [f"{self.subject}: {self.verdict} ({self.points} points)"]
        return "\n".join([*lines, *(f"  {x.level} · {x.kind}: {x.message}" for x in self.findings)])

    def __str__(self) -> str:
        return self.text()


def ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    """Bugs first, otherwise as found; the same sentence once."""
    seen: dict[tuple[str, str], Finding] = {}
    for x in findings:
        seen.setdefault((x.kind, x.message), x)
    return tuple(sorted(seen.values(), key=lambda x: x.level != "bug"))


def _plain(x: object) -> object:
    if isinstance(x, Mapping):
        return {str(k): _plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [_plain(v) for v in x]
    if isinstance(x, float) and (x != x or x in (float("inf"), float("-inf"))):
        return str(x)
    return x if isinstance(x, str | int | float | bool | None) else str(x)
