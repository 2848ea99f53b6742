"""What W ranks found, measured against one process."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from verify.distributed.exchanges import Exchanges
from verify.distributed.tasks import Rank, Whole

EXACT = 1e-12  # of the gradient of a loss of ours
ROUNDING = 1e-9  # of the user's code: it may add up in another order, ill-conditioned
_UNCLEAR = 1e-4  # nearer than this, and farther than ROUNDING: a lower precision, or not quite it

Values = Literal["whole", "share", "sum", "times", "own", "other"]


@dataclass(frozen=True)
class Comparison:
    """factor: by which the averaged gradient is that of one process, at best; error: what then
    remains, relative to it; exact_error: the same for a factor of 1; cosine: of the two; values:
    of the ranks; value: of one process; alone: whether value and gradient of every rank are those
    of its own batch; random, sound, exchanges: as in
    `tasks`."""

    world: int
    sizes: tuple[int, ...]
    factor: float
    error: float
    exact_error: float
    cosine: float
    values: tuple[float, ...]
    value: float
    alone: bool
    random: bool
    sound: bool
    exchanges: Exchanges | None
    tolerance: float

    @classmethod
    def of(cls, whole: Whole, ranks: list[Rank]) -> "Comparison":
        found, known = ranks[0].step.gradients, whole.step.gradients
        g, expected = _flat(found), _flat(known)
        factor = float(g @ expected / (expected @ expected))
        norm = float(g.norm() * expected.norm())
        return cls(
            world=len(ranks),
            sizes=whole.setting.sizes,
            factor=factor,
            error=_error(found, known, whole.sizes, factor),
            exact_error=max(_error(x.step.gradients, known, whole.sizes, 1.0) for x in ranks),
            cosine=float(g @ expected) / norm if norm else 0.0,
            values=tuple(x.step.value for x in ranks),
            value=whole.step.value,
            alone=_alone(whole, ranks),
            random=whole.random,
            sound=whole.sound,
            exchanges=ranks[0].exchanges,
            tolerance=EXACT if whole.kind == "objective" else ROUNDING,
        )

    @property
    def exact(self) -> bool:
        return self.exact_error <= self.tolerance

    @property
    def scaled(self) -> bool:
        """Whether the direction is that of one process."""
        return self.error <= self.tolerance

    @property
    def unclear(self) -> bool:
        """Nearly exact, or nearly a multiple, and not quite."""
        return not self.scaled and self.error < _UNCLEAR

    def is_times(self, factor: float) -> bool:
        return self.scaled and abs(self.factor - factor) <= self.tolerance * factor

    @property
    def returned(self) -> Values:
        """How the values of the ranks make that of one process: each is it, their mean is, their
        sum is, their mean is W times it; or they are those of the ranks' own batches."""
        near = self.tolerance * max(1.0, abs(self.value))
        if all(abs(x - self.value) <= near for x in self.values):
            return "whole"
        mean = sum(self.values) / self.world
        made: dict[Values, float] = {
            "share": mean, "sum": sum(self.values), "times": mean / self.world,
        }  # fmt: skip
        for said, found in made.items():
            if abs(found - self.value) <= near:
                return said
        return "own" if self.alone else "other"


def _flat(gradients: dict[str, Tensor]) -> Tensor:
    return torch.cat([g.flatten() for g in gradients.values()])


def _error(
    found: dict[str, Tensor], known: dict[str, Tensor], sizes: dict[str, float], factor: float
) -> float:
    """The largest error of a parameter's gradient against factor times the known one."""
    if not factor:
        return 0.0 if all(not g.any() for g in found.values()) else float("inf")
    return max(
        float((found[name] - factor * g).abs().max()) / (abs(factor) * sizes[name])
        for name, g in known.items()
    )


def _alone(whole: Whole, ranks: list[Rank]) -> bool:
    """Whether the ranks do what each would do without the others, then averaged."""
    if whole.alone is None:
        return False
    for rank, own in zip(ranks, whole.alone, strict=True):
        if abs(rank.step.value - own.value) > ROUNDING * max(1.0, abs(own.value)):
            return False
    mean = {
        name: torch.stack([own.gradients[name] for own in whole.alone]).mean(dim=0)
        for name in whole.step.gradients
    }
    return _error(ranks[0].step.gradients, mean, whole.sizes, 1.0) <= ROUNDING
