"""Paper 003, Eq. 44-46: lower bounds of both uniformity parts, and what they have in common."""

from collections.abc import Callable
from dataclasses import replace

from sympy import Expr

from derive.nodes import Z_PRIME, Exp, H, Inner, Log, N
from derive.notation import cosine, sum_samples
from derive.objectives import load
from verify.claims.equalities import Equation
from verify.claims.hats import raw_positives
from verify.claims.inequalities import Inequality
from verify.claims.jensen import Jensen
from verify.claims.model import Claim, Test
from verify.claims.p003.definitions import HATS
from verify.claims.p003.notation import (
    TAU,
    I,
    T,
    chord,
    claim,
    exp_over_tau,
    negatives,
    partition,
    raw_rows,
    unit_space,
)
from verify.claims.points import Space
from verify.claims.read_equations import ReadEquation
from verify.claims.readings import opened


def _mean(body: Expr) -> Expr:
    """(1/M) Σ_i of an expression of the anchor i, M = N the batch size."""
    return sum_samples(lambda i: body.xreplace({I: i})) / N


def _of_others(body: Callable[[Expr], Expr], count: Expr = N - 1) -> Expr:
    """(1/(N−1)) Σ_{j≠i}. count: what the printed N−1 is, of our N samples."""
    return negatives(body) / count


def _squares() -> Expr:
    """Σ_i Σ_{j≠i} ‖ĥ_i − ĥ'_j‖₂²."""
    return N * _mean(negatives(lambda k: chord(cosine(I, k)) ** 2))


def _products() -> Expr:
    """Σ_i Σ_{j≠i} ĥ_i^T ĥ'_j."""
    return N * _mean(negatives(lambda k: cosine(I, k)))


def _potential(k: Expr, i: Expr) -> Expr:
    return Exp(-T * chord(cosine(i, k)) ** 2)


def uniformity() -> Expr:
    """The middle of Eq. 44: the mean of the logarithms."""
    return _mean(Log(_of_others(lambda k: _potential(k, I))))


def decoupled() -> Expr:
    """L^neg_dcl − log(N−1), the mean over anchors."""
    return _mean(Log(partition()) - Log(N - 1))


def claims() -> list[Claim]:
    """Each link of both chains."""
    return [*_of_uniformity(), *_of_decoupled(), *_of_both()]


def _of_uniformity() -> list[Claim]:
    space, hyper = unit_space("uniform"), unit_space("uniform").hyper
    last = -T / (N * (N - 1)) * _squares()

    def row(k: Expr, i: Expr | None) -> Expr:
        return _of_others(lambda m: _potential(m, I)).xreplace({I: k})

    def fewer(k: Expr, i: Expr | None) -> Expr:
        return (N - 1) / (N - 2) * row(k, i)

    over_rows, over_fewer = (Jensen("log", x, 1 / N, False, hyper) for x in (row, fewer))
    in_rows = Jensen("log", _potential, 1 / (N - 1), True, hyper)
    return [
        claim("eq-44-a", "Eq. 44, first ≥", "the logarithm of a mean is at least the mean of "
              "logarithms", "L_uniform = log (1/(M(N−1))) Σ_i Σ_{j≠i} e^{−t‖ĥ_i − ĥ'_j‖²} ≥ "
              "(1/M) Σ_i log (1/(N−1)) Σ_{j≠i} e^{−t‖ĥ_i − ĥ'_j‖²}",
              Inequality(uniformity(), load("uniform").formula(), space, certificate=over_rows)),
        claim("eq-44-a-negatives", "Eq. 44, first ≥", "the same for N negatives",
              "L_uniform = log (1/(M(N−1))) Σ_i Σ_{j≠i} e^{−t‖ĥ_i − ĥ'_j‖²} ≥ "
              "(1/M) Σ_i log (1/(N−1)) Σ_{j≠i} e^{−t‖ĥ_i − ĥ'_j‖²}",
              Inequality(_mean(Log(fewer(I, None))), Log(_mean(fewer(I, None))),
                         Space(hyper, least=3), certificate=over_fewer)),
        claim("eq-44-b", "Eq. 44, second ≥", "and so once more within each row",
              "… ≥ −(t/(M(N−1))) Σ_i Σ_{j≠i} ‖ĥ_i − ĥ'_j‖₂²",
              Inequality(last, uniformity(), space, certificate=in_rows)),
    ]  # fmt: skip


