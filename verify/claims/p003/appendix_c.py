"""Paper 003, Eq. 23-34: the derivations of Appendix C, line by line."""

from collections.abc import Callable

from sympy import Expr

from derive.nodes import Angle, Cos, Exp, Sin
from derive.notation import cosine, sum_samples
from derive.objectives import load
from verify.claims.hats import algebraic, norm, projected, raw, raw_derivative
from verify.claims.lengths import Length
from verify.claims.model import Claim, Test
from verify.claims.p003.norms import OWN, align_of_a_pair
from verify.claims.p003.notation import (
    ALPHA,
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
    negatives,
    other,
    partition,
    pull,
    push,
    raw_space,
    sine,
)
from verify.claims.read_equations import ReadEquation
from verify.claims.readings import squared_length


def _gradient(name: str, formula: Expr, printed: Expr) -> Test:
    """The printed vector, through (I − M_i)/‖h_i‖, is the derivative by the raw anchor."""
    return ReadEquation(raw_derivative(formula), printed, raw_space(name),
                        lambda e: raw(projected(e)))  # fmt: skip


def _has_length(name: str, vector: Expr, length: Expr) -> Test:
    """The printed vector is as long as that."""
    return ReadEquation(raw(algebraic(length)) ** 2, vector, raw_space(name), squared_length)


def claims() -> list[Claim]:
    """One claim a line."""
    return [*_of_contrastive(), *_of_its_norms(), *_of_align(), *_of_uniform(), *_of_decoupled()]


def _of_contrastive() -> list[Claim]:
    below, loss = OWN + partition(), load("infonce").formula()

    def weighted(body: Callable[..., Expr]) -> Expr:
        return negatives(lambda k: exp_over_tau(cosine(I, k)) * body(k))

    mean = (OWN * other(I) + weighted(other)) / below
    return [
        claim("eq-23-a", "Eq. 23, line 1", "∂L_cl/∂h_i before it is collected (printed with +)",
              "−(1/τ) [ĥ'_i + (e^{ĥ_i^T ĥ'_i/τ} ĥ'_i + Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ} ĥ'_j)/"
              "(e^{ĥ_i^T ĥ'_i/τ} + Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ})] ∂ĥ_i/∂h_i",
              _gradient("infonce", loss, -(other(I) + mean) / TAU)),
        claim("eq-23-b", "Eq. 23, line 2", "∂L_cl/∂h_i by differences of positives and negatives",
              "−(1/τ) Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ} (ĥ'_i − ĥ'_j)/(e^{ĥ_i^T ĥ'_i/τ} + Σ_{j≠i} "
              "e^{ĥ_i^T ĥ'_j/τ}) (I − M_i)/‖h_i‖",
              _gradient("infonce", loss,
                        -weighted(lambda k: other(I) - other(k)) / below / TAU)),
        claim("eq-23-c", "Eq. 23, line 3", "∂L_cl/∂h_i with ĥ_i taken from both",
              "−(1/τ) Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ} ((ĥ'_i − ĥ_i) − (ĥ'_j − ĥ_i))/(e^{ĥ_i^T ĥ'_i/τ} + "
              "Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ}) (I − M_i)/‖h_i‖",
              _gradient("infonce", loss,
                        -weighted(lambda k: (other(I) - anchor()) - (other(k) - anchor()))
                        / below / TAU)),
    ]  # fmt: skip


def _of_its_norms() -> list[Claim]:
    below = OWN + partition()
    pulled, pushed = partition() / below / TAU, exp_over_tau(NEGATIVE_COSINE) / below / TAU
    wrong = pulled * (other(I) - anchor() * Cos(THETA_J)) / norm()
    right = pushed * (anchor() * Cos(THETA_J) - other(J)) / norm()
    return [
        claim("eq-24-a", "Eq. 24, line 3", "the vector whose norm is that of L_cl's pull "
              "(printed with cos θ_ij')",
              "‖∇^pos_cl‖ = (1/τ) [Σ_{j≠i} e^{cos θ_ij'/τ}/(e^{cos θ_ii'/τ} + Σ_{j≠i} "
              "e^{cos θ_ij'/τ})] ‖ĥ'_i − ĥ_i cos θ_ij'‖/‖h_i‖",
              _has_length("infonce", wrong, pulled * sine(POSITIVE) / norm())),
        claim("eq-24", "Eq. 24, line 4", "the norm of L_cl's pull, by angles",
              "‖∇^pos_cl‖ = (1/τ) [Σ_{j≠i} e^{cos θ_ij'/τ} sin θ_ii'/(e^{cos θ_ii'/τ} + Σ_{j≠i} "
              "e^{cos θ_ij'/τ})] · 1/‖h_i‖",
              Length(pull("infonce"), pulled * Sin(THETA_I) / norm(), raw_space("infonce"))),
        claim("eq-25-a", "Eq. 25, line 3", "the vector whose norm is that of L_cl's push",
              "‖∇^neg_j_cl‖ = (1/τ) [e^{cos θ_ij'/τ}/(e^{cos θ_ii'/τ} + Σ_{j≠i} e^{cos θ_ij'/τ})] "
              "‖ĥ_i cos θ_ij' − ĥ'_j‖/‖h_i‖",
              _has_length("infonce", right, pushed * sine(NEGATIVE_COSINE) / norm())),
        claim("eq-25", "Eq. 25, line 4", "the norm of L_cl's push on one negative",
              "‖∇^neg_j_cl‖ = (1/τ) e^{cos θ_ij'/τ} sin θ_ij'/(e^{cos θ_ii'/τ} + Σ_{j≠i} "
              "e^{cos θ_ij'/τ}) · 1/‖h_i‖",
              Length(push("infonce"), pushed * Sin(THETA_J) / norm(), raw_space("infonce"))),
    ]  # fmt: skip


