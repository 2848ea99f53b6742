"""x > 0 and x ≥ y as conditions on the angles, rewritten as far as monotone functions go."""

from sympy import Add, Expr, Mul, Pow, expand, fraction, pi

from derive.nodes import Angle, Exp, Node, Sin
from derive.properties.masks import ANY, MINUS, NONNEGATIVE, NONPOSITIVE, PLUS, ZERO, within
from derive.properties.subject import Subject
from derive.simplify import simplified

ALWAYS, NEVER = "always", "never"


def where_positive(e: Expr, s: Subject) -> str | None:
    """Where e > 0, if all but one of its factors have a known sign that is not 0."""
    found = _open_factor(e, s)
    if found is None:
        return None
    x, sign = found
    solved = _sine_is_positive(x, s) if sign > 0 else None
    return solved or f"{s.text(x)} {'>' if sign > 0 else '<'} 0"


def positive_below_an_angle(e: Expr, s: Subject) -> bool:
    """Whether e > 0 exactly below some angle: its one open factor is sin(θ + u), u in [0, π)."""
    found = _open_factor(e, s)
    return found is not None and found[1] > 0 and _sine_is_positive(found[0], s) is not None


def _open_factor(e: Expr, s: Subject) -> tuple[Expr, int] | None:
    """The one factor whose sign is not known, and the sign of the others together."""
    top, bottom = fraction(simplified(e))
    sign, unknown = 1, []
    for x in (*Mul.make_args(top), *Mul.make_args(bottom)):
        found = s.signs.of_fraction(x) & (ANY if x in Mul.make_args(top) else ~ZERO)
        if found == PLUS:
            continue
        if found == MINUS:
            sign = -sign
            continue
        unknown.append(x)
    if len(unknown) != 1:
        return None
    (x,) = unknown
    return (-x, -sign) if x.could_extract_minus_sign() else (x, sign)


def _sine_is_positive(e: Expr, s: Subject) -> str | None:
    """sin(θ + u) > 0 ⇔ 0 < θ + u < π, for u in [0, π)."""
    shifted = _shifted_angle(e.args[0], s) if isinstance(e, Sin) else None
    if shifted is None:
        return None
    angle, shift = shifted
    return f"{s.text(angle)} < {s.text(pi - shift)}"


def _shifted_angle(e: Expr, s: Subject) -> tuple[Angle, Expr] | None:
    """θ + u with a constant u in [0, π)."""
    angles = [x for x in Add.make_args(e) if isinstance(x, Angle)]
    if len(angles) != 1:
        return None
    shift = e - angles[0]
    if shift.has(Node) or not s.signs.proves(shift, NONNEGATIVE):
        return None
    below = s.signs.bounds.high(shift) - pi
    return (angles[0], shift) if within(s.signs(below), NONPOSITIVE) else None


def where_at_least(top: Expr, bottom: Expr, s: Subject) -> str:
    """top ≥ bottom, for bottom > 0: solved where a rule applies, else as it stands.

    ALWAYS or NEVER where the signs decide it.
    """
    for rule in (_of_sines, _of_one_function):
        found = rule(top, bottom, s)
        if found is not None:
            return found
    return difference(top, bottom, s)


def _of_sines(top: Expr, bottom: Expr, s: Subject) -> str | None:
    """sin(θ+u) − sin θ = 2 cos(θ+u/2) sin(u/2); sin θ = √(1 − cos²θ)."""
    if not (isinstance(top, Sin) and isinstance(bottom, Sin) and isinstance(bottom.args[0], Angle)):
        return None
    if isinstance(top.args[0], Angle):
        x, y = (s.text(e.args[0].args[0]) for e in (top, bottom))
        return f"|{x}| ≤ |{y}|"
    shifted = _shifted_angle(top.args[0], s)
    if shifted is None or shifted[0] != bottom.args[0]:
        return None
    angle, shift = shifted
    bound = f"{s.text(angle)} ≤ {s.text(pi / 2 - shift / 2)}"
    return bound if s.signs(shift) == PLUS else f"{bound} (or {s.text(shift)} = 0)"


def _of_one_function(top: Expr, bottom: Expr, s: Subject) -> str | None:
    """f(x) ≥ f(y) ⇔ x ≥ y for an increasing f (a root, an exponential), ≤ for a decreasing one."""
    if isinstance(top, Exp) and isinstance(bottom, Exp):
        return difference(top.args[0], bottom.args[0], s)
    if isinstance(top, Pow) and isinstance(bottom, Pow) and top.exp == bottom.exp:
        exponent = s.signs(top.exp)
        if exponent == PLUS:
            return difference(top.base, bottom.base, s)
        if exponent == MINUS:
            return difference(bottom.base, top.base, s)
    return None


def difference(top: Expr, bottom: Expr, s: Subject) -> str:
    """top ≥ bottom with each term on the side where it has no minus sign, without the content."""
    sign = s.signs.of_fraction(top - bottom)
    if within(sign, NONNEGATIVE) or sign == MINUS:
        return NEVER if sign == MINUS else ALWAYS
    content, rest = expand(top - bottom).primitive()
    del content
    left = [x for x in Add.make_args(rest) if not x.could_extract_minus_sign()]
    right = [-x for x in Add.make_args(rest) if x.could_extract_minus_sign()]
    return f"{s.text(Add(*left))} {'≥' if sign == ANY else '='} {s.text(Add(*right))}"
