"""Paper 003, Eq. 6-9, 11 and 16-22: the gradient of L_cl by the raw anchor, and gradient norms."""

from sympy import Expr, Mul

from derive.nodes import Angle, Cos, Exp, Log, Sin, Step
from derive.notation import cosine, same_view, sum_samples
from derive.objectives import load
from verify.claims.equalities import Equation
from verify.claims.hats import norm, projected, raw, raw_derivative
from verify.claims.lengths import Length
from verify.claims.model import Claim
from verify.claims.p003.notation import (
    ALPHA,
    MARGIN,
    NEGATIVE_COSINE,
    POSITIVE,
    TAU,
    THETA_I,
    THETA_J,
    I,
    J,
    T,
    anchor,
    chord,
    claim,
    exp_over_tau,
    largest,
    nearest,
    negatives,
    other,
    partition,
    pull,
    push,
    raw_space,
    sine,
    smallest,
)

OWN = exp_over_tau(POSITIVE)


def split_printed() -> Expr:
    """Eq. 6, the right side."""
    below = OWN + partition()
    pulled = -partition() * projected(other(I) - anchor()) / TAU / below
    pushed = negatives(
        lambda k: exp_over_tau(cosine(I, k)) * projected(anchor() - other(k)) / TAU / below
    )
    return pulled - pushed


def align_of_a_pair() -> Expr:
    """‖ĥ_i − ĥ'_i‖^α."""
    return chord(POSITIVE) ** ALPHA


def align_norm() -> Expr:
    """Eq. 8."""
    return ALPHA * Mul(2, Sin(THETA_I / 2)) ** (ALPHA - 2) * sine(POSITIVE) / norm()


def potentials() -> Expr:
    """Σ_i Σ_{j≠i} e^{2t cos θ_ij'}."""

    def row(k: Expr) -> Expr:
        return sum_samples(lambda m: Exp(2 * T * Cos(Angle(cosine(k, m)))), other_than=k)

    return sum_samples(row)


def claims() -> list[Claim]:
    """One claim an equation."""
    return [*_of_alignment(), *_of_uniformity(), *_of_triplets()]


def _of_alignment() -> list[Claim]:
    total = partition()
    gate = Step(-POSITIVE / TAU + Log(total))
    of_cl = total * sine(POSITIVE) / TAU / (OWN + total) / norm()
    return [
        claim("eq-6", "Eq. 6", "∂L_cl/∂h_i, h_i raw, is ∇^pos + Σ_j ∇^neg_j",
              "∂L_cl/∂h_i = −(1/τ) [Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ} (ĥ'_i − ĥ_i)/(e^{ĥ_i^T ĥ'_i/τ} + "
              "Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ})] (I − M_i)/‖h_i‖ − (1/τ) Σ_{j≠i} [e^{ĥ_i^T ĥ'_j/τ} "
              "(ĥ_i − ĥ'_j)/(e^{ĥ_i^T ĥ'_i/τ} + Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ})] (I − M_i)/‖h_i‖",
              Equation(raw_derivative(load("infonce").formula()), raw(split_printed()),
                       raw_space("infonce"))),
        claim("eq-7", "Eq. 7", "the norm of L_cl's pull, by angles",
              "‖∇^pos_cl‖ = (1/τ) Σ_{j≠i} e^{cos θ_ij'/τ} sin θ_ii' / (e^{cos θ_ii'/τ} + "
              "Σ_{j≠i} e^{cos θ_ij'/τ}) · 1/‖h_i‖",
              Length(pull("infonce"), of_cl, raw_space("infonce"))),
        claim("eq-8", "Eq. 8", "the norm of the gradient of one pair's alignment",
              "‖∇L_align‖ = α (2 sin(θ_ii'/2))^{α−2} sin θ_ii' / ‖h_i‖",
              Length(raw_derivative(align_of_a_pair()), align_norm(), raw_space("align"))),
        claim("eq-9", "Eq. 9", "the norm of L_dcl's pull",
              "‖∇^pos_dcl‖ = sin θ_ii' / (τ ‖h_i‖)",
              Length(pull("dcl"), sine(POSITIVE) / TAU / norm(), raw_space("dcl"))),
        claim("eq-11", "Eq. 11", "the norm of L_dcl+'s pull: 0 where its gate is closed",
              "‖∇^pos_dcl+‖ = sin θ_ij'/τ · 1/‖h_i‖ where −ĥ_i^T ĥ'_i/τ + log Σ_{j≠i} "
              "e^{ĥ_i^T ĥ'_j/τ} > 0, else 0 (printed with θ_ij')",
              Length(pull("dcl_plus"), sine(NEGATIVE_COSINE) / TAU / norm() * gate,
                     raw_space("dcl_plus"))),
    ]  # fmt: skip


