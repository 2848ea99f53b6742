"""What of a sample of a measurement is not as docs/measuring.md has it.

The parts that figures read are looked at, no others.
"""

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """place: "angles.positive.mean"; said: what is wrong with the value there, "" if absent."""

    place: str
    said: str


Shape = Callable[[Any, str], Iterator[Fault]]  # value, place
_SHOWN = 40  # characters of a wrong value


def faults(sample: Any) -> list[Fault]:
    """Of one sample, in the order of the schema."""
    return list(_SAMPLE(sample, ""))


def is_number(value: Any) -> bool:
    """An integer or a finite float; JSON's true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _wrong(value: Any, place: str, wanted: str) -> Fault:
    shown = repr(value) if value is not None else "null"
    return Fault(place, f"{shown[:_SHOWN]}, {wanted}")


def _number(value: Any, place: str) -> Iterator[Fault]:
    if not is_number(value):
        yield _wrong(value, place, "no finite number")


def _count(value: Any, place: str) -> Iterator[Fault]:
    if not is_number(value) or not isinstance(value, int) or value < 0:
        yield _wrong(value, place, "no count")


def _maybe(shape: Shape) -> Shape:
    return lambda value, place: shape(value, place) if value is not None else iter(())


def _each(shape: Shape, n: int | None = None) -> Shape:
    """A list, of n elements."""

    def look(value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, list) or (n is not None and len(value) != n):
            yield _wrong(value, place, "no list" if n is None else f"no list of {n}")
            return
        for i, x in enumerate(value):
            yield from shape(x, f"{place}[{i}]")

    return look


def _fields(**shapes: Shape) -> Shape:
    """An object with these keys, and any others."""

    def look(value: Any, place: str) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield _wrong(value, place or "the sample", "no object")
            return
        for key, shape in shapes.items():
            inner = f"{place}.{key}" if place else key
            if key in value:
                yield from shape(value[key], inner)
            else:
                yield Fault(inner, "")

    return look


_VALUES = {"n": _count, "mean": _number, "std": _number, "quantiles": _each(_number, 7)}
_ANGLES = _fields(**_VALUES, histogram=_each(_count, 64))
_LEAST = _fields(
    **{"lambda": _number},
    minimum=_maybe(_fields(**_VALUES)),
    possible=_maybe(_number),
    met_by_one=_maybe(_number),
)
_TEMPERATURES = ("0.01", "0.03", "0.05", "0.1", "0.3", "1", "3")
_SAMPLE = _fields(
    batch=_count,
    angles=_fields(positive=_ANGLES, negative=_ANGLES),
    gap=_fields(mean_negative=_number),
    L_align=_number,
    L_uniform=_number,
    L_cl=_number,
    hardest_by_temperature=_fields(**dict.fromkeys(_TEMPERATURES, _number)),
    lemma_1=_each(_LEAST),
    ratio=_maybe(_fields(**_VALUES)),
)
