"""001, Section 2.2: every gradient guides the anchor to its positive and away from negatives.

That is a sign: b_i = GD Σ_j W_ij R ≥ 0 and a_ij = GD W_ij ≥ 0, as GD and W are not negative and R
is not either.
"""

from functools import partial

from sympy import Expr, Interval, Symbol, minimum, pi, sin

from derive.nodes import ANCHOR, NEGATIVE, Angle, Sin
from derive.notation import cosine
from derive.objectives import load
from derive.paradigm import decompose
from derive.properties.masks import NONNEGATIVE
from derive.properties.signs import Signs
from verify.claims.model import Claim, Judgement
from verify.claims.points import TOLERANCE, Space
from verify.claims.steps import Fact, Step, decided, first, under
from verify.evaluation import Evaluator
from verify.numbers import Point, mp

SOURCE = "2402.18281"
EFFECTIVE = ("infonce", "arccon", "mpt", "met")
WITHIN = "θ_ii' ≤ π − u"
_THETA = Angle(cosine(ANCHOR, ANCHOR))


def _parts(loss: str) -> tuple[Expr, Expr]:
    """a_ij = GD W_ij, and R."""
    d = decompose(load(loss), {})
    (weight,) = d.weight.values()
    assert d.ratio is not None
    return d.dissipation * weight, d.ratio


def guides(seed: int, *, losses: tuple[str, ...] = EFFECTIVE) -> Judgement:
    """a_ij ≥ 0 and R ≥ 0 in each."""

    def test(conditions: frozenset[str]) -> Judgement:
        facts: list[Fact | Step] = []
        for loss in losses:
            push, ratio = _parts(loss)
            signs = Signs(load(loss).hyper)
            facts.append(Fact(f"{loss}: GD W_ij ≥ 0", signs.proves(push, NONNEGATIVE)))
            facts += _of_ratio(loss, ratio, signs, held=WITHIN in conditions)
        searches = (partial(_away, x, WITHIN in conditions) for x in losses)
        return decided(facts, first(*searches), seed)

    return under((WITHIN,), test)


def _of_ratio(loss: str, ratio: Expr, signs: Signs, *, held: bool) -> list[Fact | Step]:
    """R ≥ 0 by its form; of ArcCon as sin(θ_ii' + u)/sin θ_ii', whose angles are then up to π."""
    if not ratio.has(Sin):
        return [Fact(f"{loss}: R ≥ 0", signs.proves(ratio, NONNEGATIVE))]
    (u,) = (x.symbol for x in load(loss).hyper if x.name == "u")
    x = Symbol("x", real=True)
    least = minimum(sin(x), x, Interval(0, pi))
    return [
        Step(f"{loss}: R sin θ_ii' = sin(θ_ii' + u)", ratio - Sin(_THETA + u) / Sin(_THETA)),
        Fact(f"which is ≥ 0 where {WITHIN}, as the sine is on [0, π]", held and least == 0),
    ]


def _away(loss: str, within: bool, seed: int) -> str | None:
    """Where the anchor is pushed from its positive, or pulled to a negative; positives at all
    angles."""
    push, ratio = _parts(loss)
    for drawn in Space(load(loss).hyper).draws(seed, 16):
        p = drawn.point
        for sign in (1, -1):
            point = Point(p.h, tuple(tuple(sign * x for x in row) for row in p.h_prime), p.values)
            exact, at = Evaluator(point), {ANCHOR: 0, NEGATIVE: 1}
            u = p.values.get("u", mp.zero)
            if within and mp.acos(exact(cosine(ANCHOR, ANCHOR), at)) > mp.pi - u:
                continue
            for name, e in (("GD W_ij", push), ("R", ratio)):
                value = exact(e, at)
                if value < -TOLERANCE:
                    turned = "" if sign == 1 else ", h' turned"
                    return f"{loss}: {name} = {mp.nstr(value, 6)} at {drawn.text}{turned}, i=0, j=1"
    return None


def claims() -> list[Claim]:
    return [
        Claim("001-prose-guides", SOURCE, "Section 2.2, before Eq. 4",
              "All gradients guide h_i towards h'_i and away from h'_j.",
              "GD W_ij ≥ 0 and R ≥ 0", guides),
    ]  # fmt: skip
