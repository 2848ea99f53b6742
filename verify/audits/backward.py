"""A loss's gradient against finite differences of its own value.

With stop-gradients frozen the two must agree: else the backward is not that of the value (written
by hand, or changed by a hook). Without freezing, a difference tells of stop-gradients, which may
be meant.
"""

from collections.abc import Sequence

from verify.audits import kinks
from verify.audits.calls import BlackBox, Outcome
from verify.audits.points import Point
from verify.audits.ratios import named
from verify.audits.report import Finding
from verify.audits.slopes import Slope, directions, record, slope

LOOKED = 3  # smooth points
DECIDING = 2  # points at which the gradient must be wrong

Seen = Sequence[tuple[Point, Outcome]]


def findings(f: BlackBox, seen: Seen) -> list[Finding]:
    """seen: points and finite outcomes in float64."""
    wrong: list[tuple[Point, Slope]] = []
    cut: list[tuple[Point, list[Slope]]] = []
    smooth = [(p, o) for p, o in seen if kinks.is_smooth(f, p, o)][:LOOKED]
    for point, outcome in smooth:
        ways = directions(point, outcome, point.seed)
        frozen = [slope(f, point, v, outcome, freeze=True) for v in ways]
        bad = [x for x in frozen if x.disagrees]
        if bad:
            wrong.append((point, bad[0]))
            continue
        if not record(f, point).results:
            continue
        plain = [slope(f, point, v, outcome, freeze=False) for v in ways]
        if any(x.agrees and y.disagrees for x, y in zip(frozen, plain, strict=True)):
            cut.append((point, plain))
    if len(wrong) >= min(DECIDING, len(smooth)) and wrong:
        return [_backward(f, wrong)]
    return [_stop_gradient(cut)] if cut else []


def _backward(f: BlackBox, wrong: Sequence[tuple[Point, Slope]]) -> Finding:
    point, found = wrong[0]
    evidence = {"point": point.label, **_numbers(found)}
    if f.stops_on_purpose:
        return Finding(
            "note", "stop-gradient", f"by its specification: {f.stops_on_purpose}", evidence
        )
    return Finding(
        "bug",
        "backward",
        f"the gradient is not that of the value, with stop-gradients frozen: autograd's slope is "
        f"{found.by_autograd:.6g}, finite differences give {found.by_differences:.6g} "
        f"(± {found.error:.1e}, at {point.label})",
        evidence,
    )


def _stop_gradient(cut: Sequence[tuple[Point, list[Slope]]]) -> Finding:
    point, plain = cut[0]
    worst = max(plain, key=lambda x: abs(x.by_differences - x.by_autograd))
    factor = _factor([x for _, slopes in cut for x in slopes])
    text = (
        f"with the cut values moving, the slope is {worst.by_differences:.6g} in place of "
        f"{worst.by_autograd:.6g} at {point.label}"
    )
    if factor is not None:
        share = named(factor, *point.h.shape)
        text = f"the gradient is {share} of the value's own, as where {_LIKE}"
    return Finding(
        "note",
        "stop-gradient",
        f"a stop-gradient changes the gradient (meant, or a forgotten path): {text}",
        {"point": point.label, "factor": factor, **_numbers(worst)},
    )


_LIKE = "each of several processes, or one view after the other, is treated as a constant"


def _factor(slopes: Sequence[Slope]) -> float | None:
    """The ratio of autograd's slopes to the differences', where it is one and the same."""
    clear = [x for x in slopes if x.is_smooth and abs(x.by_differences) > 1e-3 * x.size]
    ratios = [x.by_autograd / x.by_differences for x in clear]
    if len(ratios) < 3 or max(ratios) - min(ratios) > 1e-5 or not ratios[0]:
        return None
    return sum(ratios) / len(ratios)


def _numbers(x: Slope) -> dict[str, object]:
    return {
        "by_differences": x.by_differences,
        "error": x.error,
        "by_autograd": x.by_autograd,
        "gradient_norm": x.size,
    }
