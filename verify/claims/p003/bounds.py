"""Paper 003, Eq. 12 and its derivation, Eq. 35 and 36: upper bounds of the contrastive loss."""

from collections.abc import Callable

from sympy import Expr, Integer, Symbol

from derive.hyper import REAL, Hyper
from derive.nodes import Exp, Hinge, Log, N
from derive.notation import cosine, same_view
from derive.objectives import load
from verify.claims.inequalities import Inequality
from verify.claims.model import Claim, Test
from verify.claims.p003.definitions import decoupled_plus_printed
from verify.claims.p003.norms import OWN
from verify.claims.p003.notation import (
    POSITIVE,
    TAU,
    I,
    claim,
    exp_over_tau,
    largest,
    partition,
    unit_space,
)
from verify.claims.points import Space
from verify.claims.read_equations import ReadEquation
from verify.claims.readings import opened

LOG_2 = Log(Integer(2))
_NUMBER = Hyper("x", "x", "x", Integer(0), REAL, "a real number")


def n_negatives(e: Expr) -> Expr:
    """A formula whose N is the number of negatives, by our N samples."""
    return e.xreplace({N: N - 1})


def hardest_bound(similarity: Callable[[Expr, Expr], Expr], count: Expr) -> Expr:
    """log 2 + (1/τ) max(−c_ii' + max_{j≠i} similarity(i, j) + τ log count, 0)."""
    most = largest(lambda k: similarity(I, k))
    return LOG_2 + Hinge(-POSITIVE + most + TAU * Log(count)) / TAU


def _same(left: Expr, right: Expr) -> Test:
    return ReadEquation(opened(left), right, unit_space("infonce"), opened)


def claims() -> list[Claim]:
    """The chain as printed, under both meanings of N, and each line of its derivation."""
    return [*_of_chain(), *_of_lines(), *_of_softplus()]


def _of_chain() -> list[Claim]:
    loss, space = load("infonce").formula(), unit_space("infonce")
    plus, at_least_three = LOG_2 + decoupled_plus_printed(), Space(space.hyper, least=3)
    printed, meant = hardest_bound(same_view, N - 1), hardest_bound(cosine, N - 1)
    last = "≤ log 2 + (1/τ) max(−ĥ_i^T ĥ'_i + max_{j≠i} ĥ_i^T NEG + τ log(N−1), 0)"
    return [
        claim("eq-12-a", "Eq. 12, first ≤", "L_dcl+ + log 2 is an upper bound of L_cl",
              "L_cl ≤ log 2 + max(−ĥ_i^T ĥ'_i/τ + log Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ}, 0) = "
              "log 2 + L_dcl+", Inequality(loss, plus, space)),
        claim("eq-12-b", "Eq. 12, second ≤", "the bound by the hardest negative, with ĥ_j as "
              "printed, without the prime", "log 2 + L_dcl+ " + last.replace("NEG", "ĥ_j"),
              Inequality(plus, printed, space)),
        claim("eq-12-b-prime", "Eq. 12, second ≤", "the same with ĥ'_j, for N samples",
              "log 2 + L_dcl+ " + last.replace("NEG", "ĥ'_j"), Inequality(plus, meant, space)),
        claim("eq-12-b-negatives", "Eq. 12, second ≤", "the same with ĥ'_j, for N negatives, as "
              "the text below Eq. 1 has it", "log 2 + L_dcl+ " + last.replace("NEG", "ĥ'_j"),
              Inequality(plus, meant, at_least_three, reading=n_negatives)),
        claim("eq-12-whole", "Eq. 12, the chain", "the bound of L_cl by the hardest negative ĥ'_j",
              "L_cl " + last.replace("NEG", "ĥ'_j"), Inequality(loss, meant, space)),
        claim("eq-12-whole-printed", "Eq. 12, the chain", "the same with ĥ_j as printed",
              "L_cl " + last.replace("NEG", "ĥ_j"), Inequality(loss, printed, space)),
        claim("eq-12-whole-negatives", "Eq. 12, the chain", "the same with ĥ'_j, for N negatives",
              "L_cl " + last.replace("NEG", "ĥ'_j"),
              Inequality(loss, meant, at_least_three, reading=n_negatives)),
    ]  # fmt: skip


