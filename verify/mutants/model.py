"""What planting faults returns: each mutant, and what became of it."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Fate(Enum):
    """What became of a mutant. Only `SURVIVED` is a gap of the ladder."""

    KILLED = "killed"  # a rung of the ladder tells it from the loss
    EQUIVALENT = "equivalent"  # proved to have the same value and gradients
    SURVIVED = "survived"


@dataclass(frozen=True)
class Mutant:
    """loss: its name; part: "formula" or "lowering"; kind: of the fault; text: what was put for
    what; fate; rung: what killed it; detail: the example that did, the proof, or what is known of
    a survivor."""

    loss: str
    part: str
    kind: str
    text: str
    fate: Fate
    rung: str
    detail: str

    def to_json(self) -> dict[str, Any]:
        return {
            "loss": self.loss,
            "part": self.part,
            "kind": self.kind,
            "text": self.text,
            "fate": self.fate.value,
            "rung": self.rung,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class LossMutants:
    """The mutants of one loss. planted, idle: how many faults of the lowering were tried, and how
    many of those change no number that the loss computes: they are no mutants of it."""

    loss: str
    mutants: tuple[Mutant, ...]
    planted: int = 0
    idle: int = 0
    seconds: float = 0.0

    def of(self, fate: Fate) -> list[Mutant]:
        return [x for x in self.mutants if x.fate is fate]

    def to_json(self) -> dict[str, Any]:
        counts = {fate.value: len(self.of(fate)) for fate in Fate}
        return {
            "loss": self.loss,
            **counts,
            "faults_of_the_lowering": self.planted,
            "without_effect": self.idle,
            "seconds": round(self.seconds, 2),
            "mutants": [x.to_json() for x in self.mutants],
        }
