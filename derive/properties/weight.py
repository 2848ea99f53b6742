"""Where the weight goes: to the hardest negative alone, to harder ones more, or evenly."""

from sympy import Expr

from derive.nodes import ANCHOR, NEGATIVE, Inner, View, free_indices
from derive.numeric import Number
from derive.properties.masks import MINUS, NONNEGATIVE, NONPOSITIVE, PLUS, ZERO
from derive.properties.picks import found_pick, of_picked
from derive.properties.result import SAMPLED, Property
from derive.properties.samples import sample, witness
from derive.properties.splitting import written_out
from derive.properties.subject import Subject
from derive.verdict import Verdict

TOPIC = "Weight"
_ROUNDING = 1e-9

UNIFORM, INCREASING, DECREASING, NEITHER = "uniform", "increasing", "decreasing", "neither"


def weight_properties(s: Subject) -> tuple[Property, ...]:
    """Where W concentrates, one property a view of the negatives."""
    if not s.d.weight:
        statement = "There are no negatives to weigh."
        return (
            Property(TOPIC, "weight", statement, Verdict.PROVED, "no push a_ij occurs", "none"),
        )
    of_views = tuple(_of_view(s, view, weight) for view, weight in s.weight.items())
    return (*of_views, *_signs(s))


def _signs(s: Subject) -> tuple[Property, ...]:
    """Said only where a weight may be negative: it pulls then."""
    open_ones = [w for w in s.weight.values() if not s.signs.proves(w, NONNEGATIVE)]
    if not open_ones:
        return ()
    if all(s.signs.proves(w, NONPOSITIVE) for w in open_ones):
        statement = "W_ij ≤ 0 for every negative: it pulls."
        ground = "the sign follows from those of its terms"
        return (Property(TOPIC, "sign_of_weight", statement, Verdict.PROVED, ground, "negative"),)
    found = next((x for w in open_ones if (x := witness(w, s, _is_negative)) is not None), None)
    if found is not None:
        statement = "W_ij can be negative: it pulls then."
        return (
            Property(
                TOPIC, "sign_of_weight", statement, Verdict.PROVED, f"a point: {found}", "either"
            ),
        )
    statement = "No negative W_ij was met, and none is excluded."
    ground = sample(open_ones[0], s).ground
    return (Property(TOPIC, "sign_of_weight", statement, SAMPLED, ground, "not met"),)


def _is_negative(x: Number) -> bool:
    return bool(x < -_ROUNDING)


def _of_view(s: Subject, view: View, weight: Expr) -> Property:
    name = "weight" if len(s.d.weight) == 1 else f"weight_{'cross' if view.name[1:] else 'same'}"
    of = "W_ij" if len(s.d.weight) == 1 or not view.name[1:] else "W_ij'"
    picked = found_pick(weight)
    if picked is not None:
        return of_picked(s, name, of, picked, view, weight)
    if NEGATIVE not in free_indices(weight):
        statement = f"{of} is uniform: every negative has the same weight."
        return Property(TOPIC, name, statement, Verdict.PROVED, f"{of} does not hold j", UNIFORM)
    target = similarity(s, view, weight)
    if s.signs.proves(weight, NONPOSITIVE):  # what concentrates is its size
        of, weight = f"|{of}|", -weight
    moves = s.direction(target)(weight)
    c = s.text(target)
    if moves in _WORDS:
        word, answer = _WORDS[moves]
        ground = f"the sign of ∂{of}/∂{c} follows from those of its terms"
        return Property(TOPIC, name, f"{of} {word} {c}.", Verdict.PROVED, ground, answer)
    return _otherwise(s, name, of, view, weight)


_WORDS = {
    PLUS: ("is increasing in", INCREASING),
    NONNEGATIVE: ("is non-decreasing in", INCREASING),
    MINUS: ("is decreasing in", DECREASING),
    NONPOSITIVE: ("is non-increasing in", DECREASING),
    ZERO: ("does not depend on", NEITHER),
}


def similarity(s: Subject, view: View, weight: Expr) -> Inner:
    """The similarity of i and j that W is a function of: the cosine of the pool, or the one other
    inner product of them that it holds (of the other view, or less the means)."""
    plain = s.negative(view)
    own = [x for x in weight.atoms(Inner) if set(x.args[1::2]) == {ANCHOR, NEGATIVE}]
    return own[0] if len(own) == 1 else plain


def _otherwise(s: Subject, name: str, of: str, view: View, weight: Expr) -> Property:
    """By the whole push, or by samples of the slope."""
    target = similarity(s, view, weight)
    slope = s.direction(target).slope(written_out(weight))
    c = s.text(target)
    if slope is None and s.direction(target)(s.push[view]) in (PLUS, NONNEGATIVE):
        of_push = of.replace("W", "a")
        statement = (
            f"{of_push} = GD_i {of} is increasing in {c}; of {of} alone no rule here decides."
        )
        ground = f"the sign of ∂{of_push}/∂{c} follows from those of its terms"
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, f"{INCREASING} with GD")
    if slope is None:
        reason = s.direction(target).why_open(weight)
        statement = f"how {of} moves with {c} is not known."
        return Property(TOPIC, name, statement, Verdict.UNDECIDED, reason, "undecided")
    up, down = (witness(sign * slope, s, lambda x: bool(x > _ROUNDING)) for sign in (1, -1))
    if up is not None and down is not None:
        statement = f"{of} is neither increasing nor decreasing in {c}."
        ground = f"two points: ∂{of}/∂{c} is {up}, and −∂{of}/∂{c} is {down}"
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, NEITHER)
    answer = INCREASING if up is not None else DECREASING
    statement = f"wherever ∂{of}/∂{c} was met, {of} was {answer}."
    return Property(TOPIC, name, statement, SAMPLED, sample(slope, s).ground, answer)
