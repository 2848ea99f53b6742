"""How the loss reacts to a positive factor of one view: its degree, by the rules of homogeneity."""

from dataclasses import replace
from functools import singledispatch

from sympy import Add, Expr, Mul, Pow, S

from derive.nodes import (
    Component,
    Hardest,
    HardestIndex,
    Hinge,
    IndexSum,
    Inner,
    Named,
    Node,
    Step,
    Stop,
    Top,
    View,
)
from derive.numeric import Point, Rows
from derive.properties.points import training_value
from derive.properties.result import Property
from derive.properties.samples import points_to_try
from derive.properties.subject import Subject
from derive.verdict import Verdict

TOPIC = "Invariances"
_TOLERANCE = 1e-25


def scale_properties(s: Subject) -> tuple[Property, ...]:
    """A factor of the encoder's outputs, and one of the embeddings in the formula, per view."""
    views = (s.objective.anchor, s.objective.positive)
    of_embeddings = tuple(_of_view(s, view) for view in views)
    if not s.unit:
        return of_embeddings
    statement = "A positive factor of the encoder's outputs, of each row, leaves the loss as it is."
    ground = "the rows are normalised before the loss sees them"
    outputs = Property(TOPIC, "scale_raw", statement, Verdict.PROVED, ground, "invariant")
    return (outputs, *of_embeddings)


def _of_view(s: Subject, view: View) -> Property:
    name = f"scale_{'h_prime' if view.name.endswith(chr(39)) else 'h'}"
    what = f"s·{view.name}_i for {view.name}_i in the formula"
    found = degree(s.formula, view)
    if found is not None:
        power = (
            ""
            if found == 1
            else f"^({found})"
            if found.is_Add or (found.is_Rational and (found.q != 1 or found < 0))
            else f"^{found}"
        )
        effect = "leaves it as it is" if found == 0 else f"multiplies it by s{power}"
        ground = "every node is homogeneous in the view; degrees add in products"
        return Property(
            TOPIC,
            name,
            f"{what} (s > 0) {effect}.",
            Verdict.PROVED,
            ground,
            "invariant" if found == 0 else f"degree {s.text(found)}",
        )
    point = _differs(s, view)
    if point is None:
        reason = "no rule gives a degree, and no batch that was tried shows a change"
        return Property(
            TOPIC, name, f"how {what} changes the loss is not known.", Verdict.UNDECIDED, reason
        )
    statement = f"{what} is no multiple of the loss, whatever the power of s."
    return Property(TOPIC, name, statement, Verdict.REFUTED, f"a point: {point}", "no degree")


def _differs(s: Subject, view: View) -> str | None:
    """A batch at which L(2v)/L(v) and L(4v)/L(2v) are not one number."""
    for text, point in points_to_try(s, 3):
        found = [training_value(s.objective, s.formula, _scaled(point, view, k)) for k in (1, 2, 4)]
        values = [x for x in found if x is not None]
        if len(values) < 3:
            continue
        one, two, four = values
        if abs(one * four - two * two) > _TOLERANCE * (abs(one * four) + abs(two * two)):
            shown = ", ".join(f"{float(x):.6g}" for x in values)
            return f"{text}: {shown} for s = 1, 2, 4"
    return None


def _scaled(point: Point, view: View, by: int) -> Point:
    def scaled(rows: Rows) -> Rows:
        return tuple(tuple(by * x for x in row) for row in rows)

    if view.name.endswith("'"):
        return replace(point, h_prime=scaled(point.h_prime))
    return replace(point, h=scaled(point.h))


def degree(e: Expr, view: View) -> Expr | None:
    """d with e(s·view) = s^d e(view) for every s > 0, by the rules; None where they give none."""
    return _degree(e, view.name)


@singledispatch
def _degree(e: Expr, name: str) -> Expr | None:
    """Any other node (e^x, log x, an angle, a count): its arguments must not change."""
    if not any(v.name == name for v in e.atoms(View)) and not e.has(Named):
        return S.Zero
    return S.Zero if e.args and all(_degree(x, name) == 0 for x in e.args) else None


@_degree.register
def _(e: View, name: str) -> Expr | None:
    return S.Zero


@_degree.register
def _(e: Component, name: str) -> Expr | None:
    return S.One if e.args[0].name == name else S.Zero


@_degree.register
def _(e: Inner, name: str) -> Expr | None:
    return S(sum(v.name == name for v in e.args[::2]))


@_degree.register
def _(e: Add, name: str) -> Expr | None:
    degrees = {_degree(x, name) for x in e.args}
    return degrees.pop() if len(degrees) == 1 else None


@_degree.register
def _(e: Mul, name: str) -> Expr | None:
    degrees = [_degree(x, name) for x in e.args]
    return None if None in degrees else Add(*degrees)


@_degree.register
def _(e: Pow, name: str) -> Expr | None:
    base = _degree(e.base, name)
    return None if base is None or e.exp.has(Node) else base * e.exp


@_degree.register(IndexSum)
@_degree.register(Hardest)
@_degree.register(Hinge)
@_degree.register(Stop)
def _(e: Expr, name: str) -> Expr | None:
    return _degree(e.args[0], name)


@_degree.register(Step)
@_degree.register(Top)
@_degree.register(HardestIndex)
def _(e: Expr, name: str) -> Expr | None:
    """A sign, an arg max and a rank do not feel a positive factor."""
    body = e.args[1] if isinstance(e, Top) else e.args[0]
    return None if _degree(body, name) is None else S.Zero


@_degree.register
def _(e: Named, name: str) -> Expr | None:
    return _degree(e.value, name)
