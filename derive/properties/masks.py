"""Which signs a quantity can have: a set of −, 0, + as three bits, and how signs combine."""

from collections.abc import Iterable

MINUS, ZERO, PLUS = 1, 2, 4
NONNEGATIVE = ZERO | PLUS
NONPOSITIVE = ZERO | MINUS
ANY = MINUS | ZERO | PLUS


def negated(mask: int) -> int:
    """The signs of −x."""
    return (mask & ZERO) | (PLUS if mask & MINUS else 0) | (MINUS if mask & PLUS else 0)


def product(masks: Iterable[int]) -> int:
    """The signs of a product (1 for the empty one)."""
    total = PLUS
    for mask in masks:
        total = _times(total, mask)
    return total


def _times(x: int, y: int) -> int:
    found = 0
    if y & PLUS:
        found |= x
    if y & MINUS:
        found |= negated(x)
    if (x | y) & ZERO:
        found |= ZERO
    return found


def total(masks: Iterable[int]) -> int:
    """The signs of a sum (0 for the empty one)."""
    found = ZERO
    for mask in masks:
        found = _plus(found, mask)
    return found


def _plus(x: int, y: int) -> int:
    if x == ZERO or y == ZERO:
        return x | y if x == y else (y if x == ZERO else x)
    both = (x | y) & (PLUS | MINUS)
    if both == PLUS | MINUS:
        return ANY
    return both | (x & y & ZERO)


def within(mask: int, allowed: int) -> bool:
    """Whether every sign it can have is among the allowed ones."""
    return mask & ~allowed == 0
