"""Paper 003: what the text says of the gradients, beside the numbered equations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from sympy import Expr, Integer, Rational, Symbol, cos, oo

from derive.angles.equal import at_equal_angles
from derive.nodes import ANCHOR, Hardest, IndexSum, Inner, N
from verify.claims.equalities import Equation
from verify.claims.hats import norm, raw
from verify.claims.inequalities import Inequality
from verify.claims.lengths import Length
from verify.claims.limits import Limit, as_function
from verify.claims.model import Claim, Judgement, Test
from verify.claims.p003.norms import OWN, align_norm
from verify.claims.p003.notation import (
    ALPHA,
    NEGATIVE_COSINE,
    POSITIVE,
    TAU,
    T,
    claim,
    exp_over_tau,
    partition,
    pull,
    raw_space,
    sine,
    unit_space,
)
from verify.claims.points import TOLERANCE
from verify.claims.steps import DERIVED, Fact, corrected, decided, first, under
from verify.claims.together import Together
from verify.evaluation import Evaluator
from verify.numbers import mp

_COUNT = Symbol("n", positive=True)  # negatives
_BLUNT, _SHARP = Symbol("theta_i", positive=True), Symbol("theta_j", positive=True)
_TAU = Symbol("tau", positive=True)
_NAMES: Mapping[Expr, Expr] = {POSITIVE: cos(_BLUNT), NEGATIVE_COSINE: cos(_SHARP),
                               N: _COUNT + 1, TAU: _TAU}  # fmt: skip
_AT = {_BLUNT: Rational(1, 3), _SHARP: Rational(6, 5), _TAU: Rational(1, 5)}


def _at_equal(e: Expr) -> Expr:
    """A norm times ‖h_i‖ with every negative at one angle, as the figures draw it."""
    return as_function(at_equal_angles(e), _NAMES)


def pull_norm() -> Expr:
    """Eq. 7 times ‖h_i‖."""
    return partition() * sine(POSITIVE) / TAU / (OWN + partition())


def push_norm(total: Expr) -> Expr:
    """Eq. 16 or 18 times ‖h_i‖, over that sum."""
    return exp_over_tau(NEGATIVE_COSINE) * sine(NEGATIVE_COSINE) / TAU / total


def uniform_norm() -> Expr:
    """Eq. 17 times ‖h_i‖ where every pair of samples has one angle."""
    c = NEGATIVE_COSINE
    return 2 * T * sine(c) / (N * (N - 1))


def claims() -> list[Claim]:
    """On directions, on many negatives."""
    return [*_of_directions(), *_of_many_negatives()]


def _of_directions() -> list[Claim]:
    factor = partition() / (OWN + partition())
    scale = TAU * ALPHA * (2 - 2 * POSITIVE) ** (ALPHA / 2 - 1)
    space = raw_space("align")
    space = replace(space, hyper=(*space.hyper, *raw_space("dcl").hyper))
    parallel = Together({
        "∇^pos_cl is that multiple of ∇^pos_dcl": Equation(
            raw(pull("infonce")), raw(factor * pull("dcl")), space),
        "∇L_align is that multiple of it": Equation(
            raw(N * pull("align")), raw(scale * pull("dcl")), space),
        "the first factor is > 0": Inequality(
            Integer(0), factor, unit_space("dcl"), strict=True),
    })  # fmt: skip

    return [
        claim("prose-directions", "§3.2, below Eq. 9", "the three pulls point the same way",
              "the gradient directions of these three parts are the same", parallel),
        claim("prose-angles", "§3.2, below Eq. 9", "only L_cl's pull depends on θ_ij'",
              "θ_ij' is contained in ‖∇^pos_cl‖ but not in ‖∇L_align‖ neither in ‖∇^pos_dcl‖",
              only_contrastive),
    ]  # fmt: skip


def only_contrastive(
    seed: int, without: Sequence[str] = ("align", "dcl"), held: str = "infonce"
) -> Judgement:
    """Of the derived pulls, only the one held changes with the negatives."""
    steps = [Fact(f"no term of {x}'s pull has θ_ij'", not _has_negatives(pull(x))) for x in without]
    moves = _moves(held, seed)
    steps.append(Fact(f"{held}'s has: {moves}", moves is not None))
    return decided(steps, first(*(partial(_moves, x) for x in without)), seed)


def _moves(name: str, seed: int) -> str | None:
    """Two batches that differ in their negatives alone, and the lengths of that pull in them."""
    length = Length(pull(name), Integer(0), raw_space(name)).squared
    for drawn in raw_space(name).draws(seed):
        p = drawn.point
        turned = replace(p, h_prime=(p.h_prime[0], *(tuple(-x for x in y) for y in p.h_prime[1:])))
        a, b = (mp.sqrt(Evaluator(x)(length, {ANCHOR: 0})) for x in (p, turned))
        if abs(a - b) > TOLERANCE:
            sides = f"{mp.nstr(a, 6)}, and {mp.nstr(b, 6)}"
            return f"its pull is {sides} with its negatives turned: {drawn.text}, i=0"
    return None


def _has_negatives(e: Expr) -> bool:
    return e.has(IndexSum, Hardest) or NEGATIVE_COSINE in e.atoms(Inner)


def _limit(of: Expr, value: Expr, sample: Mapping[Symbol, Expr] = _AT) -> Limit:
    return Limit(of, _COUNT, oo, value, dict(sample))


def _becomes_align() -> Test:
    """The limit of the pull of L_cl is the pull of L_align, for some α and τ?"""
    theta_norm = as_function(align_norm() * norm(), _NAMES)

    def test(held: frozenset[str], seed: int) -> Judgement:
        values: dict[Expr, Expr] = {}
        if "α = 2" in held:
            values[ALPHA] = Integer(2)
        if "τ = 1/2" in held:
            values[_TAU] = Rational(1, 2)
        sample = {**{k: v for k, v in _AT.items() if k not in values}, ALPHA: Integer(3)}
        left, right = (x.xreplace(values) for x in (_at_equal(pull_norm()), theta_norm))
        return _limit(left, right, sample)(seed)

    return lambda seed: under(("α = 2", "τ = 1/2"), lambda held: test(held, seed))


def _becomes_uniform(ratio: Expr) -> Test:
    """The ratio tends to 1; where not, with N times the norm of L_uniform's push."""
    better = (f"{DERIVED}N ‖∇L^j_uniform‖ for ‖∇L^j_uniform‖: L_uniform is one scalar of the "
              "batch, L_cl one of N terms", _limit(ratio / (_COUNT + 1), Integer(1)))  # fmt: skip

    def test(seed: int) -> Judgement:
        found = _limit(ratio, Integer(1))(seed)
        return corrected(found, [(better[0], lambda: better[1](seed))], "the norm and N times it")

    return test


