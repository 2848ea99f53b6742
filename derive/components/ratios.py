"""Ratios R_i: how strongly anchor i is pulled to its positive, per unit of its whole push.

Equations are those of Li et al. 2024, arXiv:2402.18281.
"""

from types import SimpleNamespace

from sympy import Expr, Integer, sqrt

from derive.components.component import RATIO, Form
from derive.components.dissipations import ANGULAR_MARGIN
from derive.components.place import Place
from derive.hyper import NONNEGATIVE, Hyper
from derive.nodes import Angle, Sin, View

STATIC = Hyper("r", "r", "r", Integer(1), NONNEGATIVE, "the static ratio")


def _constant(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    r: Expr = x.r
    return r


def _arccon(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """sin(θ_ii'+u)/sin θ_ii': Table 1, ArcCon."""
    angle = Angle(place.positive_cosine(i))
    return Sin(angle + x.u) / Sin(angle)


def _met(i: Expr, j: Expr, x: SimpleNamespace, place: Place, view: View) -> Expr:
    """√((1 − c_ij)/(1 − c_ii')) with j the hardest negative, the only one that MET weighs: the
    ratio of the distances to it and to the positive, one for all j (Table 1, MET)."""
    return sqrt(1 - place.hardest("own", i)) / sqrt(1 - place.positive_cosine(i))


FORMS = (
    Form(RATIO, "constant", "r", "Eq. 5, Table 2", _constant, (STATIC,)),
    Form(RATIO, "arccon", "sin(θ_ii'+u)/sin θ_ii'", "Table 1", _arccon, (ANGULAR_MARGIN,)),
    Form(RATIO, "met", "√((1 − max_{k≠i} c_ik)/(1 − c_ii'))", "Table 1", _met),
)
