"""Weights that a ranking hands out: to one sample alone, or to a share of them.

Whether these are the hardest is not in the name of the node: it follows from how what is ranked
by moves with the similarity of the negative that the weight belongs to.
"""

from typing import NamedTuple

from sympy import Dummy, Expr, Mul, fraction

from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Delta,
    HardestIndex,
    Top,
    View,
    free_indices,
)
from derive.properties.masks import MINUS, NONNEGATIVE, PLUS, within
from derive.properties.result import Property
from derive.properties.splitting import without_stops
from derive.properties.subject import Subject
from derive.verdict import Verdict

TOPIC = "Weight"
HARDEST, EASIEST, PICKED = "hardest only", "easiest only", "one picked"
TOP, BOTTOM, SHARE = "hardest share", "easiest share", "a share picked"
_NAMES = {PLUS: ("hardest", HARDEST, TOP), MINUS: ("easiest", EASIEST, BOTTOM)}


class Ranking(NamedTuple):
    """gate: the factor of W_ij; body: what j is ranked by among the samples k ≠ i, None where
    the ranking is another sample's; one: whether one sample is picked, not a share."""

    gate: Expr
    body: Expr | None
    one: bool


def found_pick(weight: Expr) -> Ranking | None:
    """The first factor of a weight that a ranking decides."""
    for x in Mul.make_args(fraction(weight)[0]):
        if isinstance(x, Top):
            j, body, k, i, _ = x.args
            own = (j, i) == (NEGATIVE, ANCHOR)
            return Ranking(x, body.xreplace({k: NEGATIVE}) if own else None, False)
        picks = [k for k in x.args if isinstance(k, HardestIndex)] if isinstance(x, Delta) else []
        if picks:
            body, k, i = picks[0].args
            own = NEGATIVE in x.args and i == ANCHOR
            return Ranking(x, body.xreplace({k: NEGATIVE}) if own else None, True)
    return None


def of_picked(
    s: Subject, name: str, of: str, picked: Ranking, view: View, weight: Expr
) -> Property:
    """Who gets the weight."""
    gate = s.text(picked.gate)
    if picked.body is None:
        statement = f"{of} is 0 but where {gate} is 1: other samples' rankings decide."
        return Property(
            TOPIC, name, statement, Verdict.PROVED, f"its factor {gate}", _general(picked)
        )
    body, way = s.text(picked.body), ranked_by(s, picked.body, view)
    if way is None:
        who = "the sample" if picked.one else "the share of the samples"
        statement = f"{of} is 0 for every negative but {who} with the largest {body}."
        ground = f"its factor {gate}; {body} was not shown to rank by {s.text(s.negative(view))}"
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, _general(picked))
    word, alone, share = _NAMES[way]
    ground = f"its factor {gate}, ranked by {body}"
    if picked.one:
        statement = f"{of} is 0 for every negative but the {word}."
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, alone)
    statement = (
        f"{of} is 0 but for the {word} share of the negatives{_within(s, picked, view, weight)}."
    )
    return Property(TOPIC, name, statement, Verdict.PROVED, ground, share)


def _general(picked: Ranking) -> str:
    return PICKED if picked.one else SHARE


def ranked_by(s: Subject, body: Expr, view: View) -> int | None:
    """PLUS where the largest body is that of the hardest negative, MINUS where it is that of the
    easiest; None where it is neither or not known: j is in it through its similarity alone, and
    strictly (of samples that tie by the body, any may be the one that is picked)."""
    own, body = s.negative(view), _flowing(body)
    if NEGATIVE in free_indices(body.xreplace({own: Dummy("c")})):
        return None
    moves = s.direction(own)(body)
    return moves if moves in _NAMES else None


def _flowing(e: Expr) -> Expr:
    """The same numbers without stop-gradients."""
    return without_stops(e).xreplace({v: v.flowing for v in e.atoms(View)})


def _within(s: Subject, picked: Ranking, view: View, weight: Expr) -> str:
    """How the weight is spread over the share."""
    rest = weight / picked.gate
    if NEGATIVE not in free_indices(rest):
        return ", which get the same weight"
    bare = fraction(rest)[0].xreplace({picked.gate: 1})
    harder = within(s.direction(s.negative(view))(bare), NONNEGATIVE)
    return ", which get more the harder they are" if harder else ""
