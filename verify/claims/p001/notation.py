"""What the files of this paper share: its symbols, its spaces, and its losses' parts."""

from collections.abc import Callable

from sympy import Expr, Integer, Rational, pi

from derive.hyper import NONNEGATIVE, POSITIVE, REAL, Domain, Hyper
from derive.nodes import ANCHOR, FEATURE, H_PRIME, NEGATIVE, Component, Exp, H, Step, View
from derive.notation import cosine, hardest, sum_samples
from verify.claims.equalities import Equation
from verify.claims.model import Claim, Test
from verify.claims.points import Space
from verify.claims.text import formula_text

SOURCE = "2402.18281"
I, J, A = ANCHOR, NEGATIVE, FEATURE  # noqa: E741 (the paper's index)
Pair = Callable[[Expr, Expr], Expr]

TAU = Hyper("tau", "τ", r"\tau", Rational(1, 20), POSITIVE, "temperature")
U = Hyper("u", "u", "u", pi / 18, Domain(Rational(0), pi, low_open=False), "angular margin")
MARGIN = Hyper("m", "m", "m", Rational(3, 10), REAL, "margin")
RATIO = Hyper("r", "r", "r", Rational(3, 2), REAL, "static ratio")
NU = Hyper("nu", "ν", r"\nu", Integer(10), NONNEGATIVE, "weight of the second term")
LAMBDA = Hyper("lam", "λ", r"\lambda", Integer(2), NONNEGATIVE, "undefined in the paper")
NU_1 = Hyper("nu_1", "ν_1", r"\nu_1", Integer(30), NONNEGATIVE, "ν^{V,1}")
NU_2 = Hyper("nu_2", "ν_2", r"\nu_2", Integer(1), NONNEGATIVE, "ν^{V,2}")
GAMMA = Hyper("gamma", "γ", r"\gamma", Rational(1, 2), POSITIVE, "target deviation")

tau, u, m, r = TAU.symbol, U.symbol, MARGIN.symbol, RATIO.symbol
nu, lam, nu_1, nu_2, gamma = (x.symbol for x in (NU, LAMBDA, NU_1, NU_2, GAMMA))


def space(*hyper: Hyper, least: int = 2) -> Space:
    """Unit embeddings, with these hyper-parameters."""
    return Space(hyper, least=least)


def vector(view: View, k: Expr) -> Expr:
    """Component a of an embedding."""
    return Component(view, k, A)


def h(k: Expr) -> Expr:
    return vector(H, k)


def h_prime(k: Expr) -> Expr:
    return vector(H_PRIME, k)


def exp_over_tau(pair: Pair, i: Expr, k: Expr) -> Expr:
    """e^{c/τ} of one pair."""
    return Exp(pair(i, k) / tau)


def over_negatives(body: Callable[[Expr], Expr]) -> Expr:
    """Σ_{k≠i}."""
    return sum_samples(body, other_than=I)


def over_pairs(pair: Callable[[Expr, Expr], Expr]) -> Expr:
    """Σ_{k≠l}."""
    return sum_samples(lambda k: sum_samples(lambda n: pair(k, n), other_than=k))


def gate(score: Expr | None = None) -> Expr:
    """1[h_iᵀh'_i − max_{k≠i} h_iᵀh'_k < m]; score: what stands for h_iᵀh'_i."""
    own = cosine(I, I) if score is None else score
    return Step(m - own + hardest(lambda k: cosine(I, k), I))


def claim(
    name: str, where: str, statement: str, test: Test, formula: str | None = None, left: str = ""
) -> Claim:
    """A claim of this paper; an equation prints itself, after what it is said to equal."""
    if formula is None:
        assert isinstance(test, Equation)
        formula = formula_text(test.printed, test.space.hyper)
    return Claim(f"001-{name}", SOURCE, where, statement, f"{left}{formula}", test)