def _of_align() -> list[Claim]:
    power = (ALPHA - 2) / 2
    return [
        claim("eq-27", "Eq. 27", "the gradient of one pair's alignment",
              "∂L_align/∂h_i = −α (2 − 2 ĥ_i^T ĥ'_i)^{(α−2)/2} ĥ'_i (I − M_i)/‖h_i‖",
              _gradient("align", align_of_a_pair(),
                        -ALPHA * (2 - 2 * POSITIVE) ** power * other(I))),
        claim("eq-28", "Eq. 28, line 2", "its norm, by the half angle",
              "‖∂L_align/∂h_i‖ = α (4 sin²(θ_ii'/2))^{(α−2)/2} sin θ_ii' · 1/‖h_i‖",
              Length(raw_derivative(align_of_a_pair()),
                     ALPHA * (4 * Sin(THETA_I / 2) ** 2) ** power * sine(POSITIVE) / norm(),
                     raw_space("align"))),
    ]  # fmt: skip


def _of_uniform() -> list[Claim]:
    def potential(k: Expr, m: Expr) -> Expr:
        return Exp(-T * chord(cosine(k, m)) ** 2)

    def of_half(k: Expr, m: Expr) -> Expr:
        return Exp(-4 * T * Sin(Angle(cosine(k, m)) / 2) ** 2)

    def total(body: Callable[..., Expr]) -> Expr:
        return sum_samples(lambda k: sum_samples(lambda m: body(k, m), other_than=k))

    def summed(body: Callable[..., Expr]) -> Expr:
        return negatives(lambda k: 2 * T * potential(I, k) * body(k))

    loss = load("uniform").formula()
    share = 2 * T * of_half(I, J) / total(of_half)
    return [
        claim("eq-30", "Eq. 30", "the gradient of L_uniform",
              "∂L_uniform/∂h_i = −2t Σ_{j≠i} e^{−t‖ĥ_i − ĥ'_j‖²} (ĥ_i − ĥ'_j)/(Σ_i Σ_{j≠i} "
              "e^{−t‖ĥ_i − ĥ'_j‖²}) (I − M_i)/‖h_i‖",
              _gradient("uniform", loss,
                        -summed(lambda k: anchor() - other(k)) / total(potential))),
        claim("eq-31-a", "Eq. 30 and 31, line 1", "it is the sum of ∇L^j_uniform over j ≠ i",
              "∇L^j_uniform = 2t e^{−t‖ĥ_i − ĥ'_j‖²} (ĥ'_j − ĥ_i)/(Σ_i Σ_{j≠i} "
              "e^{−t‖ĥ_i − ĥ'_j‖²}) (I − M_i)/‖h_i‖",
              _gradient("uniform", loss,
                        summed(lambda k: other(k) - anchor()) / total(potential))),
        claim("eq-31", "Eq. 31, line 4", "the norm of one of them, by the half angle",
              "‖∇L^j_uniform‖ = 2t e^{−4t sin²(θ_ij'/2)} sin θ_ij'/(Σ_i Σ_{j≠i} "
              "e^{−4t sin²(θ_ij'/2)}) · 1/‖h_i‖",
              Length(push("uniform"), share * sine(NEGATIVE_COSINE) / norm(),
                     raw_space("uniform"))),
    ]  # fmt: skip


def _of_decoupled() -> list[Claim]:
    share = exp_over_tau(NEGATIVE_COSINE) / partition() / TAU
    pushed = negatives(lambda k: exp_over_tau(cosine(I, k)) * (anchor() - other(k)))
    return [
        claim("eq-32", "Eq. 32", "the gradient of L_dcl, split",
              "∂L_dcl/∂h_i = −((ĥ'_i − ĥ_i)/τ) (I − M_i)/‖h_i‖ − (1/τ) Σ_{j≠i} "
              "[e^{ĥ_i^T ĥ'_j/τ} (ĥ_i − ĥ'_j)/Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ}] (I − M_i)/‖h_i‖",
              _gradient("dcl", load("dcl").formula(),
                        -(other(I) - anchor()) / TAU - pushed / partition() / TAU)),
        claim("eq-33", "Eq. 33", "the norm of L_dcl's pull (printed with ĥ'_j and θ_ij')",
              "‖∇^pos_dcl‖ = (1/τ) sin θ_ij'/‖h_i‖",
              Length(pull("dcl"), sine(NEGATIVE_COSINE) / TAU / norm(), raw_space("dcl"))),
        claim("eq-34", "Eq. 34", "the norm of L_dcl's push on one negative",
              "‖∇^neg_j_dcl‖ = (1/τ) e^{cos θ_ij'/τ} sin θ_ij'/Σ_{j≠i} e^{cos θ_ij'/τ} · 1/‖h_i‖",
              Length(push("dcl"), share * sine(NEGATIVE_COSINE) / norm(), raw_space("dcl"))),
    ]  # fmt: skip
