"""Paper 003, Eq. 37-40: one loss for three similarities ρ, its gates and its gradient norms.

The text calls ρ a similarity, and Eq. 39 and 40 take ĥ^T ĥ', −‖ĥ − ĥ'‖₂ and −θ for it.
"""

from dataclasses import dataclass

from sympy import Expr

from derive.nodes import Angle, Cos, Hinge, Sin, Step
from derive.notation import cosine
from derive.objectives import load
from verify.claims.equalities import Equation
from verify.claims.hats import norm
from verify.claims.lengths import Length
from verify.claims.model import Claim, Judgement, Test
from verify.claims.p003.notation import (
    MARGIN,
    POSITIVE,
    I,
    chord,
    claim,
    nearest,
    pull,
    push,
    raw_space,
    smallest,
    unit_space,
)
from verify.claims.steps import corrected
from verify.claims.text import formula_text


@dataclass(frozen=True)
class Kind:
    """A loss and its ρ, as a function of the cosine; pull, push: the printed norms over gates."""

    loss: str
    name: str
    rho: str

    def similarity(self, c: Expr) -> Expr:
        """ρ as printed in Eq. 39 and 40."""
        return {"mpt": c, "met": -chord(c), "mat": -Angle(c)}[self.loss]

    def length(self, c: Expr) -> Expr:
        """The printed norm, times ‖h_i‖."""
        return {"mpt": Sin(Angle(c)), "met": Cos(Angle(c) / 2), "mat": c**0}[self.loss]


KINDS = (
    Kind("mpt", "dot product", "ĥ_i^T ĥ'_j"),
    Kind("met", "distance", "−‖ĥ_i − ĥ'_j‖₂"),
    Kind("mat", "angle", "−θ_ij'"),
)


THETA_II, LEAST = "θ_ii'", "min_{j≠i} θ_ij'"


def _difference(kind: Kind, sign: int = 1) -> Expr:
    """ρ_ii − min_{j≠i} ρ_ij, of ρ or of −ρ."""
    return sign * kind.similarity(POSITIVE) - smallest(
        lambda k: sign * kind.similarity(cosine(I, k))
    )


def _loss_test(kind: Kind) -> Test:
    """Eq. 37 with ρ is the loss of the catalogue; where not, with −ρ."""

    def of(sign: int) -> Equation:
        printed = Hinge(_difference(kind, sign) + MARGIN)
        return Equation(load(kind.loss).formula(), printed, unit_space(kind.loss), mending=())

    def test(seed: int) -> Judgement:
        text = formula_text(of(-1).printed, raw_space(kind.loss).hyper)
        better = (f"−ρ for ρ throughout [sign]: {text}", lambda: of(-1)(seed))
        return corrected(of(1)(seed), [better], "ρ and −ρ")

    return test


def claims() -> list[Claim]:
    """Eq. 37 to 40, for each ρ."""
    found = []
    for kind in KINDS:
        found += [_loss(kind), _gate(kind), _pull(kind), _push(kind)]
    return sorted(found, key=lambda x: x.id)


def _loss(kind: Kind) -> Claim:
    return claim(
        f"eq-37-{kind.loss}",
        "Eq. 37 and 39",
        f"with ρ = {kind.rho} the generic loss is the catalogue's {kind.loss}",
        "L_mdt = max(0, ρ(ĥ_i, ĥ'_i) − min_{j≠i} ρ(ĥ_i, ĥ'_j) + m)",
        _loss_test(kind),
    )


def _gate(kind: Kind) -> Claim:
    """Of the loss of Eq. 37 itself, whatever ρ is."""
    open_where = Step(_difference(kind) + MARGIN)
    printed = Step(MARGIN - _difference(kind))
    space = unit_space(kind.loss)
    return claim(
        f"eq-38-{kind.loss}",
        "Eq. 38",
        f"where the loss of Eq. 37 has a gradient, with ρ = {kind.rho}",
        "∂L_mdt/∂h_i ≠ 0 where ρ(ĥ_i, ĥ'_i) − min_{j≠i} ρ(ĥ_i, ĥ'_j) < m, and 0 where it is ≥ m",
        Equation(open_where, printed, space, mending=("sign", "margin", "difference")),
    )


def _pull(kind: Kind) -> Claim:
    gate = Step(MARGIN - _difference(kind))
    length = kind.length(POSITIVE)
    return claim(
        f"eq-39-{kind.loss}",
        "Eq. 39",
        f"the norm of the pull of {kind.loss}, and its gate",
        f"‖∇^pos_mdt‖ = {_printed(kind, THETA_II)}/‖h_i‖ where ρ = {kind.rho} and "
        "ρ(ĥ_i, ĥ'_i) − min_{j≠i} ρ(ĥ_i, ĥ'_j) < m, else 0",
        Length(pull(kind.loss), length / norm() * gate, raw_space(kind.loss)),
    )


def _push(kind: Kind) -> Claim:
    j = nearest()
    inside = MARGIN - _difference(kind)
    # Of the distance the gate is printed the other way round.
    gate = 1 - Step(inside) if kind.loss == "met" else Step(inside)
    less = "≥" if kind.loss == "met" else "<"
    return claim(
        f"eq-40-{kind.loss}",
        "Eq. 40",
        f"the norm of the push of {kind.loss} on its nearest negative, and its gate",
        f"‖∇^neg_mdt‖ = {_printed(kind, LEAST)}/‖h_i‖ where ρ = {kind.rho} and "
        f"ρ(ĥ_i, ĥ'_i) − min_{{j≠i}} ρ(ĥ_i, ĥ'_j) {less} m, else 0",
        Length(push(kind.loss, j), kind.length(cosine(I, j)) / norm() * gate,
               raw_space(kind.loss), mending=("comparison", "extremum", "sign", "margin")),
    )  # fmt: skip


def _printed(kind: Kind, angle: str) -> str:
    return {"mpt": f"sin({angle})", "met": f"cos({angle}/2)", "mat": "1"}[kind.loss]
