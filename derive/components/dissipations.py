"""Gradient dissipations GD_i: what gates the whole gradient of anchor i.

Equations are those of Li et al. 2024, arXiv:2402.18281. The gates of its Tables 1 and 2 compare
the positive with the cross-view negatives h'_k whatever the pool of the loss; view=own compares
with the loss's own negatives (both views of them, where it has both).
"""

from types import SimpleNamespace

from sympy import Expr, Integer, Rational, pi

from derive.components.component import DISSIPATION, SCORE, Form
from derive.components.place import Place
from derive.hyper import POSITIVE, REAL, Domain, Hyper
from derive.nodes import Angle, Cos, Exp, Step, View

TEMPERATURE = Hyper(
    "tau", "τ", r"\tau", Rational(1, 20), POSITIVE, "temperature: logits are cosines/τ"
)
MARGIN = Hyper("m", "m", "m", Rational(3, 10), REAL, "margin")
ANGULAR_MARGIN = Hyper(
    "u", "u", "u", pi / 18, Domain(Integer(0), pi, low_open=False), "angular margin in radians"
)
_VIEW = {"view": ("cross", "own")}


def _one(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    return Integer(1)


def _hinge(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """1[c_ii' − max_{k≠i} c_ik' < m]: the gate of Eq. 5's baseline and of Table 2's lower half."""
    return Step(x.m - SCORE + place.hardest(x.view, i))


def _softmax(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """1/(1 + e^{s_i/τ}/Σ_{k≠i} e^{c_ik'/τ}): Table 1, with s_i = c_ii' (InfoNCE) or
    s_i = cos(θ_ii'+u) (ArcCon)."""
    return 1 / (1 + Exp(SCORE / x.tau) / place.total(x.view, i, lambda c: Exp(c / x.tau)))


def _turned(i: Expr, x: SimpleNamespace, place: Place) -> Expr:
    return Cos(Angle(place.positive_cosine(i)) + x.u)


def _cosine(i: Expr, x: SimpleNamespace, place: Place) -> Expr:
    return place.positive_cosine(i)


FORMS = (
    Form(DISSIPATION, "one", "1", "Table 2, upper half", _one),
    Form(
        DISSIPATION,
        "hinge",
        "1[c_ii' − max_{k≠i} c_ik' < m]",
        "Eq. 5, Table 2",
        _hinge,
        (MARGIN,),
        _VIEW,
        _cosine,
    ),
    Form(
        DISSIPATION,
        "infonce",
        "1/(1 + e^(c_ii'/τ)/Σ_{k≠i} e^(c_ik'/τ))",
        "Table 1",
        _softmax,
        (TEMPERATURE,),
        _VIEW,
        _cosine,
    ),
    Form(
        DISSIPATION,
        "arccon",
        "1/(1 + e^(cos(θ_ii'+u)/τ)/Σ_{k≠i} e^(c_ik'/τ))",
        "Table 1",
        _softmax,
        (TEMPERATURE, ANGULAR_MARGIN),
        _VIEW,
        _turned,
    ),
)
