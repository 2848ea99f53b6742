"""Paper 003, Eq. 1-5, 10, 13-15 and what Appendices C and D repeat: the losses, as printed."""

from dataclasses import replace

from sympy import Expr, Integer

from derive.conditions import Condition
from derive.nodes import H_PRIME, Z_PRIME, Angle, Exp, H, Hinge, Inner, Log, N
from derive.notation import cosine, same_view, sum_samples
from derive.objectives import load
from verify.claims.equalities import Equation
from verify.claims.hats import raw_positives
from verify.claims.model import Claim, Test
from verify.claims.p003.notation import (
    ALPHA,
    LAMBDA,
    MARGIN,
    POSITIVE,
    TAU,
    THETA_I,
    I,
    T,
    chord,
    claim,
    exp_over_tau,
    largest,
    negatives,
    partition,
    raw_rows,
    smallest,
    unit_space,
)
from verify.claims.read_equations import ReadEquation
from verify.claims.readings import opened

HATS = Condition(
    "unit negatives",
    "every h'_j has norm 1 (it is printed without its hat)",
    lambda e: e.xreplace({Z_PRIME: H_PRIME}),
)


def contrastive_printed() -> Expr:
    """Eq. 1."""
    own = exp_over_tau(POSITIVE)
    return -Log(own / (own + partition()))


def align_printed() -> Expr:
    """Eq. 3, the expectation over the batch."""
    return sum_samples(lambda k: chord(cosine(k, k)) ** ALPHA) / N


def uniform_printed() -> Expr:
    """Eq. 4, the expectation over the pairs i ≠ j of the batch."""

    def row(k: Expr) -> Expr:
        return sum_samples(lambda m: Exp(-T * chord(cosine(k, m)) ** 2), other_than=k)

    return Log(sum_samples(row) / (N * (N - 1)))


def decoupled_plus_printed() -> Expr:
    """Eq. 10."""
    return Hinge(-POSITIVE / TAU + Log(partition()))


def _is(name: str, printed: Expr) -> Test:
    return ReadEquation(opened(load(name).formula()), printed, unit_space(name), opened)


def _hatless_sum() -> Expr:
    """Σ_{j≠i} e^{ĥ_i^T h'_j/τ}."""
    return negatives(lambda k: exp_over_tau(Inner(H, I, Z_PRIME, k)))


def _without_hats(printed: Expr) -> Test:
    """L_dcl with h'_j as it is printed, of any norm."""
    printed = raw_positives(opened(printed))
    derived = raw_positives(load("dcl").formula())
    space = replace(unit_space("dcl"), rows=lambda r: raw_rows(r)[::-1])
    return Equation(derived, printed, space, structured=lambda x: unit_space("dcl"),
                    mending=(), extra=(HATS,))  # fmt: skip


def _decoupled() -> Test:
    return _without_hats(-Log(exp_over_tau(POSITIVE) / _hatless_sum()))


_HATLESS = "L_dcl = −log(exp(ĥ_i^T ĥ'_i/τ) / Σ_{j≠i}^N exp(ĥ_i^T h'_j/τ))"
_ALIGN = "L_align = E_{(ĥ_i, ĥ'_i) ~ p_pos} ‖ĥ_i − ĥ'_i‖₂^α, α > 0"
_UNIFORM = "L_uniform = log E_{i.i.d. (ĥ_i, ĥ'_j) ~ p_data} exp(−t‖ĥ_i − ĥ'_j‖₂²), t > 0"
_DCL = "L_dcl is the catalogue's dcl, whose vectors all have norm 1"


def claims() -> list[Claim]:
    """One claim for each printed definition."""
    return [*_of_section_2(), *_of_section_4(), *_of_appendix_d()]


