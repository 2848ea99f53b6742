"""What `verify distributed` says of one loss on one number of processes."""

from dataclasses import dataclass
from typing import Any

from verify.distributed.comparison import Comparison
from verify.distributed.schemes import SCHEMES, recognise

_CODES = {"exact": 0, "differs": 1, "cannot run": 2, "undecided": 3}
_WORST_FIRST = ("differs", "cannot run", "undecided", "exact")


@dataclass(frozen=True)
class Report:
    """verdict: exact | differs | cannot run | undecided; comparison: None where it cannot run;
    scheme: the key in `schemes.SCHEMES`, None also for a loss of `derive`; reason: why it cannot
    run or be compared; log: the end of the rank's standard error."""

    loss: str
    world: int
    verdict: str
    comparison: Comparison | None = None
    scheme: str | None = None
    reason: str = ""
    log: str = ""

    @classmethod
    def of_objective(cls, loss: str, x: Comparison) -> "Report":
        """Of `gather=True`: the gradient and, on every rank, the value of one process."""
        right = x.exact and x.returned == "whole" and len(set(x.values)) == 1
        return cls(loss, x.world, "exact" if right else "differs", x)

    @classmethod
    def of_function(cls, loss: str, x: Comparison) -> "Report":
        scheme = recognise(x)
        return cls(loss, x.world, SCHEMES[scheme].verdict, x, scheme)

    @property
    def sentence(self) -> str:
        """What it is, in one sentence."""
        x = self.comparison
        if x is None:
            return f"{self.verdict}: {self.reason}"
        if self.scheme is None:
            return f"the gradient of one process to {x.exact_error:.1g}, {self.returned}"
        scheme = SCHEMES[self.scheme]
        number = f"scheme {scheme.number}, " if scheme.number else ""
        return f"{self.effect}: {number}{scheme.name}."

    @property
    def effect(self) -> str:
        """The averaged gradient against that of one process: "1/W of it, 1/2"."""
        x = self.comparison
        if x is None:
            return ""
        if self.verdict == "undecided":
            return f"undecided (error {x.exact_error:.1g}, cosine {x.cosine:.6g})"
        if x.exact:
            return "exactly the gradient of one process"
        if x.factor == 0:
            return "no gradient"
        if x.scaled:
            return f"{_multiple(x)} the gradient of one process"
        return f"another direction than the gradient of one process, cosine {x.cosine:.2f}"

    @property
    def returned(self) -> str:
        """The value that each rank returns."""
        x = self.comparison
        if x is None:
            return ""
        said = {
            "whole": f"every rank returns {x.values[0]:.6g}, the loss of one process",
            "share": "their mean is the loss of one process",
            "sum": "their sum is the loss of one process",
            "times": "their mean is W times the loss of one process",
            "own": "each is the loss of the rank's own batch, not of one process",
            "other": "neither their mean nor their sum is the loss of one process",
        }[x.returned]
        if x.returned == "whole":
            return said
        values = ", ".join(f"{value:.6g}" for value in x.values)
        return f"the ranks return {values}: {said}, {x.value:.6g}"

    @property
    def change(self) -> str:
        return SCHEMES[self.scheme].change if self.scheme else ""

    @property
    def lines(self) -> list[str]:
        """The sentence, the values, what is sent, what to change."""
        x = self.comparison
        if x is None or self.scheme is None:
            return [self.sentence]
        told = [self.sentence, f"Values: {self.returned}."]
        if x.exchanges is not None:
            told.append(f"Sent: {x.exchanges}.")
        return [*told, f"To change: {self.change}"] if self.change else told

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "loss": self.loss, "processes": self.world, "verdict": self.verdict,
            "sentence": self.sentence,
        }  # fmt: skip
        x = self.comparison
        if x is None:
            return {**found, "log": self.log}
        scheme = {"scheme": self.scheme, "number": SCHEMES[self.scheme].number,
                  "change": self.change} if self.scheme else {}  # fmt: skip
        sent = {"exchanges": str(x.exchanges)} if x.exchanges else {}
        numbers = {"factor": x.factor, "cosine": x.cosine, "error": x.exact_error,
                   "error_of_the_multiple": x.error, "values": list(x.values),
                   "value_of_one_process": x.value, "pairs": list(x.sizes)}  # fmt: skip
        return {**found, **scheme, **numbers, "returned": self.returned, **sent}


def exit_code(reports: list[Report]) -> int:
    """0: all exact; 1: one differs; 2: one cannot run; 3: one is undecided. The first that is
    found, in the order 1, 2, 3."""
    found = {x.verdict for x in reports}
    return next((_CODES[x] for x in _WORST_FIRST if x in found), 2)


def _multiple(x: Comparison) -> str:
    for said, factor in (("1/W", 1 / x.world), ("W", x.world), ("1/W²", x.world**-2),
                         ("W²", x.world**2)):  # fmt: skip
        if x.is_times(factor):
            return f"{said} (W = {x.world}, {x.factor:.4g}) times"
    return f"{x.factor:.6g} times"