def _without_hats() -> Test:
    printed = Log(negatives(lambda k: exp_over_tau(Inner(H, I, Z_PRIME, k))))
    derived = raw_positives(Log(partition()))
    space = replace(unit_space("dcl"), rows=lambda r: raw_rows(r)[::-1])
    return Equation(derived, printed, space, structured=lambda x: unit_space("dcl"),
                    mending=(), extra=(HATS,))  # fmt: skip


def _of_decoupled() -> list[Claim]:
    space = unit_space("dcl")
    outside = _mean(Log(_of_others(lambda k: Exp(cosine(I, k)) / TAU)))
    bound = _products() / (TAU * N * (N - 1))
    by_squares = -_squares() / (2 * TAU * N * (N - 1)) + 1 / (2 * TAU * N * (N - 1))
    jensen = Jensen("log", lambda k, i: exp_over_tau(cosine(i, k)), 1 / (N - 1), True, space.hyper)
    return [
        claim("eq-45", "Eq. 45", "the uniformity part of L_dcl (h'_j is printed without its hat)",
              "L^neg_dcl = log Σ_{j≠i}^N exp(ĥ_i^T h'_j/τ)", _without_hats()),
        claim("eq-46-a", "Eq. 46, =", "L^neg_dcl − log(N−1) as a mean of logarithms of means "
              "(printed with /τ outside of the exponential; h'_j, without its hat, is read as "
              "ĥ'_j, whatever N counts)",
              "L^neg_dcl − log(N−1) = (1/M) Σ_i log (1/(N−1)) Σ_{j≠i} exp(ĥ_i^T h'_j)/τ",
              ReadEquation(opened(decoupled()), outside, space, opened)),
        claim("eq-46-b", "Eq. 46, ≥", "Jensen within each row, with 1/τ in the exponent and "
              "ĥ'_j for h'_j, for N samples",
              "L^neg_dcl − log(N−1) ≥ (1/(τM(N−1))) Σ_i Σ_{j≠i} ĥ_i^T h'_j",
              Inequality(bound, _mean(Log(_of_others(lambda k: exp_over_tau(cosine(I, k))))),
                         space, certificate=jensen)),
        claim("eq-46-b-negatives", "Eq. 46, ≥", "the same for N negatives",
              "L^neg_dcl − log(N−1) ≥ (1/(τM(N−1))) Σ_i Σ_{j≠i} ĥ_i^T h'_j", _of_n_negatives()),
        claim("eq-46-c", "Eq. 46, last =", "the bound by squared distances, and its constant, "
              "with ĥ'_j for h'_j",
              "(1/(τM(N−1))) Σ_i Σ_{j≠i} ĥ_i^T h'_j = −(1/(2τM(N−1))) Σ_i Σ_{j≠i} "
              "‖ĥ_i − ĥ'_j‖₂² + 1/(2τM(N−1))",
              ReadEquation(bound, by_squares, space, lambda e: e)),
    ]  # fmt: skip


def _of_n_negatives() -> Test:
    """Eq. 46's bound where N − 1 of the text is one less than the number of negatives."""
    space, fewer = unit_space("dcl"), N - 2
    rows = _mean(Log(_of_others(lambda k: exp_over_tau(cosine(I, k)), fewer)))
    bound = _products() / (TAU * N * fewer)
    return Inequality(bound, rows, Space(space.hyper, least=3))


def _of_both() -> list[Claim]:
    """What the text says of them, with t = 1/(2τ), where both speak of the same exponentials."""
    space, t = unit_space("dcl"), 1 / (2 * TAU)
    uniform = load("uniform").formula().xreplace({T: t})
    in_rows = Exp(Log(partition()))
    log_outside = Log(_mean(in_rows)) - Log(N - 1) - 1 / TAU
    of_44 = -t / (N * (N - 1)) * _squares()
    of_46 = _products() / (TAU * N * (N - 1)) - 1 / TAU
    return [
        claim("prose-order-of-log", "App. D", "with t = 1/(2τ), L_uniform and L^neg_dcl differ by "
              "the order of the logarithm and the first sum, up to a constant",
              "the difference … is only the order of the logarithmic function and the first "
              "summation operation",
              ReadEquation(opened(uniform), log_outside, space, opened)),
        claim("prose-common-objective", "App. D", "with t = 1/(2τ) both lower bounds are the same "
              "function of the batch, up to the constant 1/τ",
              "their common optimization objective is to maximize the sum of the squares of the "
              "Euclidean distance of all pairwise samples",
              ReadEquation(of_44, of_46, space, lambda e: e)),
    ]  # fmt: skip
