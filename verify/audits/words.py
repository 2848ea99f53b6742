"""What the comparisons of two losses found, in words and numbers."""

from collections.abc import Sequence

import torch
from torch import Tensor

from verify.audits import program
from verify.audits.calls import Outcome
from verify.audits.compare import Comparison, Kind
from verify.audits.points import unit
from verify.audits.ratios import named, ratio
from verify.audits.report import Finding, Level

NAMES = ("h", "h'")


def finding(found: Sequence[Comparison]) -> Finding:
    """One finding for all points of one kind; the first point gives the numbers."""
    first = found[0]
    level: Level = "bug" if first.decides else "note"
    evidence = {"point": first.point.label, "points": len(found), **_numbers(first)}
    evidence |= program.at(first.point, first.dtype)
    return Finding(level, str(first.kind), _message(found), evidence)


def _message(found: Sequence[Comparison]) -> str:
    first = found[0]
    where = f"at {first.point.label}"
    match first.kind:
        case Kind.ERROR:
            return _error(first)
        case Kind.SINGULAR | Kind.OVERFLOW:
            return _not_finite(first)
        case Kind.VALUE:
            return f"{_value(found)}; {_gradients(first)} ({where})"
        case Kind.GRADIENT:
            return f"the values agree, and {_gradients(first)} ({where})"
        case Kind.TIE:
            return (
                f"the losses agree nearby, but {where} a gradient lies outside of the hull of "
                "those nearby: a tie is counted twice or dropped"
            )
        case Kind.PRECISION:
            return _precision(first)
        case Kind.RADIAL:
            return (
                "the gradients differ only along the rows: two extensions of one loss off the "
                f"sphere ({where})"
            )
        case Kind.KINK:
            return f"{where}, a kink or a tie, the gradients are two right choices"
        case Kind.EPSILON:
            gap = abs(first.a.number - first.b.number) / max(abs(first.b.number), 1e-300)
            return f"the values agree to {gap:.1e}, which is more than rounding: an ε, {where}"
    raise AssertionError(first.kind)


def _error(x: Comparison) -> str:
    side, outcome = ("first", x.a) if x.a.error else ("second", x.b)
    return f"only the {side} fails at {x.point.label}: {outcome.error}"


def _not_finite(x: Comparison) -> str:
    where = x.detail["where"]
    outcomes = {"first": x.a, "second": x.b}
    counts = {k: _bad(v, str(where)) for k, v in outcomes.items()}
    side = max(counts, key=lambda k: counts[k])
    what = "value" if where == "value" else f"gradient by {where}"
    example = _example(outcomes[side], str(where))
    kind = str(x.dtype).removeprefix("torch.")
    return f"the {side}'s {what} is {example} at {x.point.label} in {kind}, and the other's is not"


def _part(x: Outcome, where: str) -> Tensor:
    assert x.value is not None
    return {"value": x.value, "h": x.gradients[0], "h'": x.gradients[1]}[where]


def _bad(x: Outcome, where: str) -> int:
    return int((~_part(x, where).isfinite()).sum().item())


def _example(x: Outcome, where: str) -> str:
    part = _part(x, where)
    value = part[~part.isfinite()].reshape(-1)[0].item()
    count = int((~part.isfinite()).any(dim=-1).sum()) if part.ndim else 0
    return f"{value}" + (f" in {count} of {len(part)} rows" if part.ndim else "")


def _value(found: Sequence[Comparison]) -> str:
    first = found[0]
    a, b = first.a.number, first.b.number
    digits = 6 if abs(a - b) > 1e-4 * max(abs(a), abs(b)) else 12
    shown = f"the value is {a:.{digits}g}, and {b:.{digits}g} for the other"
    n, d = first.point.h.shape
    gaps = [x.a.number - x.b.number for x in found]
    same_size = {x.point.h.shape for x in found} == {first.point.h.shape}
    if len(found) > 1 and same_size:
        if _equal(gaps) and not any(first.parts[1:]):
            return f"{shown}: more by the constant {named(gaps[0], n, d)}"
        ratios = [x.a.number / x.b.number for x in found if x.b.number]
        if len(ratios) == len(found) and all(abs(x - 1) < 1e-5 for x in ratios):
            return f"{shown}: a relative difference of {max(abs(x - 1) for x in ratios):.1e}"
        if len(ratios) == len(found) and _equal(ratios):
            return f"{shown}: {named(ratios[0], n, d)} times it at every point"
    return shown


