"""The ratio: when is R_i ≥ 1?"""

from sympy import Expr, fraction

from derive.nodes import Node
from derive.properties.inequality import ALWAYS, NEVER, where_at_least
from derive.properties.masks import MINUS, NONNEGATIVE, NONPOSITIVE, PLUS, ZERO, within
from derive.properties.result import SAMPLED, Property
from derive.properties.samples import SEED, sample, witness
from derive.properties.subject import Subject
from derive.simplify import simplified
from derive.verdict import Verdict

TOPIC = "Ratio"
NAME = "ratio_at_least_one"
_ROUNDING = 1e-20  # of numbers with 50 digits
_SHORT = 50  # characters of a condition that says something at a glance


def ratio_properties(s: Subject) -> tuple[Property, ...]:
    """R_i ≥ 1: always, never, on a condition, or in how many samples."""
    ratio = s.ratio
    if ratio is None:
        return (_undefined(s),)
    if ratio == 0:
        return (_proved("R_i = 0: nothing pulls to the positive.", "b_i = 0", "R_i = 0"),)
    where = _where(s)
    excess = s.signs.of_fraction(ratio - 1)
    ground = "the sign of R_i − 1 follows from those of its terms"
    if excess == ZERO:
        return (_proved(f"R_i = 1{where}.", "Σ_j a_ij = b_i is an identity", "R_i = 1"),)
    if within(excess, NONNEGATIVE):
        word = "> 1" if excess == PLUS else "≥ 1"
        return (_proved(f"R_i {word} for every batch{where}.", ground, f"R_i {word}"),)
    if within(excess, NONPOSITIVE):
        word = "< 1" if excess == MINUS else "≤ 1"
        return (_proved(f"R_i {word} for every batch{where}.", ground, f"R_i {word}"),)
    if not ratio.has(Node):
        return (_of_settings(s, ratio),)
    return (_on_condition(s, ratio),)


def _where(s: Subject) -> str:
    """Where R_i = b_i / Σ_j a_ij exists; empty: for every batch."""
    if s.d.ratio_condition:
        return f" where {s.d.ratio_condition}"
    return "" if s.signs.of_fraction(s.total) in (PLUS, MINUS) else " where Σ_j a_ij is not 0"


def _undefined(s: Subject) -> Property:
    reason = "the pushes sum to zero" if s.d.coefficients.push else "there are no negatives"
    return _proved("R_i does not exist.", reason, "undefined")


def _proved(statement: str, ground: str, answer: str) -> Property:
    return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, answer)


def _of_settings(s: Subject, ratio: Expr) -> Property:
    text = s.text(ratio)
    values = {x.symbol: s.sampler.symbolic[x.name] for x in s.objective.hyper}
    now = simplified(ratio.xreplace(values))
    ground = f"the ratio is static: R_i = {text}, with the settings {s.text(now)}"
    return _proved(f"R_i ≥ 1 exactly where {text} ≥ 1.", ground, f"{text} ≥ 1")


def _on_condition(s: Subject, ratio: Expr) -> Property:
    top, bottom = fraction(simplified(ratio))
    sign = s.signs.of_fraction(bottom)
    if within(s.signs(top * bottom), NONPOSITIVE):
        return _proved(
            f"R_i ≤ 0 for every batch{_where(s)}.", "its parts have opposite signs", "R_i ≤ 0"
        )
    if sign == MINUS:
        top, bottom, sign = -top, -bottom, PLUS
    if within(sign, NONNEGATIVE):
        condition = where_at_least(top, bottom, s)
        ground = "the denominator of R_i is positive where R_i exists; the rest is rewriting"
        if condition in (ALWAYS, NEVER):
            word = "≥ 1" if condition == ALWAYS else "< 1"
            return _proved(f"R_i {word} for every batch{_where(s)}.", ground, f"R_i {word}")
        if len(condition) > _SHORT:
            found = sample(ratio, s)
            ground += f" (it holds at {_share(found.values)} anchors drawn with seed {SEED})"
        answer = condition if len(condition) <= _SHORT else "on a condition"
        return _proved(f"R_i ≥ 1 exactly where {condition}.", ground, answer)
    over = s.signs.of_fraction(top - bottom)
    if within(over, NONNEGATIVE):
        ground = f"{s.text(top)} ≥ {s.text(bottom)} always, so only the sign of the latter matters"
        condition = f"{s.text(bottom)} > 0"
        return _proved(f"R_i ≥ 1 where {condition}.", ground, condition)
    above, below = (
        witness(ratio, s, holds) for holds in (lambda x: x >= 1, lambda x: x < 1 - _ROUNDING)
    )
    found = sample(ratio, s)
    if above is not None and below is not None:
        statement = f"R_i ≥ 1 at some batches and not at others (at {_share(found.values)} met)."
        ground = f"two points: R_i is {above}, and {below}"
        return _proved(statement, ground, "at some batches")
    share = _share(found.values)
    statement = f"R_i ≥ 1 held at {share} anchors met."
    return Property(TOPIC, NAME, statement, SAMPLED, found.ground, share)


def _share(values: tuple[float, ...]) -> str:
    return f"{sum(x >= 1 for x in values)} of {len(values)}"
