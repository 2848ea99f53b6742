"""Batches do satisfy the conditions they are made for, and not those they are not."""

from random import Random

import pytest

from derive.conditions import EQUAL_FEATURES, INTERCHANGEABLE, ZERO_MEAN
from verify.claims.batches import satisfying
from verify.claims.conditions import COINCIDENT
from verify.claims.points import TOLERANCE, Space
from verify.numbers import Number, Point, Rows, mp


def _mean(rows: Rows) -> Number:
    return max(abs(mp.fsum(x)) for x in zip(*rows, strict=True))


def _zero_mean(x: Point) -> Number:
    return max(_mean(x.h), _mean(x.h_prime))


def _equal_features(x: Point) -> Number:
    worst = mp.zero
    for rows in (x.h, x.h_prime):
        centred = [[y - mp.fsum(z) / len(z) for y in z] for z in zip(*rows, strict=True)]
        moments = [mp.fsum(y * y for y in z) for z in centred]
        worst = max(worst, max(moments) - min(moments))
    return worst


def _interchangeable(x: Point) -> Number:
    views = (x.h, x.h_prime)
    pairs = [(i, j) for i in range(x.n) for j in range(x.n) if i != j]
    cosines = [[mp.fdot(v[i], w[j]) for v in views for w in views] for i, j in pairs]
    return max(max(c) - min(c) for c in cosines)


def _coincident(x: Point) -> Number:
    rows = zip(x.h, x.h_prime, strict=True)
    return max(abs(a - b) for v, w in rows for a, b in zip(v, w, strict=True))


_MEASURES = {
    ZERO_MEAN.name: _zero_mean,
    EQUAL_FEATURES: _equal_features,
    INTERCHANGEABLE.name: _interchangeable,
    COINCIDENT.name: _coincident,
}
_SETS = [
    (ZERO_MEAN.name,),
    (EQUAL_FEATURES,),
    (INTERCHANGEABLE.name,),
    (COINCIDENT.name,),
    (ZERO_MEAN.name, EQUAL_FEATURES),
    (COINCIDENT.name, ZERO_MEAN.name, EQUAL_FEATURES),
]


@pytest.mark.parametrize("names", _SETS, ids="+".join)
def test_a_batch_satisfies_what_it_is_made_for(names: tuple[str, ...]) -> None:
    space = satisfying(names, Space())
    assert space is not None
    points = [space.draw(seed).point for seed in range(8)]
    for name in names:
        assert all(_MEASURES[name](x) < TOLERANCE for x in points), name
    if len(names) == 1 and names != (COINCIDENT.name,):
        others = [x for x in _MEASURES if x not in names and x != INTERCHANGEABLE.name]
        for name in others:
            assert any(_MEASURES[name](x) > 0.01 for x in points), name


def test_unit_rows() -> None:
    for names in _SETS:
        space = satisfying(names, Space())
        assert space is not None
        h, h_prime = space.rows(Random(1)) if space.rows else ((), ())
        assert all(abs(mp.fdot(x, x) - 1) < TOLERANCE for x in (*h, *h_prime))


def test_no_batch_is_known_for_a_strange_condition() -> None:
    assert satisfying(("the moon is full",), Space()) is None