def _equal(numbers: Sequence[float]) -> bool:
    return max(numbers) - min(numbers) <= 1e-6 * max(map(abs, numbers))


def _gradients(x: Comparison) -> str:
    """In words: which input, the factor, the angle, along or across the rows."""
    ours, theirs = x.a.gradients, x.b.gradients
    n, d = x.point.h.shape
    if not any(x.parts[1:]):
        return "the gradients agree"
    both = ratio(torch.cat(ours), torch.cat(theirs))
    if both is not None and abs(both - 1) < 1e-5:
        return f"the gradients differ by {abs(both - 1):.1e} of their size, and less in direction"
    if both is not None and both != 0:
        turned = "in the same direction" if both > 0 else "in the opposite direction"
        return f"the gradient is {named(both, n, d)} times the other's, {turned}"
    told = [_one(x, k) for k in (0, 1) if x.parts[k + 1]]
    agree = [f"by {NAMES[k]} they agree" for k in (0, 1) if not x.parts[k + 1]]
    return "; ".join([*told, *agree])


def _one(x: Comparison, k: int) -> str:
    a, b = x.a.gradients[k], x.b.gradients[k]
    n, d = x.point.h.shape
    if not a.any() or not b.any():
        side = "first" if not a.any() else "second"
        return f"only the {side} gives no gradient to {NAMES[k]}"
    c = ratio(a, b)
    if c is not None:
        return f"by {NAMES[k]} the gradient is {named(c, n, d)} times the other's"
    gap, row = a - b, unit(x.point.views[k])
    radial = (gap * row).sum(dim=1)
    share = radial.norm().item() / gap.norm().item()
    text = f"by {NAMES[k]} the gradients differ, cosine {cosine(a, b):.3f}, norms {_norms(a, b)}"
    rows = (gap.norm(dim=1) > 1e-6 * b.norm(dim=1).max()).sum().item()
    text += f", in {rows} of {n} rows" if rows < n else ""
    if share > 1 - 1e-6:
        return f"{text}, only along the rows"
    return f"{text}, only across the rows" if share < 1e-6 else text


def cosine(a: Tensor, b: Tensor) -> float:
    """Of two gradients as vectors; NaN where one is zero."""
    return ((a * b).sum() / (a.norm() * b.norm())).item()


def _norms(a: Tensor, b: Tensor) -> str:
    return f"{a.norm().item() / b.norm().item():.4g} : 1"


def _precision(x: Comparison) -> str:
    kind = str(x.dtype).removeprefix("torch.")
    off = {name: max(v) for name, v in x.detail.items() if isinstance(v, list)}
    if not off:
        return f"in {kind} they differ by more than rounding ({x.a.number:.6g}, {x.b.number:.6g})"
    worse = max(off, key=lambda k: off[k])
    side = {"f": "first", "g": "second"}[worse]
    return (
        f"equal in float64, but in {kind} the {side} is off by {off[worse]:.2g} of its size "
        f"at {x.point.label}: {x.a.number:.6g} against {x.b.number:.6g}"
    )


def _numbers(x: Comparison) -> dict[str, object]:
    if x.a.error or x.b.error:
        return {"first": x.a.error, "second": x.b.error}
    out: dict[str, object] = {"value": [x.a.number, x.b.number]}
    for k, name in enumerate(NAMES):
        a, b = x.a.gradients[k], x.b.gradients[k]
        row = unit(x.point.views[k])
        gap = a - b
        along = ((gap * row).sum(dim=1, keepdim=True) * row).norm().item()
        out[name] = {
            "cosine": cosine(a, b),
            "norm_ratio": a.norm().item() / max(b.norm().item(), 1e-300),
            "radial": along,
            "tangential": max(gap.norm().item() ** 2 - along**2, 0.0) ** 0.5,
        }
    return out | x.detail
