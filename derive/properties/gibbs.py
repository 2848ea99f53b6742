"""The temperature of a weight: found in its form, or shown to be none by a point."""

from collections.abc import Iterator
from itertools import combinations, islice
from typing import NamedTuple

from sympy import Expr, Mul, S, expand, fraction

from derive.nodes import ANCHOR, NEGATIVE, Exp, Inner, Node, free_indices
from derive.numeric import Evaluator, Number, mp
from derive.properties.masks import PLUS, within
from derive.properties.samples import points_to_try
from derive.properties.splitting import written_out
from derive.properties.subject import Subject
from derive.properties.weight import similarity
from derive.simplify import simplified, size

_ROUNDING = mp.mpf(10) ** -25  # of numbers with 50 digits
_MOST = 400  # nodes of a weight that is brought over one denominator
_TRIES = 12  # batches that are looked at for a contradiction


class _Value(NamedTuple):
    """A weight, or its factors that j changes, and the similarity of a negative j."""

    j: int
    similarity: Number
    weight: Number


class Gibbs(NamedTuple):
    """W_ij = e^{exponent} times what j does not change, exponent = −energy·rate, T = 1/rate."""

    energy: Expr
    rate: Expr
    exponent: Expr

    @property
    def temperature(self) -> Expr:
        return 1 / self.rate


def gibbs(s: Subject) -> Gibbs | None:
    """The temperature that the form of the weight shows; None where it shows none.

    Looked for as it prints, with names written out, and as one fraction.
    """
    if len(s.weight) != 1:
        return None
    (weight,) = s.weight.values()
    whole = written_out(weight)
    forms = [weight, whole, *([simplified(whole)] if size(whole) <= _MOST else [])]
    for form in dict.fromkeys(forms):
        found = _of_form(s, form)
        if found is not None:
            return found
    return None


def _of_form(s: Subject, weight: Expr) -> Gibbs | None:
    top, bottom = fraction(weight)
    exponent: Expr = S.Zero
    for x in (*Mul.make_args(top), *Mul.make_args(1 / bottom)):
        if NEGATIVE not in free_indices(x):
            continue
        base, power = x.as_base_exp()
        if not isinstance(base, Exp) or power.has(Node):
            return None
        exponent += power * base.args[0]
    exponent = expand(exponent)
    moving = [x for x in exponent.as_ordered_terms() if NEGATIVE in free_indices(x)]
    rates = {Mul(*[f for f in Mul.make_args(x) if not f.has(Node)]) for x in moving}
    if len(rates) != 1:
        return None
    rate, exponent = rates.pop(), sum(moving)
    if within(s.signs(-rate), PLUS):
        rate = -rate
    return Gibbs(expand(-exponent / rate), rate, exponent)


def no_temperature(s: Subject) -> tuple[str, str, str] | None:
    """The weight, the similarity c, and a point at which W_ij is no e^{c/T} times what j does not
    change: log(W_ij/W_ik)/(c_ij − c_ik) has two values, or a weight is 0 or of another sign."""
    for view, weight in s.weight.items():
        other = len(s.weight) > 1 and view.name[1:]
        of, t = "W_ij'" if other else "W_ij", similarity(s, view, weight)
        shown = _two_temperatures(s, of, weight, t)
        if shown is not None:
            return of, s.text(t), shown
    return None


def _two_temperatures(s: Subject, of: str, weight: Expr, t: Inner) -> str | None:
    """A point that excludes every T; without the factors that j does not change, once they are
    seen not to be 0 there."""
    factors = Mul.make_args(weight)
    moving = Mul(*[x for x in factors if NEGATIVE in free_indices(x)])
    common = Mul(*[x for x in factors if NEGATIVE not in free_indices(x)])
    of_signs = None
    batches = points_to_try(s, 5 if s.objective.inputs else 4)
    for text, point in islice(batches, _TRIES):
        ev = Evaluator(point)
        for i in range(point.n):
            found = list(_values(ev, moving, t, i))
            shown = _contradiction(of, found, s.text(t))
            signs = None if shown or of_signs else _of_two_signs(of, found)
            if (shown or signs) and _is_zero(ev, common, i):
                continue
            if shown:
                return f"a point: {shown} at i = {i + 1} of {text}"
            of_signs = of_signs or (signs and f"a point: {signs} at i = {i + 1} of {text}")
    return of_signs


def _is_zero(ev: Evaluator, e: Expr, i: int) -> bool:
    """Whether e is 0, or has no value, for the anchor i."""
    try:
        return bool(abs(ev(e, {ANCHOR: i})) < _ROUNDING)
    except (ZeroDivisionError, ValueError, OverflowError):
        return True


def _values(ev: Evaluator, weight: Expr, t: Inner, i: int) -> Iterator[_Value]:
    for j in range(ev.point.n):
        at = {ANCHOR: i, NEGATIVE: j}
        try:
            if j != i:
                yield _Value(j, ev(t, at), ev(weight, at))
        except (ZeroDivisionError, ValueError, OverflowError):
            continue


def _contradiction(of: str, found: list[_Value], t: str) -> str | None:
    """Two pairs of negatives of one anchor that ask for two temperatures."""
    rates = [
        (x, y, mp.log(x.weight / y.weight) / (x.similarity - y.similarity))
        for x, y in combinations(found, 2)
        if x.weight * y.weight > 0 and abs(x.similarity - y.similarity) > _ROUNDING
    ]
    for (j, k, one), (m, n, two) in combinations(rates, 2):
        if abs(one - two) > _ROUNDING * (1 + abs(one)):
            return (
                f"log({of}/{of.replace('j', 'k')}) over the difference of {t} is {float(one):.6g} "
                f"for j, k = {j.j + 1}, {k.j + 1} and {float(two):.6g} for {m.j + 1}, {n.j + 1}"
            )
    return None


def _of_two_signs(of: str, found: list[_Value]) -> str | None:
    """A weight that is 0, or of another sign than the greatest."""
    greatest = max(found, key=lambda x: abs(x.weight), default=None)
    if greatest is None or greatest.weight == 0:
        return None
    for x in found:
        share = x.weight / greatest.weight
        if share <= 0:
            at = f"j, k = {x.j + 1}, {greatest.j + 1}"
            return f"{of}/{of.replace('j', 'k')} is {float(share):.6g} for {at}"
    return None