def _of_many_negatives() -> list[Claim]:
    pulled = _at_equal(pull_norm())
    of_cl, of_dcl, of_uniform = (
        _at_equal(push_norm(OWN + partition())),
        _at_equal(push_norm(partition())),
        as_function(uniform_norm(), _NAMES),
    )
    many = "with every negative at one angle, as the number of negatives grows"
    return [
        claim("prose-many-pull-dcl", "§3.2", f"{many}, L_cl's pull has L_dcl's norm",
              "when the number of negative samples tends to infinity, these images will gradually "
              "become identical", _limit(pulled, as_function(sine(POSITIVE) / TAU, _NAMES))),
        claim("prose-many-pull-align", "§3.2", f"{many}, L_cl's pull has L_align's norm",
              "… to the two rightmost images", _becomes_align()),
        claim("prose-many-push-dcl", "App. B", f"{many}, L_cl's push on one has L_dcl's norm: "
              "their ratio tends to 1",
              "‖∇^neg_j_cl‖ approaches ‖∇^neg_j_dcl‖ as the negative sample size increases",
              _limit(of_cl / of_dcl, Integer(1))),
        claim("prose-many-push-uniform", "App. B", f"{many}, L_cl's push on one has L_uniform's "
              "norm: their ratio tends to 1, with t = 1/(2τ)",
              "‖∇^neg_j_cl‖ approaches ‖∇L^j_uniform‖ as the negative sample size increases",
              _becomes_uniform(of_cl / of_uniform.xreplace({T: 1 / (2 * _TAU)}))),
    ]  # fmt: skip