def _of_lines() -> list[Claim]:
    total, space = partition(), unit_space("infonce")
    loss = -Log(OWN / (OWN + total))
    plus = LOG_2 + decoupled_plus_printed()
    hardest = (N - 1) * largest(lambda k: exp_over_tau(cosine(I, k)))
    of_hardest = LOG_2 + Hinge(-POSITIVE / TAU + Log(hardest))
    apart = LOG_2 + Hinge(-POSITIVE / TAU + largest(lambda k: cosine(I, k) / TAU) + Log(N - 1))
    return [
        claim("eq-35-a", "Eq. 35, line 2", "L_cl by the ratio of both sums",
              "L_cl = log(1 + Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ}/e^{ĥ_i^T ĥ'_i/τ})",
              _same(loss, Log(1 + total / OWN))),
        claim("eq-35-b", "Eq. 35, line 3", "the same by a product",
              "L_cl = log(1 + e^{−ĥ_i^T ĥ'_i/τ} Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ})",
              _same(loss, Log(1 + Exp(-POSITIVE / TAU) * total))),
        claim("eq-35-c", "Eq. 35, line 4", "L_cl is the soft plus of L_dcl",
              "L_cl = log(1 + exp(−ĥ_i^T ĥ'_i/τ + log Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ}))",
              _same(loss, Log(1 + Exp(-POSITIVE / TAU + Log(total))))),
        claim("eq-35-d", "Eq. 35, line 5", "the first ≤ of Eq. 12, from line 4",
              "log(1 + exp(−ĥ_i^T ĥ'_i/τ + log Σ_{j≠i} e^{ĥ_i^T ĥ'_j/τ})) ≤ log 2 + L_dcl+",
              Inequality(Log(1 + Exp(-POSITIVE / TAU + Log(total))), plus, space)),
        claim("eq-35-e", "Eq. 35, line 6", "a sum of N−1 terms is at most N−1 times the largest",
              "log 2 + L_dcl+ ≤ log 2 + max(−ĥ_i^T ĥ'_i/τ + log[(N−1) max_{j≠i} e^{ĥ_i^T ĥ'_j/τ}], "
              "0)", Inequality(plus, of_hardest, space)),
        claim("eq-35-e-negatives", "Eq. 35, line 6", "the same for N negatives",
              "log 2 + L_dcl+ ≤ log 2 + max(−ĥ_i^T ĥ'_i/τ + log[(N−1) max_{j≠i} e^{ĥ_i^T ĥ'_j/τ}], "
              "0)", Inequality(plus, of_hardest, Space(space.hyper, least=3), reading=n_negatives)),
        claim("eq-35-f", "Eq. 35, line 7", "the logarithm of that product, whatever N counts",
              "… = log 2 + max(−ĥ_i^T ĥ'_i/τ + max_{j≠i} ĥ_i^T ĥ'_j/τ + log(N−1), 0)",
              _same(of_hardest, apart)),
        claim("eq-35-g", "Eq. 35, line 8", "1/τ out of the maximum, whatever N counts",
              "… = log 2 + (1/τ) max(−ĥ_i^T ĥ'_i + max_{j≠i} ĥ_i^T ĥ'_j + τ log(N−1), 0)",
              _same(apart, hardest_bound(cosine, N - 1))),
    ]  # fmt: skip


def _of_softplus() -> list[Claim]:
    x: Symbol = _NUMBER.symbol
    space, soft = Space((_NUMBER,)), Log(1 + Exp(x))
    sum_printed, product = Log(Exp(Integer(0)) + Exp(x)), Log(2 * Exp(Hinge(x)))
    return [
        claim("eq-36-a", "Eq. 36", "the soft plus as a log-sum-exp of 0 and x",
              "log(1 + e^x) = log Σ_{t∈{0,x}} e^t",
              ReadEquation(opened(soft), sum_printed, space, opened)),
        claim("eq-36-b", "Eq. 36", "it is at most that of twice the larger",
              "log Σ_{t∈{0,x}} e^t ≤ log(2 e^{max t})", Inequality(soft, product, space)),
        claim("eq-36-c", "Eq. 36", "which is log 2 + max(x, 0)",
              "log(2 e^{max t}) = log 2 + max(x, 0)",
              ReadEquation(opened(product), LOG_2 + Hinge(x), space, opened)),
    ]  # fmt: skip
