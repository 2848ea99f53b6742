"""What a claim of a paper is, and what is found of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from verify.claims.text import displayed


class Outcome(StrEnum):
    """What is found of a claim. It is always computed, never typed in.

    exact: it holds as printed; tangent: up to a multiple of h_i, which the normalisation of an
    embedding removes; conditional: under the named conditions, none of which can be left out;
    false: there is a counterexample; undecided: neither a proof nor a counterexample was found;
    empirical: it is about trained models, and no proof decides it.
    """

    EXACT = "exact"
    TANGENT = "tangent"
    CONDITIONAL = "conditional"
    FALSE = "false"
    UNDECIDED = "undecided"
    EMPIRICAL = "empirical"


@dataclass(frozen=True)
class Judgement:
    """conditions: statements about the batch, in words; correction: the printed formula with the
    smallest edits that make it hold, in words and as text; evidence: what was computed: a proof
    and the numbers beside it, or a counterexample that can be drawn again."""

    outcome: Outcome
    conditions: tuple[str, ...] = ()
    correction: str = ""
    evidence: tuple[str, ...] = ()


Test = Callable[[int], Judgement]  # of a seed


@dataclass(frozen=True)
class Claim:
    """One statement of a paper.

    id: unique, "001-eq-1"; source: the paper's arXiv number; equation: where it is printed;
    statement: what is claimed, in our words; formula: as printed, as text; test: decides it.
    """

    id: str
    source: str
    equation: str
    statement: str
    formula: str
    test: Test = field(repr=False)

    @property
    def printed(self) -> str:
        """What is claimed and, at the end, the formula that was judged."""
        return f"{self.statement.rstrip('.')}: {self.formula}"

    def judged(self, seed: int = 0) -> "Judged":
        """What the test finds. One that cannot be carried out has decided nothing."""
        try:
            found = self.test(seed)
        except Exception as error:
            reason = f"could not be carried out: {type(error).__name__}: {error}"
            found = Judgement(Outcome.UNDECIDED, evidence=(reason,))
        return Judged(self, _displayed(found))


def _displayed(found: Judgement) -> Judgement:
    """The same in the papers' signs."""
    words = (tuple(map(displayed, x)) for x in (found.conditions, found.evidence))
    conditions, evidence = words
    return Judgement(found.outcome, conditions, displayed(found.correction), evidence)


@dataclass(frozen=True)
class Judged:
    """A claim with what was found of it."""

    claim: Claim
    judgement: Judgement

    def to_json(self) -> dict[str, object]:
        claim, found = self.claim, self.judgement
        return {
            "id": claim.id,
            "source": claim.source,
            "equation": claim.equation,
            "statement": claim.printed,
            "verdict": found.outcome.value,
            "conditions": list(found.conditions),
            "correction": found.correction or None,
            "evidence": list(found.evidence),
        }


def empirical(why: str) -> Test:
    """Of a statement that only measurements on trained models speak to."""
    return lambda seed: Judgement(Outcome.EMPIRICAL, evidence=(why,))
