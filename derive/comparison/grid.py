"""Small batches with simple coordinates, for counterexamples that can be checked by hand."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from random import Random

Coordinates = tuple[Fraction, ...]
Batch = tuple[tuple[Coordinates, ...], tuple[Coordinates, ...]]

SIZES = ((2, 2), (3, 2), (3, 3), (4, 2), (4, 3))  # N, D: fewest samples first
_MOST = 40  # batches of each size
_TRIES = 2000


def _unit(a: int, b: int, c: int) -> Coordinates:
    return Fraction(a, c), Fraction(b, c)


_CIRCLE = (
    _unit(1, 0, 1), _unit(0, 1, 1), _unit(3, 4, 5), _unit(4, 3, 5), _unit(-1, 0, 1),
    _unit(-3, 4, 5), _unit(4, -3, 5), _unit(5, 12, 13), _unit(-12, 5, 13), _unit(8, -15, 17),
)  # fmt: skip
_SPHERE = (
    *((*x, Fraction(0)) for x in _CIRCLE[:4]),
    *(tuple(Fraction(n, 3) for n in x) for x in ((1, 2, 2), (2, 1, -2), (2, -2, 1), (-1, 2, 2))),
    *(tuple(Fraction(n, 7) for n in x) for x in ((2, 3, 6), (6, -2, 3))),
)


def simple_batches(n: int, d: int) -> Iterator[Batch]:
    """Unit embeddings from a short list, h_1 always the first unit vector; of two samples the
    plainest come first, of more some that are drawn. No two cosines of a row or of a column are
    equal, so no maximum is attained twice."""
    vectors = _CIRCLE if d == 2 else _SPHERE
    choices = _plainest(len(vectors)) if n == 2 else _drawn(len(vectors), 2 * n - 1)
    found = 0
    for rest in choices:
        rows = [vectors[0], *(vectors[k] for k in rest)]
        batch = tuple(rows[:n]), tuple(rows[n:])
        if _apart(batch):
            yield batch
            found += 1
        if found == _MOST:
            return


def _plainest(count: int) -> Iterator[tuple[int, ...]]:
    """Triples of vectors, those early in the list first."""
    for top in range(1, count):
        yield from (x for x in product(range(top + 1), repeat=3) if max(x) == top)


def _drawn(count: int, length: int) -> Iterator[tuple[int, ...]]:
    random = Random(0)
    for _ in range(_TRIES):
        yield tuple(random.randrange(count) for _ in range(length))


def _apart(batch: Batch) -> bool:
    h, h_prime = batch
    n = len(h)
    cross = [[_dot(x, y) for y in h_prime] for x in h]
    same = [[_dot(h[k], h[m]) for m in range(n) if m != k] for k in range(n)]
    return all(len(set(row)) == len(row) for row in (*cross, *same, *zip(*cross, strict=True)))


def _dot(x: Coordinates, y: Coordinates) -> Fraction:
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))
