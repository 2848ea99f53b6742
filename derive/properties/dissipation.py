"""Gradient dissipation: its range, and how it moves with the positive's cosine."""

from sympy import Expr

from derive.nodes import Delta, Match, Mismatch, Step
from derive.properties.by_convention import by_convention
from derive.properties.inequality import where_positive
from derive.properties.masks import ANY, MINUS, NONNEGATIVE, NONPOSITIVE, PLUS, ZERO, total, within
from derive.properties.result import SAMPLED, Property
from derive.properties.samples import sample
from derive.properties.splitting import written_out
from derive.properties.subject import Subject
from derive.verdict import Verdict

TOPIC = "Dissipation"


def dissipation_properties(s: Subject) -> tuple[Property, ...]:
    """Range and monotonicity of GD_i."""
    if s.d.no_gauge and s.d.dissipation == 1:
        return by_convention(s, TOPIC)
    return _range(s), _monotonicity(s)


def _range(s: Subject) -> Property:
    gd = s.dissipation
    low, high = s.signs.of_fraction(gd), s.signs.of_fraction(1 - gd)
    ground = "the signs of GD_i and of 1 − GD_i follow from those of their terms"
    if not within(high, NONNEGATIVE):
        high = _gap(s)
        ground = "the signs of GD_i and of every V_ij − a_ij follow from those of their terms"
    if not (within(low, NONNEGATIVE) and within(high, NONNEGATIVE)):
        found = sample(gd, s)
        span = f"[{min(found.values):.3g}, {max(found.values):.3g}]" if found.values else "nothing"
        statement = f"the values of GD_i that were met lie in {span}."
        return Property(TOPIC, "dissipation_range", statement, SAMPLED, found.ground, span)
    if _is_indicator(gd):
        answer, ground = "{0, 1}", "it is a product of indicators"
    else:
        answer = f"{'(' if low == PLUS else '['}0, 1{')' if high == PLUS else ']'}"
    relation = "is 0 or 1" if answer == "{0, 1}" else f"lies in {answer}"
    return Property(TOPIC, "dissipation_range", f"GD_i {relation}.", Verdict.PROVED, ground, answer)


def _gap(s: Subject) -> int:
    """The signs of Σ_j (V_ij − a_ij), and so of 1 − GD_i, where Σ_j V_ij > 0."""
    ungated = s.d.ungated
    gaps = [s.signs.of_fraction(v - s.push[view]) for view, v in ungated.items()]
    signs = total(s.signs.of_fraction(v) for v in ungated.values())
    return total(gaps) if within(signs, NONNEGATIVE) else ANY


def _is_indicator(e: Expr) -> bool:
    return all(
        isinstance(x, Step | Delta | Match | Mismatch) for x in (e.args if e.is_Mul else (e,))
    )


_WORDS = {
    PLUS: "increasing",
    MINUS: "decreasing",
    NONNEGATIVE: "non-decreasing",
    NONPOSITIVE: "non-increasing",
    ZERO: "constant",
}


def _monotonicity(s: Subject) -> Property:
    gd, direction = s.dissipation, s.direction(s.positive)
    name, c = "dissipation_in_positive", s.text(s.positive)
    moves = direction(gd)
    if moves != ANY:
        word, ground = _WORDS[moves], f"the sign of ∂GD_i/∂{c} follows from those of its factors"
        slope = direction.slope(written_out(gd))
        if gd.has(Step) and (slope is None or slope == 0):
            word = f"piecewise constant and {word}"
            ground = f"strict gates: their arguments are monotone in {c}"
        return Property(TOPIC, name, f"GD_i is {word} in {c}.", Verdict.PROVED, ground, word)
    slope = direction.slope(written_out(gd))
    condition = None if slope is None else where_positive(-slope, s)
    if condition is not None:
        statement = f"GD_i is decreasing in {c} exactly where {condition}."
        ground = f"∂GD_i/∂{c} has the sign of one factor, with a minus; the others are positive"
        answer = f"decreasing where {condition}"
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, answer)
    if slope is None:
        reason = direction.why_open(gd)
        return Property(
            TOPIC, name, f"how GD_i moves with {c} is not known.", Verdict.UNDECIDED, reason
        )
    found = sample(slope, s)
    up, down = (sum(sign * x > 1e-9 for x in found.values) for sign in (1, -1))
    statement = f"∂GD_i/∂{c} was positive at {up} and negative at {down} of the values met."
    return Property(TOPIC, name, statement, SAMPLED, found.ground, _tendency(up, down))


def _tendency(up: int, down: int) -> str:
    if up and down:
        return "neither"
    return "increasing" if up else "decreasing"
