"""Formulas in unit vectors ĥ read as functions of the raw embedding x, ĥ = x/‖x‖; sines as roots.

A paper that differentiates through the normalisation writes ĥ_i and ‖h_i‖ side by side. Here ĥ is
the view h of the catalogue, and the raw anchors are the view z: `raw` puts z/‖z‖ for h.
"""

from collections.abc import Mapping

from sympy import Expr, S, sqrt

from derive.calculus import Derivative, embedding_leaf
from derive.nodes import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    Z_PRIME,
    Angle,
    Component,
    Cos,
    H,
    Inner,
    Sin,
    View,
    Z,
)
from derive.properties.splitting import written_out


def norm(i: Expr = ANCHOR) -> Expr:
    """‖x_i‖."""
    return sqrt(Inner(Z, i, Z, i))


def raw(e: Expr) -> Expr:
    """e with x/‖x‖ for every h; h' stays a unit vector."""
    return _unhatted(e, {H: Z})


def raw_positives(e: Expr) -> Expr:
    """e with x'/‖x'‖ for every h'; h stays a unit vector."""
    return _unhatted(e, {H_PRIME: Z_PRIME})


def _unhatted(e: Expr, views: Mapping[View, View]) -> Expr:
    """From the innermost: an index may be picked by inner products of its own."""

    def read(x: Expr) -> Expr:
        if not x.args:
            return x
        x = x.func(*map(read, x.args))
        return _of_raw(x, views) if isinstance(x, Inner | Component) else x

    return read(written_out(e))


def _of_raw(x: Expr, views: Mapping[View, View]) -> Expr:
    """Raw vectors under the product, the norms below it."""
    below: Expr = S.One
    args = list(x.args)
    for at, view in enumerate(x.args):
        if view in views:
            args[at] = views[view]
            below *= sqrt(Inner(args[at], x.args[at + 1], args[at], x.args[at + 1]))
    return x.func(*args) / below


def projected(vector: Expr) -> Expr:
    """v (I − M_i)/‖x_i‖ of a vector v (component a): less its part along ĥ_i, over the norm."""
    along = vector.xreplace(
        {x: Inner(x.args[0], x.args[1], H, ANCHOR) for x in vector.atoms(Component)}
    ).xreplace({Inner(H, ANCHOR, H, ANCHOR): S.One})
    return (vector - along * Component(H, ANCHOR, FEATURE)) / norm()


def raw_derivative(e: Expr) -> Expr:
    """Component a of ∂e/∂x_i, for an e that is written in h = x/‖x‖."""
    return Derivative(embedding_leaf(Z, ANCHOR, FEATURE))(raw(e))


def algebraic(e: Expr) -> Expr:
    """Sines and cosines of an angle, and of half of it, by its cosine: all of [0, π] has one sign
    of each."""
    found = {}
    for x in e.atoms(Sin, Cos):
        for angle in x.atoms(Angle):
            c = angle.args[0]
            if x.args[0] == angle:
                found[x] = sqrt(1 - c**2) if isinstance(x, Sin) else c
            elif x.args[0] == angle / 2:
                found[x] = sqrt(2 - 2 * c if isinstance(x, Sin) else 2 + 2 * c) / 2
    return e.xreplace(found)
