"""Whether two losses are the same: value and gradients, at points, in a dtype."""

import re
from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

import torch

from verify.audits import words
from verify.audits.calls import BlackBox, Loss, Outcome
from verify.audits.compare import Comparison, Kind, compare
from verify.audits.points import Draw, Point, given, own
from verify.audits.report import Finding, Report, Verdict, ordered

ENOUGH = 3  # points that differ: more would not change the verdict
MANY, PATIENCE = 64, 1.0  # rows of a large batch, and the seconds that a call of both may take
_NOTED = (Kind.SAME, Kind.VOID, Kind.FINITE, Kind.UNDEFINED, Kind.SLOW)  # no findings of their own


def same(
    f: Loss,
    g: Loss,
    inputs: Draw | None = None,
    hyper: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
) -> Report:
    """Compare f(h, h_prime, **hyper) with g: value, gradients by both views, what is not finite.

    f, g: torch callables to a scalar (or `nn.Module`s). inputs(seed) → (h, h_prime), (N, D) each,
    drawn at eight seeds; None: our own draws, unit and raw. dtype: what both compute in.

    `differs` with the reasons as findings of level "bug", `same`, or `undecided` where nothing
    could be compared (both fail, or a loss is not deterministic under the seed). Two losses that
    agree have agreed at the points of `Report.points`: this is evidence, and no proof. Raises
    `InputError` for inputs that are no two matrices.
    """
    first, second = BlackBox(f, dict(hyper or {})), BlackBox(g, dict(hyper or {}))
    points = given(inputs, dtype, seed) if inputs else own(dtype, seed, hyper or {})
    subject = f"{first.name} against {second.name}"
    found = compared(first, second, points, dtype)
    shaky = unsteady(first, second, found)
    return report(found, subject, strict=inputs is not None, shaky=shaky)


def unsteady(f: BlackBox, g: BlackBox, found: list[Comparison]) -> list[str]:
    """Which of "first" and "second" give other numbers when called again with one seed."""
    return [side for side, x in (("first", f), ("second", g)) if _is_unsteady(x, found)]


def _is_unsteady(f: BlackBox, found: list[Comparison]) -> bool:
    """Whether a second call with the same seed gives other numbers (threads may round anew)."""
    for x in found:
        views = x.point.at(x.dtype)
        a, b = f(*views, seed=x.point.seed), f(*views, seed=x.point.seed)
        if a.error is None and not a.equals(b):
            slack = 64 * torch.finfo(x.dtype).eps
            return not (
                a.is_finite and b.is_finite and abs(a.number - b.number) <= slack * abs(a.number)
            )
        if a.error is None:
            return False
    return False


def compared(
    f: BlackBox, g: BlackBox, points: Iterable[Point], dtype: torch.dtype
) -> list[Comparison]:
    """Point by point, until enough differ."""
    found: list[Comparison] = []
    for point in points:
        if len(point.h) > MANY and (slow := _slow(f, g, point)):
            found.append(Comparison(Kind.SLOW, point, *slow, dtype))
            continue
        extensions = sum(x.kind == Kind.RADIAL for x in found) >= 2
        found.append(compare(f, g, point, dtype, extensions=extensions))
        if sum(x.decides for x in found) >= ENOUGH:
            break
    return found


def _slow(f: BlackBox, g: BlackBox, point: Point) -> tuple[Outcome, Outcome] | None:
    """What the two give at a large batch, if a call takes so long that the dozen that a comparison
    needs would not be waited for."""
    start = perf_counter()
    outcomes = f(*point.views, seed=point.seed), g(*point.views, seed=point.seed)
    return outcomes if perf_counter() - start > PATIENCE else None


def report(
    found: list[Comparison], subject: str, *, strict: bool, shaky: Sequence[str] = ()
) -> Report:
    """shaky: as `unsteady` gives. strict: that one side alone fails at a point decides; with our
    own draws it must at the first, since a loss may ask for an even batch."""
    findings = [words.finding(group) for group in _by_kind(found)]
    if not strict and found and found[0].kind != Kind.ERROR:
        findings = [_noted(x) if x.kind == Kind.ERROR else x for x in findings]
    findings += _once(_flaws(found))
    findings += [Finding("note", "random", _RANDOM.format(side=x)) for x in shaky]
    usable = [x for x in found if x.kind not in (*_NOTED[1:], Kind.ERROR)]
    verdict = Verdict.SAME if usable else Verdict.UNDECIDED
    if any(x.level == "bug" for x in findings):
        verdict = Verdict.DIFFERS
    return Report(Verdict.UNDECIDED if shaky else verdict, ordered(findings), len(usable), subject)


_RANDOM = (
    "the {side} is not deterministic under a fixed seed: its values differ from call to call, so "
    "that nothing can be compared"
)


def _by_kind(found: list[Comparison]) -> list[list[Comparison]]:
    groups: dict[Kind, list[Comparison]] = {}
    for x in found:
        if x.kind not in _NOTED:
            groups.setdefault(x.kind, []).append(x)
    return list(groups.values())


def _noted(x: Finding) -> Finding:
    return Finding("note", x.kind, x.message, x.evidence)


def _flaws(found: list[Comparison]) -> list[Finding]:
    """What each loss does that it should not, or cannot be compared for."""
    out = []
    for x in found:
        if x.kind == Kind.VOID and x.a.error:
            out.append(Finding("note", "error", f"both fail at {x.point.label}: {x.a.error}"))
        elif x.kind == Kind.VOID:
            out.append(Finding("note", "singular", f"neither is finite at {x.point.label}"))
        elif x.kind == Kind.UNDEFINED:
            out.append(Finding("note", "singular", f"one alone is finite at {x.point.label}"))
        elif x.kind == Kind.SLOW:
            text = f"not compared at {x.point.label}: a call takes more than {PATIENCE:g} s"
            out.append(Finding("note", "slow", text))
        for side, outcome in (("first", x.a), ("second", x.b)):
            out += [Finding("note", "flaw", f"the {side} {text}") for text in outcome.flaws]
        if not (x.a.error or x.b.error):
            out += [dead for k in (0, 1) for dead in _dead(x, k)]
    return out


def _once(found: list[Finding]) -> list[Finding]:
    """A thing that is met at many points is said once, with the first of them."""
    seen: dict[tuple[str, str], Finding] = {}
    for x in found:
        seen.setdefault((x.kind, _without_place(x.message)), x)
    return list(seen.values())


def _without_place(text: str) -> str:
    """Numbers say where (shapes, labels)."""
    return re.sub(r"at [^:]*?N=\d+, D=\d+|\d+", "", text)


def _dead(x: Comparison, k: int) -> list[Finding]:
    """An input that autograd has no path to."""
    sides = (x.a.dead[k], x.b.dead[k])
    if not any(sides):
        return []
    who = {(True, True): "neither loss", (True, False): "the first", (False, True): "the second"}
    verb = "gives a" if all(sides) else "gives no"
    return [Finding("note", "dead", f"{who[sides]} {verb} gradient to {words.NAMES[k]}")]
