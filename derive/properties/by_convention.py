"""GD_i = 1: because the push is free of c_ii', or by convention alone, and what then dissipates."""

from derive.nodes import Component, Inner
from derive.properties.inequality import where_positive
from derive.properties.masks import MINUS, NONNEGATIVE, NONPOSITIVE, PLUS, ZERO
from derive.properties.result import Property
from derive.properties.samples import witness
from derive.properties.splitting import written_out
from derive.properties.subject import Subject
from derive.verdict import Verdict

CONVENTION = "1 by convention"
_SHORT = 50  # characters of a condition that says something at a glance
_ROUNDING = 1e-20  # of numbers with 50 digits
_WORDS = {
    PLUS: "increasing",
    MINUS: "decreasing",
    NONNEGATIVE: "non-decreasing",
    NONPOSITIVE: "non-increasing",
}


def by_convention(s: Subject, topic: str) -> tuple[Property, ...]:
    """What is said where no limit of the push defines GD_i. topic: the section of the sheet."""
    name, reason = "dissipation_range", s.d.no_gauge
    if free_of_positive(s):
        ground = reason if not s.push else f"∂a_ij/∂{s.text(s.positive)} = 0 for every negative"
        statement = "GD_i = 1 for every batch: nothing dissipates."
        return (Property(topic, name, statement, Verdict.PROVED, ground, answer="1"),)
    statement = f"There is no dissipation in this sense: GD_i = 1 by convention ({reason})."
    ground = "V_ij, and GD_i with it, is a limit of the push; where there is none GD_i is set to 1"
    span = Property(topic, name, statement, Verdict.PROVED, ground, answer=CONVENTION)
    return span, _of_push(s, topic)


def free_of_positive(s: Subject) -> bool:
    """Whether no push holds c_ii', in whatever guise."""
    guises = {s.objective.anchor.name, s.objective.positive.name}
    for push in map(written_out, s.push.values()):
        across = any({v.name for v in x.args[::2]} == guises for x in push.atoms(Inner))
        if push.has(Component) or (across and s.direction(s.positive)(push) != ZERO):
            return False
    return True


def _of_push(s: Subject, topic: str) -> Property:
    """How Σ_j a_ij moves with c_ii'."""
    name, c, of = "dissipation_in_positive", s.text(s.positive), "Σ_j a_ij"
    whole = written_out(s.total)
    direction = s.direction(s.positive)
    moves = direction(whole)
    if moves in _WORDS:
        ground = f"the sign of ∂{of}/∂{c} follows from those of its factors"
        return _found(topic, f"{of} is {_WORDS[moves]} in {c}", ground, _WORDS[moves])
    slope = direction.slope(whole)
    if slope is None:
        statement, reason = f"how {of} moves with {c} is not known.", direction.why_open(whole)
        return Property(topic, name, statement, Verdict.UNDECIDED, reason, "undecided")
    up, down = (witness(sign * slope, s, lambda x: bool(x > _ROUNDING)) for sign in (1, -1))
    if up is None or down is None:
        statement = f"how {of} moves with {c} is not known."
        reason = "no sign of its derivative was proved, and no two points show that it has both"
        return Property(topic, name, statement, Verdict.UNDECIDED, reason, "undecided")
    ground = f"two points: ∂{of}/∂{c} is {up}, and −∂{of}/∂{c} is {down}"
    condition = where_positive(-slope, s)
    if condition is not None and len(condition) <= _SHORT:
        what = f"{of} is decreasing in {c} exactly where {condition}"
        return _found(topic, what, ground, f"decreasing where {condition}")
    what = f"{of} falls with {c} at some batches and rises at others"
    return _found(topic, what, ground, "decreasing at some batches")


def _found(topic: str, what: str, ground: str, answer: str) -> Property:
    """A proved direction of the push; one that falls dissipates, if not by this GD_i."""
    falls = answer in ("decreasing", "non-increasing")
    statement = f"{what}: the push itself dissipates." if falls else f"{what}."
    name = "dissipation_in_positive"
    return Property(topic, name, statement, Verdict.PROVED, ground, f"the push: {answer}")
