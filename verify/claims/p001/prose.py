"""What 001 says of GD and R in words; of W, of distributions and of training: `prose_*`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from sympy import Expr, S, Symbol

from derive.calculus import Derivative
from derive.hyper import Hyper
from derive.nodes import ANCHOR, Inner
from derive.nodes import Step as Gate
from derive.objectives import load
from derive.paradigm import Decomposition, decompose
from derive.properties import properties
from derive.verdict import Verdict
from verify.claims.model import Claim, Judgement
from verify.claims.p001 import prose_direction, prose_spread, prose_trained
from verify.claims.p001.prose_varies import varies
from verify.claims.p001.prose_weight import claims as of_weights
from verify.claims.points import TOLERANCE, Space
from verify.claims.steps import DERIVED, Fact, Step, decided, first, under, unequal
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, mp

SOURCE = "2402.18281"
EFFECTIVE = ("infonce", "arccon", "mpt", "met")
INEFFECTIVE = ("mhe", "mhs_anchor", "barlow_twins", "vicreg")
POSITIVE = "θ_ii'"
NEGATIVES = "θ_ij'"


def _of(loss: str) -> Decomposition:
    return decompose(load(loss), {})


def falls(seed: int, *, losses: tuple[str, ...] = EFFECTIVE) -> Judgement:
    """GD does not grow as the positive gets closer, the negatives staying where they are."""
    found = {x: properties(_of(x))["dissipation_in_positive"] for x in losses}
    where = {x: y.answer.partition(" where ")[2] for x, y in found.items()}

    def test(conditions: frozenset[str]) -> Judgement:
        facts = [
            Fact(f"{x}: {y.statement}", y.status is Verdict.PROVED and _down(y.answer)
                 and (not where[x] or where[x] in conditions))
            for x, y in found.items()
        ]  # fmt: skip
        searches = (partial(_rising, x, within=bool(where[x]) and where[x] in conditions)
                    for x in losses)  # fmt: skip
        return decided(facts, first(*searches), seed)

    return under(tuple(dict.fromkeys(x for x in where.values() if x)), test)


def _down(answer: str) -> bool:
    return bool({"decreasing", "non-increasing"} & set(answer.split()))


def _rising(loss: str, seed: int, *, within: bool) -> str | None:
    """Two positives of one anchor, the closer of which has the larger GD: h'_i on a circle.
    within: angles below π − u alone."""
    gd = _of(loss).dissipation
    for drawn in Space(load(loss).hyper).draws(seed):
        p, end = drawn.point, mp.pi
        if within:
            end = mp.pi - p.values["u"]
        values = []
        for angle in (end * k / 8 for k in range(1, 8)):
            turned = _towards(p.h[0], p.h[1], angle)
            moved = Point(p.h, (turned, *p.h_prime[1:]), p.values)
            values.append((angle, Evaluator(moved)(gd, {ANCHOR: 0})))
        for (near, a), (far, b) in pairwise(values):
            if a > b + TOLERANCE:
                return f"{loss}: GD {mp.nstr(a, 6)} at {POSITIVE}={mp.nstr(near, 4)}, " \
                    f"{mp.nstr(b, 6)} at {mp.nstr(far, 4)}: {drawn.text}"  # fmt: skip
    return None


def _towards(h: Sequence[Number], other: Sequence[Number], angle: Number) -> tuple[Number, ...]:
    """The unit vector at that angle from h, in the plane of h and other."""
    along = mp.fdot(h, other)
    across = [y - along * x for x, y in zip(h, other, strict=True)]
    norm = mp.sqrt(mp.fsum(x * x for x in across))
    return tuple(
        mp.cos(angle) * x + mp.sin(angle) * y / norm for x, y in zip(h, across, strict=True)
    )


def static(seed: int, *, losses: tuple[str, ...] = ("infonce", "mpt")) -> Judgement:
    """R = 1."""
    pairs = [(x, _of(x).ratio) for x in losses]
    steps = [Step(f"{x}: R − 1 = 0", r - 1) for x, r in pairs if r is not None]
    searches = [unequal(r, r**0, Space(load(x).hyper)) for x, r in pairs if r is not None]
    return decided(steps, first(*searches), seed)


def dynamic(seed: int, *, loss: str) -> Judgement:
    """R depends on θ_ii' and on θ_ij'."""
    r = _of(loss).ratio
    assert r is not None
    own = {x for x in r.atoms(Inner) if x.args[1] == x.args[3]}
    others = r.atoms(Inner) - own
    slope = {name: _by(found)(r)
             for name, found in ((POSITIVE, own), (NEGATIVES, others))}  # fmt: skip
    facts = [Fact(f"R holds the cosine of {name}: its slope is not 0 at a point drawn",
                  bool(e != 0 and _somewhere(e, load(loss).hyper, seed)))
             for name, e in slope.items()]  # fmt: skip
    fixed = [name for name, e in slope.items() if e == 0]
    said = f"∂R/∂cos of {' and of '.join(fixed)} is 0" if fixed else None
    found = decided(facts, lambda seed: said, seed)
    moving = [name for name, e in slope.items() if e != 0]
    also = properties(_of(loss))["ratio_at_least_one"].statement
    correction = f"{DERIVED}R depends on {' and '.join(moving)} alone" if fixed else ""
    return replace(found, correction=correction, evidence=(*found.evidence, also))


def _by(cosines: set[Expr]) -> Derivative:
    """The sum of the derivatives by these cosines."""
    return Derivative(lambda x: S.One if x in cosines else S.Zero)


def _somewhere(e: Expr, hyper: tuple[Hyper, ...], seed: int) -> bool:
    draws = Space(hyper).draws(seed)
    return any(abs(Evaluator(x.point)(e, {ANCHOR: 0})) > TOLERANCE for x in draws)


def never_dissipates(seed: int, *, losses: tuple[str, ...] = INEFFECTIVE) -> Judgement:
    """GD = 1 in the ineffective losses."""
    pairs = [(x, _of(x).dissipation) for x in losses]
    steps = [Step(f"{x}: GD − 1 = 0", gd - 1) for x, gd in pairs]
    searches = [unequal(gd, gd**0, Space(load(x).hyper)) for x, gd in pairs]
    return decided(steps, first(*searches), seed)


def margin_weakens(seed: int, *, sign: int = 1) -> Judgement:
    """A larger m leaves the gate of the baseline open in more cases."""
    gd = _of("paradigm").dissipation
    (gate,) = gd.atoms(Gate)
    m = Symbol("m", real=True)
    slope = Derivative(lambda x: x * 0, parameter=m)(gate.args[0])
    steps = [
        Step("GD is one gate, 1[x > 0]", gd - gate),
        Step("x has the slope 1 in m", slope - sign),
    ]
    return decided(steps, partial(_opposite, gd, sign), seed)


def _opposite(gd: Expr, sign: int, seed: int) -> str | None:
    """A batch at which a larger m moves GD against the sign."""
    for drawn in Space(load("paradigm").hyper).draws(seed, 16):
        p = drawn.point
        exact = [
            Evaluator(Point(p.h, p.h_prime, {**p.values, "m": m})) for m in map(mp.mpf, (-2, 0, 2))
        ]
        values = [x(gd, {ANCHOR: 0}) for x in exact]
        if any(sign * a > sign * b for a, b in pairwise(values)):
            shown = ", ".join(mp.nstr(x, 3) for x in values)
            return f"GD = {shown} at m = −2, 0, 2: {drawn.text}, i=0"
    return None


def claims() -> list[Claim]:
    return [
        Claim("001-prose-gd-falls", SOURCE, "Section 3.1.1",
              "All four GD show one pattern: they do not grow as the positive gets closer.",
              "∂GD/∂c_ii' ≤ 0", falls),
        Claim("001-prose-gd-ineffective", SOURCE, "Section 4", "GD is 1 in all ineffective losses.",
              "GD = 1", never_dissipates),
        Claim("001-prose-gd-margin", SOURCE, "Section 3.2.1",
              "A larger m weakens the dissipation.", "m ≤ m̃ ⟹ GD(m) ≤ GD(m̃)", margin_weakens),
        Claim("001-prose-r-static", SOURCE, "Section 3.1.3", "InfoNCE and MPT have the ratio 1.",
              "R = 1", static),
        *(Claim(f"001-prose-r-dynamic-{x}", SOURCE, "Section 3.1.3",
                f"The ratio of {x} depends on θ_ii' and θ_ij'.", "R = R(θ_ii', θ_ij')",
                partial(dynamic, loss=x)) for x in ("arccon", "met")),
        *(Claim(f"001-prose-r-ineffective-{x.replace('_', '-')}", SOURCE, "Section 4",
                f"The ratio of {x} is dynamic.", "R = R(h)", partial(varies, loss=x))
          for x in INEFFECTIVE),
        *prose_direction.claims(),
        *of_weights(),
        *prose_spread.claims(),
        *prose_trained.claims(),
    ]  # fmt: skip
