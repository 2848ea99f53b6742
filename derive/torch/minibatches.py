"""A view of a batch cut into mini-batches along the samples.

A view is a tensor (N, …); a dict or a tuple or list of such tensors; or a list of N samples that
the encoder reads itself, such as sentences. What has no samples in it (numbers, strings, None,
tensors of no axis) goes into every mini-batch as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from derive.errors import InputError

Cut = tuple[int, int]  # the first sample of a mini-batch, and the first after it


def tensors_in(view: Any) -> Iterator[Tensor]:
    """Every tensor of a view."""
    if isinstance(view, Tensor):
        yield view
    elif isinstance(view, Mapping):
        for part in view.values():
            yield from tensors_in(part)
    elif isinstance(view, list | tuple):
        for part in view:
            yield from tensors_in(part)


def count_samples(view: Any) -> int:
    """N. Raises `InputError` for a view without samples, and where its parts disagree on N."""
    counts = dict(_counts(view, ""))
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{place or 'the view'}: {n}" for place, n in counts.items())
        raise InputError(
            f"the parts of a view have different first axes ({found}), so that it cannot be cut "
            "into mini-batches of samples. Pad the batch so that the first axis of every part is "
            "the sample, or encode it in one pass, without gradient caching."
        )
    if not counts or not set(counts.values()) - {0}:
        raise InputError(
            f"a view ({type(view).__name__}) holds no samples to cut into mini-batches. Give a "
            "tensor (N, …), a dict or a sequence of such tensors, or a list of N samples."
        )
    return next(iter(counts.values()))


def _counts(view: Any, place: str) -> Iterator[tuple[str, int]]:
    if isinstance(view, Tensor):
        if view.ndim:
            yield place, len(view)
    elif isinstance(view, Mapping):
        for key, part in view.items():
            yield from _counts(part, f"{place}[{key!r}]")
    elif _is_columns(view):
        for position, part in enumerate(view):
            yield from _counts(part, f"{place}[{position}]")
    elif isinstance(view, list | tuple):
        yield place, len(view)


def samples(view: Any, start: int, stop: int) -> Any:
    """The samples from `start` to before `stop`, in the structure of the view.

    Tensors are copied: an encoder that writes into its input spoils neither the batch nor the
    second pass over it.
    """
    if isinstance(view, Tensor):
        return view[start:stop].clone() if view.ndim else view
    if isinstance(view, Mapping):
        return {key: samples(part, start, stop) for key, part in view.items()}
    if _is_columns(view):
        return type(view)([samples(part, start, stop) for part in view])
    if isinstance(view, list | tuple):
        return view[start:stop]
    return view


def _is_columns(view: Any) -> bool:
    return (
        isinstance(view, list | tuple)
        and len(view) > 0
        and all(isinstance(part, Tensor | Mapping) for part in view)
    )


@dataclass(frozen=True)
class InOrder:
    """A view of any form, cut as it comes."""

    view: Any
    count: int

    def __len__(self) -> int:
        return self.count

    def cuts(self, size: int) -> list[Cut]:
        """`size` samples at a time; the last may be fewer."""
        return [(x, min(x + size, self.count)) for x in range(0, self.count, size)]

    def samples(self, start: int, stop: int) -> Any:
        """The samples of a mini-batch, copied."""
        return samples(self.view, start, stop)

    def part(self, by_sample: Tensor, start: int, stop: int) -> Tensor:
        """The rows of a mini-batch of (N, D)."""
        return by_sample[start:stop]

    def whole(self, embeddings: Tensor) -> Tensor:
        """(N, D), which are in order."""
        return embeddings