def _of_section_2() -> list[Claim]:
    pairs = chord(POSITIVE) ** 2
    mixture = (1 - LAMBDA) * align_printed() + LAMBDA * uniform_printed()
    split = -POSITIVE / TAU + Log(_hatless_sum())
    return [
        claim("eq-1", "Eq. 1", "L_cl is the catalogue's infonce, one direction, N samples",
              "L_cl = −log(exp(ĥ_i^T ĥ'_i/τ) / (exp(ĥ_i^T ĥ'_i/τ) + Σ_{j≠i}^N exp(ĥ_i^T ĥ'_j/τ)))",
              _is("infonce", contrastive_printed())),
        claim("eq-1-count", "below Eq. 1",
              "the N in the sum of Eq. 1 is the number of negatives of an anchor",
              "Σ_{j≠i}^N has N terms",
              ReadEquation(negatives(lambda k: Integer(1)), N, unit_space("infonce"),
                           opened)),
        claim("eq-2", "Eq. 2", "L_a&u is the catalogue's align_uniform",
              "L_a&u = (1 − λ) L_align + λ L_uniform", _is("align_uniform", mixture)),
        claim("eq-3", "Eq. 3", "L_align is the catalogue's align", _ALIGN,
              _is("align", align_printed())),
        claim("eq-4", "Eq. 4", "L_uniform is the catalogue's uniform, over cross-view pairs",
              _UNIFORM, _is("uniform", uniform_printed())),
        claim("eq-5", "Eq. 5", _DCL, _HATLESS, _decoupled()),
        claim("eq-5-split", "Eq. 5", "L_dcl is an alignment and a uniformity part (h'_j is printed "
              "without its hat)",
              "L_dcl = −ĥ_i^T ĥ'_i/τ + log Σ_{j≠i}^N exp(ĥ_i^T h'_j/τ)", _without_hats(split)),
        claim("eq-26", "Eq. 26", "the alignment of one pair by its cosine",
              "L_align = (‖ĥ_i − ĥ'_i‖₂²)^{α/2} = (2 − 2 ĥ_i^T ĥ'_i)^{α/2}",
              Equation((1 + Inner(H_PRIME, I, H_PRIME, I) - 2 * POSITIVE) ** (ALPHA / 2),
                       pairs ** (ALPHA / 2), unit_space("align"))),
        claim("eq-29", "Eq. 29", "the uniformity of a batch",
              "L_uniform = log (1/(N(N−1))) Σ_i Σ_{j≠i} exp(−t‖ĥ_i − ĥ'_j‖₂²)",
              _is("uniform", uniform_printed())),
    ]  # fmt: skip


def _of_section_4() -> list[Claim]:
    same = Hinge(-POSITIVE + largest(lambda k: same_view(I, k)) + MARGIN)
    met = Hinge(chord(POSITIVE) - smallest(lambda k: chord(cosine(I, k))) + MARGIN)
    mat = Hinge(THETA_I - smallest(lambda k: Angle(cosine(I, k))) + MARGIN)
    return [
        claim("eq-10", "Eq. 10", "L_dcl+ is the catalogue's dcl_plus",
              "L_dcl+ = max(−ĥ_i^T ĥ'_i/τ + log Σ_{j≠i} exp(ĥ_i^T ĥ'_j/τ), 0)",
              _is("dcl_plus", decoupled_plus_printed())),
        claim("eq-13", "Eq. 13", "L_mpt is the catalogue's mpt, whose negatives are ĥ'_j; "
              "printed is ĥ_j, without the prime",
              "L_mpt = max(−ĥ_i^T ĥ'_i + max_{j≠i} ĥ_i^T ĥ_j + m, 0)",
              Equation(load("mpt").formula(), same, unit_space("mpt"))),
        claim("eq-14", "Eq. 14", "L_met is the catalogue's met",
              "L_met = max{‖ĥ_i − ĥ'_i‖₂ − min_{j≠i} ‖ĥ_i − ĥ'_j‖₂ + m, 0}",
              Equation(load("met").formula(), met, unit_space("met"))),
        claim("eq-15", "Eq. 15", "L_mat is the catalogue's mat",
              "L_mat = max{θ_ii' − min_{j≠i} θ_ij' + m, 0}",
              Equation(load("mat").formula(), mat, unit_space("mat"))),
    ]  # fmt: skip


def _of_appendix_d() -> list[Claim]:
    return [
        claim("eq-41", "Eq. 41", "L_align once more, as in Eq. 3", _ALIGN,
              _is("align", align_printed())),
        claim("eq-42", "Eq. 42", "L_uniform once more, as in Eq. 4", _UNIFORM,
              _is("uniform", uniform_printed())),
        claim("eq-43", "Eq. 43", _DCL, _HATLESS, _decoupled()),
    ]  # fmt: skip
