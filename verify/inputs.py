"""What some losses take besides two views: labels, or the sample numbers of extra negatives.

Labels have at least two classes: with one there is no negative, and no ratio. That case is for
the check of singular points. Arrays of sample numbers never hold i in row i.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random

import torch
from torch import Tensor

from derive.errors import ObjectiveError
from derive.nodes import Given, Match, Mismatch
from derive.objective import Objective
from verify.bounds import all_nodes

LABELS = "labels"
_MOST_EXTRAS = 4

Numbers = Mapping[str, Sequence[object]]


def check_inputs(objective: Objective) -> None:
    """Raises `ObjectiveError` unless the inputs that an objective names are those that its formula
    takes: labels and arrays of sample numbers are all that can be drawn."""
    stated = objective.inputs
    if not isinstance(stated, tuple) or not all(isinstance(x, str) for x in stated):
        raise ObjectiveError(
            f"inputs of {objective.name} are {stated!r}. Write a tuple of names, ('labels',)."
        )
    nodes = all_nodes(objective.formula())
    taken = {x.args[0].name for x in nodes if isinstance(x, Given)}
    if any(isinstance(x, Match | Mismatch) for x in nodes):
        taken.add(LABELS)
    for name in sorted(set(stated) - taken):
        raise ObjectiveError(
            f"{objective.name} names the input {name!r}, and its formula does not take it: a "
            "formula takes labels (Match, Mismatch) and arrays of sample numbers "
            "(derive.notation.given), and values for nothing else can be drawn. Leave it out, or "
            "make it a hyper-parameter."
        )
    for name in sorted(taken - set(stated)):
        raise ObjectiveError(
            f"the formula of {objective.name} takes {name!r}, which its inputs do not name. Write "
            f"inputs = ({', '.join(repr(x) for x in sorted(taken))},)."
        )


def draw_inputs(names: Sequence[str], n: int, random: Random) -> dict[str, list[object]]:
    """Values of the inputs of those names for n ≥ 2 samples: n labels, or n rows of M numbers.

    Labels repeat, stand alone, or both; M is 1 to 4, and the same for all arrays.
    """
    extras = random.randint(1, _MOST_EXTRAS)
    return {name: _labels(n, random) if name == LABELS else _array(n, extras, random)
            for name in names}  # fmt: skip


def _labels(n: int, random: Random) -> list[object]:
    classes = random.randint(2, n)
    labels = [k if k < classes else random.randrange(classes) for k in range(n)]
    random.shuffle(labels)
    return list(labels)


def _array(n: int, extras: int, random: Random) -> list[object]:
    return [[(i + random.randint(1, n - 1)) % n for _ in range(extras)] for i in range(n)]


def as_tensors(inputs: Numbers) -> dict[str, Tensor]:
    """As a loss takes them."""
    return {name: torch.tensor(values) for name, values in inputs.items()}


def singular_inputs(names: Sequence[str], n: int) -> Iterator[dict[str, Tensor]]:
    """The extremes: one class and one for each; one extra, and the same one many times."""
    if not names:
        yield {}
        return
    for labels, extras in (([0] * n, 1), (list(range(n)), 3)):
        array = [[(i + 1) % n] * extras for i in range(n)]
        yield as_tensors({name: labels if name == LABELS else array for name in names})


def bad_inputs(names: Sequence[str], n: int) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Name → what has to be refused."""
    good = next(singular_inputs(names, n))
    for name in names:
        values = good[name]
        yield f"{name} missing", {k: v for k, v in good.items() if k != name}
        yield f"{name} of another length", {**good, name: values[:-1]}
        yield f"{name} not integers", {**good, name: values + 0.5}
        if name != LABELS:
            yield f"{name} holding its own row", {**good, name: _own(values)}
            yield f"{name} out of range", {**good, name: values.clone().fill_(n)}


def _own(values: Tensor) -> Tensor:
    """The array with each row's own number in its first column."""
    own = values.clone()
    own[:, 0] = torch.arange(len(values))
    return own
