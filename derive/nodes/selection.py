"""Samples that are picked: the hardest negative, the hardest share of them, those given."""

from functools import lru_cache
from typing import Any

from sympy import Atom, Expr

from derive.nodes.base import IndexSum, Node
from derive.nodes.views import ExtraIndex, FeatureIndex, Index, SampleIndex


class Hardest(Node):
    """max over k ≠ i of the body. Arguments: body, bound index k, anchor index i."""

    __slots__ = ()


class HardestIndex(Node):
    """The k ≠ i at which the body is largest (one index, also at ties). Arguments as `Hardest`."""

    __slots__ = ()


class Top(Node):
    """1 where sample j is among the ⌈share·(N − 1)⌉ samples k ≠ i with the largest body, else 0.

    Of those tied at the threshold all are in; the derivative is taken as 0. Arguments: sample j,
    body, bound index k, anchor index i, share in (0, 1].
    """

    __slots__ = ()
    is_nonnegative = True


class Array(Atom):
    """The name of an integer array of sample numbers, (N, M), that is an input of the loss."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str) -> "Array":
        array = Atom.__new__(cls)
        array.name = name
        return array

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name,)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.name,)

    def _sympystr(self, printer: Any) -> str:
        return self.name


class Given(Node):
    """The sample that an input array holds for anchor i and extra e; never i itself.

    Arguments: array, anchor index, extra index.
    """

    __slots__ = ()

    def __new__(cls, array: Array | str, i: Expr, e: Expr) -> "Given":
        name = Array(array) if isinstance(array, str) else array
        return Expr.__new__(cls, name, i, e)


def excludes(a: Expr, b: Expr) -> bool:
    """Whether index a is picked among the samples other than b."""
    if isinstance(a, HardestIndex):
        return bool(a.args[2] == b)
    return isinstance(a, Given) and bool(a.args[1] == b)


@lru_cache(maxsize=100_000)
def free_indices(e: Expr) -> frozenset[Index]:
    """The indices an expression depends on (bound ones excluded)."""
    if isinstance(e, SampleIndex | FeatureIndex | ExtraIndex):
        return frozenset((e,))
    if not e.args:
        return frozenset()
    if isinstance(e, Top):
        j, body, k, i, _ = e.args
        return free_indices(j) | free_indices(i) | (free_indices(body) - {k})
    inside: frozenset[Index] = frozenset().union(*map(free_indices, e.args))
    if isinstance(e, IndexSum):
        return inside - {e.args[1]}
    if isinstance(e, Hardest | HardestIndex):
        return free_indices(e.args[2]) | (inside - {e.args[1]})
    return inside
