"""How much the ladder does: a number of examples for each rung, and the sizes of its batches."""

from collections.abc import Mapping
from dataclasses import dataclass

from derive.errors import InputError, UnknownNameError

Shape = tuple[int, int]


@dataclass(frozen=True)
class Sizes:
    """most_pairs, most_features: of the batches that Hypothesis draws; trained: (N, D) of those
    of the size of training."""

    most_pairs: int = 8
    most_features: int = 8
    trained: tuple[Shape, ...] = (
        (8, 4), (8, 4), (8, 4), (70, 16), (70, 16), (300, 16), (300, 16),
    )  # fmt: skip


ORDINARY = Sizes()


@dataclass(frozen=True)
class Profile:
    """examples: rung → points, batches or examples of a property; sizes: of the batches."""

    name: str
    examples: Mapping[str, int]
    sizes: Sizes = ORDINARY

    def of(self, rung: str, examples: int | None = None) -> int:
        """How many examples a rung has; `examples` takes the place of the profile's."""
        return self.examples.get(rung, _OTHERS) if examples is None else examples


_OTHERS = 10  # of a rung that no profile knows
PROFILES = {
    "ci": Profile("ci", {"points": 10, "autograd": 30, "fast": 20, "relations": 10}),
    "dev": Profile("dev", {"points": 20, "autograd": 100, "fast": 100, "relations": 40}),
    "thorough": Profile(
        "thorough",
        {"points": 60, "autograd": 1000, "fast": 600, "relations": 200},
        Sizes(16, 24, (*ORDINARY.trained, (300, 64), (700, 32), (1100, 16))),
    ),
}
DEFAULT = "ci"


def profile_of(name: str) -> Profile:
    """The profile of that name. Raises `UnknownNameError`."""
    if name not in PROFILES:
        raise UnknownNameError("profile", name, PROFILES)
    return PROFILES[name]


def check_examples(examples: int | None, seed: int, largest: int) -> None:
    """Raises `InputError` for no examples, or a seed that no generator takes."""
    if (examples is not None and examples < 1) or not 0 <= seed <= largest:
        raise InputError(
            f"examples={examples}, seed={seed}: without examples nothing is shown. Give at least "
            f"one example and a seed from 0 to {largest}."
        )
