"""Whether code and a candidate are one loss, up to a factor and a constant that are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from verify.audits import constants
from verify.audits.constants import Factor
from verify.audits.observations import Observation
from verify.audits.responses import READINGS, Candidate, Reading, Response, number_at, seen

EXACT, SINGLE = 1e-7, 3e-5  # relative, where the code computes in float64, and where it does not
_ZERO = 1e-12
_LEAST = 3  # batches at which something must have been compared
Kind = Literal["equal", "gradient", "value"]


@dataclass(frozen=True)
class Match:
    """kind: value and gradient agree, or one of them alone; reading: of `READINGS`; limit: the
    relative difference that was allowed; error: that was found, of gradients."""

    candidate: Candidate
    reading: str
    factor: Factor
    offset: Factor | None
    kind: Kind
    limit: float
    error: float

    @property
    def is_near(self) -> bool:
        """Whether more than rounding was allowed."""
        return self.limit > SINGLE

    @property
    def cost(self) -> int:
        """How much the sentence has to say beside the name."""
        extra = self.offset.cost if self.offset else 0
        steps = READINGS[self.reading][0]
        return 3 * steps + self.factor.cost + extra + 2 * len(self.candidate.fitted)


def tolerance(observations: Sequence[Observation]) -> float:
    """The relative difference that counts as none."""
    return EXACT if all(x.exact for x in observations) else SINGLE


def usable(
    observations: Sequence[Observation], candidate: Candidate, *, scaleless: bool
) -> list[Observation]:
    """Batches at which the two can be compared: a loss of unit rows says nothing of raw ones,
    unless the code normalises them."""
    if candidate.normalised and not scaleless:
        return [x for x in observations if x.unit]
    return list(observations)


def distance(reading: Reading, candidate: Candidate, x: Observation) -> float:
    """1 − cos² of the two gradients at a batch, from 0 (parallel) to 1."""
    answers = candidate.at(x)
    if answers is None:
        return 1.0
    f, c = seen(x, tangent=candidate.normalised).gradient, reading(*answers).gradient
    size = float((f * f).sum() * (c * c).sum())
    return 1.0 - float((f * c).sum()) ** 2 / size if size > 0 else 1.0


def match(
    candidate: Candidate, reading: str, observations: Sequence[Observation], limit: float
) -> Match | None:
    """How the code is this candidate in this reading, or None. limit: relative difference."""
    pairs = []
    for x in observations:
        answers = candidate.at(x)
        if answers is None:
            return None
        one = (seen(x, tangent=candidate.normalised), READINGS[reading][1](*answers))
        if not _parallel(*one, limit):
            return _by_value(candidate, reading, observations, limit)
        pairs.append(one)
    scales = [_scale(f, c) for f, c in pairs]
    used = [k for k, a in enumerate(scales) if a is not None]
    if len(used) < min(_LEAST, len(observations)) or not used:
        return None
    return _scaled(
        candidate, reading, [observations[k] for k in used], [pairs[k] for k in used], limit
    )


def _scaled(
    candidate: Candidate,
    reading: str,
    at: Sequence[Observation],
    pairs: Sequence[tuple[Response, Response]],
    limit: float,
) -> Match | None:
    sizes = [x.sizes for x in at]
    scales = [_scale(f, c) or 0.0 for f, c in pairs]
    by = constants.factor(sizes, scales, _constants(candidate), _wide(limit))
    if by is None:
        return None
    left = [float(f.value) - a * float(c.value) for (f, c), a in zip(pairs, by.values, strict=True)]
    error = max(
        _error(f.gradient, a * c.gradient) for (f, c), a in zip(pairs, by.values, strict=True)
    )
    if all(_same_value(f, a * c.value, limit) for (f, c), a in zip(pairs, by.values, strict=True)):
        return Match(candidate, reading, by, None, "equal", limit, error)
    added = constants.offset(sizes, left, by, _wide(limit))
    kind: Kind = "equal" if added else "gradient"
    return Match(candidate, reading, by, added, kind, limit, error)


def _wide(limit: float) -> float:
    """Of a factor, which a few roundings went into."""
    return max(limit, min(10 * limit, 1e-3))


def _constants(candidate: Candidate) -> dict[str, float]:
    """Hyper-parameters by which losses are scaled: temperatures."""
    values = candidate.values
    return {"τ": number_at(values["tau"], 2, 2)} if "tau" in values else {}


def _by_value(
    candidate: Candidate, reading: str, observations: Sequence[Observation], limit: float
) -> Match | None:
    """The value alone, as it stands: a gradient that is cut or written by hand."""
    if reading:
        return None
    for x in observations:
        answers = candidate.at(x)
        if answers is None or not _same_value(seen(x, tangent=True), answers[0].value, limit):
            return None
    if len(observations) < _LEAST or float(observations[0].value) == float(observations[1].value):
        return None
    one = Factor(constants.ONE, (1.0,) * len(observations), 0)
    return Match(candidate, reading, one, None, "value", limit, 0.0)


def _same_value(f: Response, c: Tensor, limit: float) -> bool:
    return abs(float(f.value - c)) <= limit * (1 + abs(float(c)))


def _size(x: Tensor) -> float:
    return float(x.norm())


def _parallel(f: Response, c: Response, limit: float) -> bool:
    a = _scale(f, c)
    if a is None:
        return _size(f.gradient) <= _ZERO and _size(c.gradient) <= _ZERO
    return _error(f.gradient, a * c.gradient) <= limit


def _scale(f: Response, c: Response) -> float | None:
    """The factor of the candidate that is nearest; None where one of them vanishes."""
    if _size(f.gradient) <= _ZERO or _size(c.gradient) <= _ZERO:
        return None
    return float((f.gradient * c.gradient).sum() / (c.gradient * c.gradient).sum())


def _error(f: Tensor, c: Tensor) -> float:
    return _size(f - c) / max(_size(f), _ZERO)


def hyper_text(values: Mapping[str, object]) -> str:
    """τ = 0.05, m = 0.3: hyper-parameters as a sentence has them."""
    shown = {
        "tau": "τ",
        "nu": "ν",
        "lam": "λ",
        "alpha": "α",
        "gamma": "γ",
        "eps": "ε",
        "share": "α",
    }
    texts = []
    for name, value in values.items():
        head, _, tail = name.partition("_")
        symbol = shown.get(head, head) + (f"_{tail}" if tail else "")
        texts.append(f"{symbol} = {_value_text(value)}")
    return ", ".join(texts)


def _value_text(value: object) -> str:
    try:
        return constants.number(float(value))  # type: ignore[arg-type]
    except TypeError:  # an expression of N and D
        return str(value).replace("sqrt(D)", "√D")