def _of_uniformity() -> list[Claim]:
    total = partition()
    share = Exp(Cos(THETA_J) / TAU) * sine(NEGATIVE_COSINE) / TAU / norm()
    gate = Step(-(POSITIVE / TAU - Log(total)))
    of_uniform = 2 * T * Exp(2 * T * Cos(THETA_J)) * sine(NEGATIVE_COSINE) / potentials() / norm()
    return [
        claim("eq-16", "Eq. 16", "the norm of L_cl's push on one negative",
              "‖∇^neg_j_cl‖ = (1/τ) e^{cos θ_ij'/τ} sin θ_ij' / (e^{cos θ_ii'/τ} + Σ_{j≠i} "
              "e^{cos θ_ij'/τ}) · 1/‖h_i‖",
              Length(push("infonce"), share / (OWN + total), raw_space("infonce"))),
        claim("eq-17", "Eq. 17", "the norm of L_uniform's push on one negative",
              "‖∇L^j_uniform‖ = 2t e^{2t cos θ_ij'} sin θ_ij' / (Σ_i Σ_{j≠i} e^{2t cos θ_ij'}) "
              "· 1/‖h_i‖",
              Length(push("uniform"), of_uniform, raw_space("uniform"))),
        claim("eq-18", "Eq. 18", "the norm of L_dcl's push on one negative",
              "‖∇^neg_j_dcl‖ = (1/τ) e^{cos θ_ij'/τ} sin θ_ij' / Σ_{j≠i} e^{cos θ_ij'/τ} · 1/‖h_i‖",
              Length(push("dcl"), share / total, raw_space("dcl"))),
        *_pull_and_push(
            "eq-19", "Eq. 19", "the norm of L_dcl+'s {} on one negative", "‖∇^{}_dcl+‖ = (1/τ) "
            "e^{{cos θ_ij'/τ}} sin θ_ij' / Σ_{{j≠i}} e^{{cos θ_ij'/τ}} · 1/‖h_i‖ where "
            "ĥ_i^T ĥ'_i/τ − log Σ_{{j≠i}} e^{{ĥ_i^T ĥ'_j/τ}} < 0, else 0",
            "dcl_plus", J, share / total * gate),
    ]  # fmt: skip


def _of_triplets() -> list[Claim]:
    j = nearest()
    hardest = cosine(I, j)
    products = POSITIVE + largest(lambda k: same_view(I, k))
    chords = chord(POSITIVE) - smallest(lambda k: chord(cosine(I, k)))
    angles = THETA_I - smallest(lambda k: Angle(cosine(I, k)))
    return [
        *_pull_and_push(
            "eq-20", "Eq. 20", "the norm of L_mpt's {} on its hardest negative j, and its gate "
            "(printed with a plus, and ĥ_j without its prime)", "‖∇^{}_mpt‖ = sin(θ_ij')/‖h_i‖ "
            "where ĥ_i^T ĥ'_i + max_{{j≠i}} ĥ_i^T ĥ_j < m, else 0",
            "mpt", j, sine(hardest) / norm() * Step(MARGIN - products)),
        *_pull_and_push(
            "eq-21", "Eq. 21", "the norm of L_met's {} on its nearest negative j, and its gate",
            "‖∇^{}_met‖ = cos(θ_ij'/2)/‖h_i‖ where ‖ĥ_i − ĥ'_i‖₂ − min_{{j≠i}} ‖ĥ_i − ĥ'_j‖₂ < m, "
            "else 0",
            "met", j, Cos(Angle(hardest) / 2) / norm() * Step(MARGIN - chords)),
        *_pull_and_push(
            "eq-22", "Eq. 22", "the norm of L_mat's {} on its nearest negative j, and its gate",
            "‖∇^{}_mat‖ = 1/‖h_i‖ where θ_ii' − min_{{j≠i}} θ_ij' < m, else 0",
            "mat", j, Step(MARGIN - angles) / norm()),
    ]  # fmt: skip


def _pull_and_push(
    number: str, where: str, said: str, formula: str, name: str, j: Expr, length: Expr
) -> list[Claim]:
    """As printed, of ∇^pos, which contradicts Eq. 11 and 39 where the angle is θ_ij'; and of the
    ∇^neg_j that its place under the uniformity part means."""
    space = raw_space(name)
    printed, meant = (Length(pull(name), length, space), Length(push(name, j), length, space))
    return [
        claim(number, where, said.format("pull, as the label ∇^pos has it,"),
              formula.format("pos"), printed),
        claim(f"{number}-push", where, said.format("push, with ∇^neg_j for the label ∇^pos,"),
              formula.format("neg_j"), meant),
    ]  # fmt: skip
