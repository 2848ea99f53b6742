"""Weights W_ij: how strongly anchor i pushes on its negative n_j.

Equations are those of Li et al. 2024, arXiv:2402.18281. Where a loss has negatives from both
views, sums and maxima run over both. view=cross weighs n_j by c_ij' instead of by its own view
(Eq. 18 weighs h_j so); over=batch divides by the sum over all pairs k ≠ l (Eq. 18, 19).
"""

from types import SimpleNamespace

from sympy import Expr, Integer, Pow, Rational, sqrt

from derive.components.component import WEIGHT, Form
from derive.components.dissipations import TEMPERATURE
from derive.components.place import Place
from derive.hyper import NONNEGATIVE, Hyper
from derive.nodes import Delta, Exp, Hinge, N, View

POWER = Hyper("p", "p", "p", Integer(1), NONNEGATIVE, "power of the cosine")
_FLOOR = Rational(1, 10000)
_VIEW = {"view": ("own", "cross")}


def _softmax(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """e^{c_ij/τ}/Σ_{k≠i} e^{c_ik/τ} (Eq. 5's baseline), or over Σ_{k≠l} e^{c_kl/τ} (Eq. 18, 19)."""

    def exponential(c: Expr) -> Expr:
        return Exp(c / x.tau)

    top = exponential(place.similarity(place.viewed(view, x.view), i, j))
    if x.over == "batch":
        return top / _weighed(place, x).everything("own", exponential)
    return top / _weighed(place, x).total("own", i, exponential)


def _energy(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """e^{c_ij/τ}/(τ Σ_{k<l} e^{c_kl/τ}): what the logarithm of a Gaussian energy pushes with
    (Eq. 16). A sum over k < l is half of that over k ≠ l."""
    whole = _weighed(place, x).everything("own", lambda c: Exp(c / x.tau))
    return 2 * Exp(place.similarity(place.viewed(view, x.view), i, j) / x.tau) / (x.tau * whole)


def _weighed(place: Place, x: SimpleNamespace) -> Place:
    """The place with the views that the weights are taken from: each pool's, or the other view
    once a pool, so that the weights of both pools share their sum."""
    return Place(place.anchor, place.positive, tuple(place.viewed(v, x.view) for v in place.pools))


def _hardest(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """1 at the hardest negative, else 0: Table 1, MPT."""
    index, wins = place.hardest_of(view, i)
    return Delta(j, index) * wins


def _inverse_distance(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """1/‖h_i − n_j‖ at the hardest negative, else 0: Table 1, MET; Eq. 17."""
    index, wins = place.hardest_of(view, i)
    return Delta(j, index) * wins / sqrt(2 - 2 * place.similarity(view, i, index))


def _uniform(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """One share for each of the N − 1 negatives (2N − 2 where both views have some)."""
    return 1 / (len(place.pools) * (N - 1))


def _power(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """x_ij^p/Σ_{k≠i} x_ik^p with x = max(c, 10⁻⁴): from uniform (p = 0) towards the hardest. A real
    power of a negative cosine does not exist; the authors' code floors it so."""

    def powered(c: Expr) -> Expr:
        return Pow(_FLOOR + Hinge(c - _FLOOR), x.p)

    return powered(place.similarity(view, i, j)) / place.total("own", i, powered)


def _linear(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """c_ij, shared among the negatives: the weight of Barlow Twins and VICReg up to a constant
    (Table 2, upper half). It pulls where c_ij < 0."""
    return place.similarity(view, i, j) * _uniform(i, j, x, place, view)


FORMS = (
    Form(
        WEIGHT,
        "softmax",
        "e^(c_ij/τ)/Σ_{k≠i} e^(c_ik/τ)",
        "Eq. 5; over=batch: Eq. 18, 19",
        _softmax,
        (TEMPERATURE,),
        {"over": ("row", "batch"), **_VIEW},
    ),
    Form(
        WEIGHT,
        "energy",
        "e^(c_ij/τ)/(τ Σ_{k<l} e^(c_kl/τ))",
        "Eq. 16",
        _energy,
        (TEMPERATURE,),
        _VIEW,
    ),
    Form(WEIGHT, "hardest", "1 at the hardest negative, else 0", "Table 1", _hardest),
    Form(
        WEIGHT,
        "inverse-distance",
        "1/‖h_i − n_j‖ at the hardest negative, else 0",
        "Table 1, Eq. 17",
        _inverse_distance,
    ),
    Form(WEIGHT, "uniform", "1/(N − 1)", "", _uniform),
    Form(
        WEIGHT,
        "power",
        "x_ij^p/Σ_{k≠i} x_ik^p, x = max(c, 1e-4)",
        "the authors' code",
        _power,
        (POWER,),
    ),
    Form(WEIGHT, "linear", "c_ij/(N − 1)", "Table 2, upper half", _linear),
)
