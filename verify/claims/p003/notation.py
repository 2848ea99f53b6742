"""How paper 003 (Nie et al. 2023, ICLR) writes its losses: cosines, angles, sums, what is drawn.

Its sums over j ≠ i run to N, so N is the batch size there; the text calls it the number of
negatives. Both readings are claims of their own where the number itself is printed.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from sympy import Expr, sqrt

from derive.gradients import gradient
from derive.hyper import Hyper
from derive.nodes import ANCHOR, FEATURE, H_PRIME, NEGATIVE, Angle, Component, Exp, H, Sin
from derive.notation import cosine, hardest, hardest_index, sum_samples
from derive.objectives import load
from verify.claims.hats import projected
from verify.claims.model import Claim, Test
from verify.claims.points import Space, gauss, unit
from verify.numbers import Rows, mp

SOURCE = "Nie et al. 2023 (ICLR)"
I, J, A = ANCHOR, NEGATIVE, FEATURE  # noqa: E741, the paper's own letters
POSITIVE = cosine(I, I)
NEGATIVE_COSINE = cosine(I, J)
THETA_I, THETA_J = Angle(POSITIVE), Angle(NEGATIVE_COSINE)


def hyper_of(name: str) -> tuple[Hyper, ...]:
    """The hyper-parameters of a loss of the catalogue."""
    return tuple(load(name).hyper)


def symbols_of(name: str) -> Any:
    """Their symbols by name."""
    return {x.name: x.symbol for x in hyper_of(name)}


TAU = symbols_of("infonce")["tau"]
MARGIN = symbols_of("mpt")["m"]
ALPHA = symbols_of("align")["alpha"]
T = symbols_of("uniform")["t"]
LAMBDA = symbols_of("align_uniform")["lam"]


def exp_over_tau(c: Expr) -> Expr:
    """e^{c/τ}."""
    return Exp(c / TAU)


def negatives(body: Callable[[Expr], Expr]) -> Expr:
    """Σ_{j≠i} body(j)."""
    return sum_samples(body, other_than=I)


def partition() -> Expr:
    """Σ_{j≠i} e^{c_ij'/τ}."""
    return negatives(lambda k: exp_over_tau(cosine(I, k)))


def largest(body: Callable[[Expr], Expr]) -> Expr:
    """max_{j≠i} body(j)."""
    return hardest(body, I)


def smallest(body: Callable[[Expr], Expr]) -> Expr:
    """min_{j≠i} body(j)."""
    return -hardest(lambda k: -body(k), I)


def component(view: Any, i: Expr) -> Expr:
    """Feature a of an embedding."""
    return Component(view, i, A)


def anchor() -> Expr:
    """ĥ_i."""
    return component(H, I)


def other(i: Expr) -> Expr:
    """ĥ'_i."""
    return component(H_PRIME, i)


def chord(c: Expr) -> Expr:
    """‖a − b‖₂ of two unit vectors with that cosine."""
    return sqrt(2 - 2 * c)


def sine(c: Expr) -> Expr:
    """sin θ of the angle with that cosine."""
    return Sin(Angle(c))


def nearest() -> Expr:
    """The negative with the largest cosine: the least distance, the least angle."""
    return hardest_index(lambda k: cosine(I, k), I)


def pull(name: str) -> Expr:
    """∇^pos of a loss: what its derivative by x_i has of ĥ'_i, projected."""
    (term,) = [x for x in gradient(name).terms if x.view == H_PRIME and not x.summed]
    return projected(term.coefficient * other(I))


def push(name: str, j: Expr = J) -> Expr:
    """∇^neg_j of a loss: what its derivative by x_i has of ĥ'_j, projected."""
    (term,) = [x for x in gradient(name).terms if x.view == H_PRIME and x.summed]
    return projected(term.coefficient.xreplace({term.index: j}) * other(j))


def raw_rows(random: Random) -> tuple[Rows, Rows]:
    """2 to 4 anchors of norms 0.3 to 3, and unit vectors of the other view."""
    n, d = random.randint(2, 4), random.randint(2, 4)
    noise = random.choice([0.3, 1.0, None])
    h = [[gauss(random) for _ in range(d)] for _ in range(n)]
    h = [[mp.mpf(0.3 * 10 ** random.random()) * x for x in unit(row)] for row in h]
    keep, add = (1, noise) if noise else (0, 1.0)
    h_prime = [unit([keep * x + add * gauss(random) for x in row]) for row in h]
    return tuple(map(tuple, h)), tuple(map(tuple, h_prime))


def raw_space(name: str) -> Space:
    """Raw anchors and the hyper-parameters of a loss."""
    return Space(hyper=hyper_of(name), rows=raw_rows)


def unit_space(name: str) -> Space:
    """Unit vectors, the hyper-parameters and the inputs of a loss."""
    return Space(hyper=hyper_of(name), inputs=tuple(load(name).inputs))


def claim(number: str, where: str, statement: str, formula: str, test: Test) -> Claim:
    """003-<number>, printed at `where`."""
    return Claim(f"003-{number}", SOURCE, where, statement, formula, test)
