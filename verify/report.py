"""What verification returns: a verdict for each check of each loss."""

from dataclasses import dataclass
from typing import Any

from derive.verdict import Verdict

_WORST_FIRST = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.AGREED, Verdict.PROVED)


@dataclass(frozen=True)
class CheckResult:
    """check: its name; detail: one line, with the point if it was refuted; seconds: wall time;
    snippet: a program that shows what was refuted, if there is one; rung: its number from 1 (0: it
    is none of the ladder's)."""

    check: str
    verdict: Verdict
    detail: str
    seconds: float
    snippet: str = ""
    rung: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "rung": self.rung or None,
            "check": self.check,
            "verdict": self.verdict.value,
            "detail": self.detail,
            "seconds": round(self.seconds, 3),
            "snippet": self.snippet or None,
        }


@dataclass(frozen=True)
class LossReport:
    """Every check of one loss. A report without checks shows nothing: it is undecided.

    reference: what the numerical checks compare with, an "oracle" or the loss's own "formula"
    (`verify.subject`); None where there was nothing to check.
    """

    loss: str
    results: tuple[CheckResult, ...]
    reference: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of all: refuted, then undecided, then agreed, then proved."""
        if not self.results:
            return Verdict.UNDECIDED
        return min((x.verdict for x in self.results), key=_WORST_FIRST.index)

    @property
    def seconds(self) -> float:
        return sum(x.seconds for x in self.results)

    def to_json(self) -> dict[str, Any]:
        return {
            "loss": self.loss,
            "verdict": self.verdict.value,
            "reference": self.reference,
            "results": [x.to_json() for x in self.results],
        }
