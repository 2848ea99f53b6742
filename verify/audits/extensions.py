"""Gradients that differ only along unit rows: a loss, and the same with its rows normalised.

<h, h'> and <h, h'>/(‖h‖‖h'‖) are one loss of unit vectors, and their gradients differ by a
multiple of each row. That is no difference between two implementations where one of them
normalises, the values differ off the sphere and each gradient is the one of its own value. A
backward that forgets the projection is something else; so are two losses that both read the
lengths of rows and read them differently: they train alike behind a normalisation alone.
"""

from dataclasses import replace
from math import isfinite

import torch

from verify.audits import slopes
from verify.audits.calls import BlackBox, Outcome
from verify.audits.kinks import tangent
from verify.audits.points import Point, unit
from verify.audits.tolerance import Scale, difference_of, sizes_of

RADII = (0.9, 1.2)  # of the rows, where the values off the sphere are compared


def is_extension(f: BlackBox, g: BlackBox, point: Point, a: Outcome, b: Outcome) -> bool:
    """Whether gradients that differ along the rows are those of two values off the sphere, one of
    which normalises."""
    return (
        off_sphere(f, g, point)
        and (normalises(f, point) or normalises(g, point))
        and all(_is_own_gradient(x, point, y) for x, y in ((f, a), (g, b)))
    )


def is_radial(point: Point, a: Outcome, b: Outcome, scale: Scale) -> bool:
    """Whether the rows are unit where the gradients differ, and the difference lies along them."""
    sizes, whole = sizes_of(a, b), difference_of(a, b)
    over = scale.exceeded(replace(whole, value=0.0), sizes)[1:]
    if any(o and not u for o, u in zip(over, point.is_unit, strict=True)):
        return False
    along = difference_of(tangent(a, point), tangent(b, point))
    return not any(scale.exceeded(replace(along, value=0.0), sizes))


def off_sphere(f: BlackBox, g: BlackBox, point: Point) -> bool:
    """Whether the values differ when the rows are not unit, or one alone is defined there."""
    for radius in RADII:
        for h, h_prime in (
            (radius * point.h, point.h_prime),
            (point.h, radius * point.h_prime),
            (radius * point.h, radius * point.h_prime),
        ):
            a, b = (x.value(h, h_prime, seed=point.seed) for x in (f, g))
            if isfinite(a) != isfinite(b):
                return True
            if isfinite(a) and isfinite(b) and abs(a - b) > 1e-6 * max(abs(a), abs(b)):
                return True
    return False


def normalises(f: BlackBox, point: Point) -> bool:
    """Whether a value does not change with the lengths of rows."""
    at_unit = f.value(point.h, point.h_prime, seed=point.seed)
    at_others = f.value(RADII[0] * point.h, RADII[1] * point.h_prime, seed=point.seed)
    return isfinite(at_unit) and abs(at_others - at_unit) <= 1e-6 * max(1.0, abs(at_unit))


def _is_own_gradient(f: BlackBox, point: Point, outcome: Outcome) -> bool:
    """Along the rows, one view at a time: autograd against differences, cuts frozen."""
    zero = torch.zeros_like(point.h)
    for along in ((unit(point.h), zero), (zero, unit(point.h_prime))):
        v = (along[0] / len(point.h) ** 0.5, along[1] / len(point.h) ** 0.5)
        if slopes.slope(f, point, v, outcome, freeze=True).disagrees:
            return False
    return True
