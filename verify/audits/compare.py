"""Two losses at one point: what differs, if anything, and of which kind."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import torch

from verify.audits import kinks
from verify.audits.calls import BlackBox, Outcome
from verify.audits.extensions import is_extension, is_radial
from verify.audits.points import Point, unit
from verify.audits.tolerance import Scale, difference_of, sizes_of


class Kind(StrEnum):
    """What was found at a point. `DECIDES` holds those that make two losses differ."""

    SAME = "same"
    VOID = "void"  # nothing could be compared
    FINITE = "finite"  # both are: nothing more was compared at a singular point
    UNDEFINED = "undefined"  # one alone is finite where a right loss need not be
    SLOW = "slow"  # a call takes too long there
    ERROR = "error"
    SINGULAR = "singular"
    OVERFLOW = "overflow"
    VALUE = "value"
    GRADIENT = "gradient"
    TIE = "tie"
    PRECISION = "precision"
    RADIAL = "radial"
    KINK = "kink"
    EPSILON = "epsilon"


SLACK = 1e-3  # of a value at a singular point

DECIDES = frozenset(
    {
        Kind.ERROR,
        Kind.SINGULAR,
        Kind.OVERFLOW,
        Kind.VALUE,
        Kind.GRADIENT,
        Kind.TIE,
        Kind.PRECISION,
    }
)


@dataclass(frozen=True)
class Comparison:
    """a, b: the outcomes that the kind speaks of; parts: which of value, h, h' differ."""

    kind: Kind
    point: Point
    a: Outcome
    b: Outcome
    dtype: torch.dtype
    parts: tuple[bool, bool, bool] = (False, False, False)
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def decides(self) -> bool:
        return self.kind in DECIDES


def compare(
    f: BlackBox, g: BlackBox, point: Point, dtype: torch.dtype, *, extensions: bool = False
) -> Comparison:
    """In that dtype; formulas are compared in float64, at the numbers of the dtype. extensions:
    whether earlier points showed that f and g are two extensions off the sphere."""
    views = point.at(dtype)
    a, b = (x(*views, seed=point.seed) for x in (f, g))
    base = Comparison(Kind.SAME, point, a, b, dtype)
    if a.error or b.error:
        return replace(base, kind=Kind.VOID if a.error and b.error else Kind.ERROR)
    assert a.value is not None
    if a.equals(b):
        return base if a.value.isfinite() else replace(base, kind=Kind.VOID)
    ends = _not_finite(a, b)
    if ends is not None:
        kind = Kind.UNDEFINED if point.undefined else ends[0]
        return replace(base, kind=kind, detail={"where": ends[1]})
    if not a.is_finite:
        return replace(base, kind=Kind.VOID)
    if point.singular:
        return _values(f, g, base)
    if dtype == torch.float64:
        return _formulas(f, g, base, extensions)
    point = _meant(point, dtype)
    c, d = (x(*point.views, seed=point.seed) for x in (f, g))
    if c.is_finite and d.is_finite:
        found = _formulas(f, g, replace(base, point=point, a=c, b=d), extensions)
        return found if found.decides else _rounding(f, g, replace(base, kind=found.kind), (c, d))
    return _rounding(f, g, base, (c, d))


def _meant(point: Point, dtype: torch.dtype) -> Point:
    """The rows that the numbers of a short dtype stand for: of unit ones, the lengths are rounded,
    and a formula that divides by them differs from one that does not by that alone."""
    if torch.finfo(dtype).eps <= torch.finfo(torch.float32).eps or not all(point.is_unit):
        return point
    return replace(point, h=unit(point.h), h_prime=unit(point.h_prime))


def _values(f: BlackBox, g: BlackBox, base: Comparison) -> Comparison:
    """The values alone, in float64: an ε in a root shows at equal points, and is left alone."""
    if base.dtype != torch.float64:
        return replace(base, kind=Kind.FINITE)
    a, b, scale = base.a, base.b, Scale(f, g, base.point, base.dtype)
    gap, size = difference_of(a, b).value, sizes_of(a, b).value
    if gap <= max(SLACK * size, scale.of_rounding(sizes_of(a, b))[0]):
        return replace(base, kind=Kind.FINITE)
    return replace(base, kind=Kind.VALUE, parts=(True, False, False))


