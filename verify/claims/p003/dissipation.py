"""Paper 003: what the text says of gradient dissipation, and that two alignments are one."""

from sympy import Expr, Integer, Rational, Symbol

from derive.conditions import Condition
from derive.nodes import Log, Step
from verify.claims.equalities import Equation
from verify.claims.hats import raw
from verify.claims.inequalities import Inequality
from verify.claims.limits import Limit, as_function
from verify.claims.model import Claim, Judgement, Outcome, Test
from verify.claims.p003.norms import OWN
from verify.claims.p003.notation import (
    ALPHA,
    POSITIVE,
    TAU,
    chord,
    claim,
    exp_over_tau,
    hyper_of,
    partition,
    pull,
    raw_space,
    unit_space,
)
from verify.claims.points import Space
from verify.claims.steps import under
from verify.numbers import mp

COLD = "τ → 0"
SQUARES = Condition("α = 2", "α is 2 in L_align", lambda e: e.xreplace({ALPHA: Integer(2)}))
_COUNT, _GAP, _TAU = (Symbol(x, positive=True) for x in ("n", "gap", "tau"))
_AT = {_COUNT: Integer(64), _GAP: Rational(1, 5)}


def factor() -> Expr:
    """What ‖∇^pos_cl‖ is over sin θ_ii'/‖h_i‖ with n negatives at one angle, by the gap
    cos θ_ii' − cos θ_ij' > 0."""
    return _COUNT / (_COUNT + as_function(exp_over_tau(_GAP), {TAU: _TAU})) / _TAU


def vanishes(seed: int) -> Judgement:
    """It is gone at a temperature, or as τ → 0."""

    def test(held: frozenset[str]) -> Judgement:
        if COLD in held:
            return Limit(factor(), _TAU, Integer(0), Integer(0), dict(_AT))(seed)
        left = factor().xreplace({**_AT, _TAU: Rational(1, 20)})
        if not left > 0:
            return Judgement(Outcome.UNDECIDED, evidence=(f"it is {left} at τ = 1/20",))
        said = f"counterexample: {left.evalf(6)} is left at n = 64, gap = 1/5, τ = 1/20"
        return Judgement(Outcome.FALSE, evidence=(said,))

    return under((COLD,), test)


def _is_align() -> Test:
    """−c_ii'/τ is ‖ĥ_i − ĥ'_i‖^α/(2τ) less 1/τ."""
    space = Space((*hyper_of("align"), *hyper_of("infonce")))
    squares = Space(space.hyper, values={"alpha": mp.mpf(2)})
    printed = chord(POSITIVE) ** ALPHA / (2 * TAU) - 1 / TAU
    return Equation(-POSITIVE / TAU, printed, space, structured=lambda x: squares,
                    mending=(), extra=(SQUARES,))  # fmt: skip


def claims() -> list[Claim]:
    """On the pull of L_cl, of L_dcl+, and on the alignment of L_dcl."""
    gate = Step(-POSITIVE / TAU + Log(partition()))
    some_is_left = Inequality(
        Integer(0), partition() / (OWN + partition()), unit_space("infonce"), strict=True
    )
    return [
        claim("prose-dissipation-cold", "§3.2", "the pull of L_cl is gone where the negatives are "
              "further away than the positive (all of them at one angle)",
              "the gradient signal quickly drops and vanishes as soon as the negative example is "
              "adequately further away from the anchor than the positive example", vanishes),
        claim("prose-dissipation-never-zero", "§3.2", "at every τ > 0 there is some of it left: it "
              "falls and does not vanish", "‖∇^pos_cl‖ > 0 for 0 < θ_ii' < π", some_is_left),
        claim("prose-dissipation-dcl-plus", "§4.1", "L_dcl+ has the pull of L_dcl where L_dcl > 0, "
              "and none elsewhere",
              "force the truncation of the gradient signal provided to the anchor when L_dcl < 0",
              Equation(raw(gate * pull("dcl")), raw(pull("dcl_plus")), raw_space("dcl_plus"))),
        claim("prose-alignment-equivalent", "App. D, below Eq. 43", "the first term of L_dcl is "
              "equivalent to L_align: L_align of the pair over 2τ, up to a constant",
              "−ĥ_i^T ĥ'_i/τ = ‖ĥ_i − ĥ'_i‖₂^α/(2τ) − 1/τ", _is_align()),
    ]  # fmt: skip
