"""Which known way of sharing a batch a loss behaves like, and what to change.

Decided by what can be seen from outside: the gradient after averaging against that of one process
(a factor, or another direction), what the values of the ranks make, and what is sent. The numbers
1 to 5 are those of `SCHEMES`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from verify.distributed.comparison import Comparison

Verdict = Literal["exact", "differs", "undecided"]


@dataclass(frozen=True)
class Scheme:
    """number: among the five known ones, or None; name; verdict; change: what to do about it."""

    number: int | None
    name: str
    verdict: Verdict
    change: str = ""


_CARRY = (
    "torch.distributed.nn.functional.all_gather, or objective(…, gather=True), whose exchanges "
    "carry it"
)
SCHEMES: Mapping[str, Scheme] = {
    "whole plain": Scheme(
        1,
        "the loss of the whole batch on every rank, with a gather that carries no gradient (a "
        "rank's own rows put back)",
        "differs",
        "Multiply the loss by the number of processes before backward, or gather with a gradient: "
        f"{_CARRY}.",
    ),
    "share carried": Scheme(
        2, "the loss of a rank's own anchors, with a gather that carries gradient", "exact"
    ),
    "times world": Scheme(
        3,
        "the loss of a rank's own anchors, with a gather that carries gradient (or another exact "
        "scheme), times the number of processes",
        "differs",
        "Leave out the factor W: DistributedDataParallel's average is over gradients that already "
        "carry what the other ranks owe.",
    ),
    "share plain": Scheme(
        4,
        "the loss of a rank's own anchors, with a gather that carries no gradient: what the "
        "anchors of other ranks owe to a rank's rows never comes home",
        "differs",
        f"Gather with a gradient: {_CARRY}. No factor mends a direction.",
    ),
    "plain reduce": Scheme(
        5,
        "statistics of the batch (a matrix, sums) added up by a plain all-reduce, through which no "
        "gradient returns",
        "differs",
        "Multiply the loss by the number of processes before backward, or use an all-reduce that "
        "carries gradient (torch.distributed.nn.functional.all_reduce).",
    ),
    "alone": Scheme(
        None,
        "no communication: each rank trains on its own batch, with its own negatives or statistics "
        "only",
        "differs",
        f"Gather the rows of all ranks with a gradient: {_CARRY}.",
    ),
    "separable": Scheme(
        None, "no communication, and none is needed: the loss is a mean over pairs", "exact"
    ),
    "whole carried": Scheme(
        None, "the loss of the whole batch on every rank, with exchanges that carry gradient",
        "exact",
    ),
    "exact": Scheme(None, "exact, and the ranks return values of their own", "exact"),
    "cut": Scheme(
        None,
        "no gradient reaches the encoder: what was gathered holds no rows of the rank's own that "
        "autograd knows",
        "differs",
        "Put the rank's own rows back (gathered[rank] = h), or gather with a gradient: "
        f"{_CARRY}.",
    ),
    "summed": Scheme(
        None,
        "the loss of a rank's own anchors, divided by the pairs of all ranks: "
        "DistributedDataParallel divides by the number of processes once more",
        "differs",
        "Divide by the rank's own pairs (a mean), or multiply the loss by the number of processes.",
    ),
    "factor": Scheme(
        None, "the right direction with another length", "differs", "Divide the loss by the factor."
    ),
    "direction": Scheme(
        None,
        "none of the known schemes",
        "differs",
        "Look for a tensor that is exchanged without a gradient, and for statistics of the rank's "
        f"own rows. Exchanges that carry gradient: {_CARRY}.",
    ),
    "random": Scheme(
        None,
        "it draws random numbers: one process with another state of torch's generator gives "
        "another value, and nothing can be compared",
        "undecided",
        "Switch the randomness off for the check (--set), or draw from a generator of its own with "
        "a fixed seed.",
    ),
    "stopped": Scheme(
        None,
        "the same on one process as on several, and on both the gradient is not the derivative of "
        "the value: what is exchanged was detached and the rank's own rows not put back, or the "
        "loss stops a gradient on purpose",
        "undecided",
        "Put the rank's own rows back (gathered[rank] = h), or gather with a gradient: "
        f"{_CARRY}. If the stop-gradient is meant, compare the loss with its definition: "
        "verify same.",
    ),
    "unclear": Scheme(
        None,
        "equal, or a multiple, but for more than rounding in float64 explains",
        "undecided",
        "Compute in the dtype that was given (float64 here), and check again.",
    ),
}  # fmt: skip


def recognise(x: Comparison) -> str:
    """The key in `SCHEMES`."""
    return next(_candidates(x))


def _candidates(x: Comparison) -> Iterator[str]:
    if x.random:
        yield "random"
    if x.unclear:
        yield "unclear"
    if x.exact:
        yield _exact(x)
    if x.factor == 0:
        yield "cut"
    if x.alone:
        yield "alone"
    yield _multiple(x) if x.scaled else _direction(x)


def _exact(x: Comparison) -> str:
    if x.exchanges is not None and not x.exchanges.forward_kinds():
        return "separable"
    if not x.sound:
        return "stopped"
    return {"whole": "whole carried", "share": "share carried"}.get(x.returned, "exact")


def _multiple(x: Comparison) -> str:
    if x.is_times(x.world):
        return "times world"
    if not x.is_times(1 / x.world):
        return "factor"
    if x.returned == "sum":
        return "summed"
    if x.returned != "whole" or _returns_gradient(x):
        return "factor"
    return "plain reduce" if _only_reduces(x) else "whole plain"


def _direction(x: Comparison) -> str:
    right = x.returned in ("whole", "share")
    return "share plain" if right and _gathers(x) and not _returns_gradient(x) else "direction"


def _gathers(x: Comparison) -> bool:
    return x.exchanges is not None and "all-gather" in x.exchanges.forward_kinds()


def _only_reduces(x: Comparison) -> bool:
    return x.exchanges is not None and x.exchanges.forward_kinds() == {"all-reduce"}


def _returns_gradient(x: Comparison) -> bool:
    """Whether backward sends anything to other ranks."""
    return x.exchanges is not None and bool(x.exchanges.backward)