def _not_finite(a: Outcome, b: Outcome) -> tuple[Kind, str] | None:
    """Where one side is finite and the other is not."""
    assert a.value is not None
    assert b.value is not None
    pairs = (("value", a.value, b.value), *zip(("h", "h'"), a.gradients, b.gradients, strict=True))
    for name, x, y in pairs:
        if not torch.equal(x.isfinite(), y.isfinite()):
            bad = x if (~x.isfinite() & y.isfinite()).any() else y
            infinite = name == "value" and bool(bad.isinf().any())
            return (Kind.OVERFLOW if infinite else Kind.SINGULAR), name
    return None


def _formulas(f: BlackBox, g: BlackBox, base: Comparison, extensions: bool) -> Comparison:
    """Of finite outcomes in float64; the tolerance is of the dtype that is audited, or of float32:
    three per cent of bfloat16 would hide a factor of 1.02, or N for N − 1."""
    a, b, point = base.a, base.b, base.point
    fine = torch.finfo(base.dtype).eps <= torch.finfo(torch.float32).eps
    scale = Scale(f, g, point, base.dtype if fine else torch.float32)
    difference, sizes = difference_of(a, b), sizes_of(a, b)
    over = scale.exceeded(difference, sizes)
    base = replace(base, parts=over)
    if over[0]:
        return replace(base, kind=Kind.VALUE)
    if any(over):
        return _gradients(f, g, base, scale, extensions)
    if difference.value > 64 * scale.eps * sizes.value and base.dtype == torch.float64:
        beyond = difference.value > scale.of_rounding(sizes)[0]
        return replace(base, kind=Kind.EPSILON if beyond else Kind.SAME)
    return base


def _gradients(
    f: BlackBox, g: BlackBox, base: Comparison, scale: Scale, extensions: bool
) -> Comparison:
    """Equal values, and gradients that differ: an extension, a kink, or a difference."""
    point, a, b = base.point, base.a, base.b
    if is_radial(point, a, b, scale) and (extensions or is_extension(f, g, point, a, b)):
        return replace(base, kind=Kind.RADIAL)
    kink = kinks.look(f, g, point, a, b)
    if not kink.agree and all(point.is_unit):
        generator = torch.Generator().manual_seed(point.seed + 3)
        p = point.near(1e-4, generator)
        p = p.moved(unit(p.h), unit(p.h_prime))
        c, d = (x(*p.views, seed=p.seed) for x in (f, g))
        near = replace(scale, point=p)
        both = c.is_finite and d.is_finite and is_radial(p, c, d, near)
        if both and is_extension(f, g, p, c, d):
            kink = kinks.look(f, g, point, a, b, along=True)
    if kink.harmless:
        return replace(base, kind=Kind.KINK)
    if kink.agree:
        return replace(base, kind=Kind.TIE, detail={"outside": kink.outside})
    return replace(base, kind=Kind.GRADIENT)


def _rounding(
    f: BlackBox, g: BlackBox, base: Comparison, exact: tuple[Outcome, Outcome]
) -> Comparison:
    """Equal formulas in low precision: whether rounding explains the difference."""
    scale = Scale(f, g, base.point, base.dtype)
    low = (base.a, base.b)
    if base.kind == Kind.RADIAL:
        low = (kinks.tangent(base.a, base.point), kinks.tangent(base.b, base.point))
    difference = difference_of(*low)
    if base.kind == Kind.KINK:  # each dtype may choose its own of the right gradients
        difference = replace(difference, by_h=0.0, by_h_prime=0.0)
    over = scale.exceeded(difference, sizes_of(*low))
    if not any(over):
        return base
    detail: dict[str, object] = {}
    for name, x, y in (("f", base.a, exact[0]), ("g", base.b, exact[1])):
        if y.is_finite:
            off, size = difference_of(x, y), sizes_of(x, y)
            detail[name] = [u / max(v, 1e-300) for u, v in zip(off.all, size.all, strict=True)]
    return replace(base, kind=Kind.PRECISION, parts=over, detail=detail)
