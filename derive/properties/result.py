"""One property of a loss: what is said, how surely, and on what ground."""

from dataclasses import dataclass
from typing import Any, Literal

from sympy import Expr

from derive.verdict import Verdict

Status = Verdict | Literal["sampled"]
SAMPLED: Status = "sampled"


@dataclass(frozen=True)
class Property:
    """A statement about a loss.

    topic: the section it stands in; name: its key in data; statement: one sentence. status:
    PROVED, REFUTED (what one might expect fails, at the point that `evidence` gives), "sampled"
    (numbers at drawn batches, which prove nothing) or UNDECIDED. evidence: the argument, the
    point, the sizes and seed of the samples, or why nothing is known. value: the exact value that
    the statement gives, if it gives one. answer: the finding in one or two words.
    """

    topic: str
    name: str
    statement: str
    status: Status
    evidence: str
    answer: str = ""
    value: Expr | None = None

    def __post_init__(self) -> None:
        assert self.evidence  # a result without its ground is none

    @property
    def status_text(self) -> str:
        """proved, refuted, sampled or undecided."""
        return self.status.value if isinstance(self.status, Verdict) else self.status

    def data(self) -> dict[str, Any]:
        """As plain data, without the value's typesetting."""
        return {
            "name": self.name,
            "answer": self.answer,
            "statement": self.statement,
            "status": self.status_text,
            "evidence": self.evidence,
        }
