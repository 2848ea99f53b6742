"""Is the push of an anchor as strong as its pull (arXiv:2012.09740)?"""

from sympy import Expr

from derive.nodes import ANCHOR, NEGATIVE, Node
from derive.numeric import Evaluator
from derive.paradigm import revealed
from derive.properties.masks import MINUS, NONNEGATIVE, PLUS, ZERO, total, within
from derive.properties.result import Property
from derive.properties.samples import points_to_try
from derive.properties.subject import Subject
from derive.verdict import Verdict

TOPIC, NAME = "Hardness", "balance"
_LEFT = "Σ_j |a_ij| = |b_i|"
_TOLERANCE = 1e-20  # of numbers with 50 digits


def balance(s: Subject) -> Property:
    """Σ_j |∂L/∂c_ij| = |∂L/∂c_ii'| (arXiv:2012.09740)."""
    if s.ratio is None:
        return _proved(f"{_LEFT} does not apply.", "one side of it has no terms", "none")
    pushes = [s.signs.of_fraction(x) for x in s.push.values()]
    if all(within(x, NONNEGATIVE) for x in pushes):
        found = _of_ratio(s, s.ratio, always=total(pushes) == PLUS)
        if found is not None:
            return found
    point = _unbalanced(s)
    if point is not None:
        return Property(TOPIC, NAME, f"{_LEFT} fails.", Verdict.REFUTED, point, "fails")
    reason = "both sides agree wherever they were met, and were not proved to"
    return Property(TOPIC, NAME, f"{_LEFT} is not known.", Verdict.UNDECIDED, reason)


def _of_ratio(s: Subject, ratio: Expr, *, always: bool) -> Property | None:
    """Of pushes ≥ 0: |R_i| = 1, or no push at all. always: Σ_j a_ij > 0 for every batch."""
    excess = s.signs.of_fraction(ratio - 1)
    if excess == ZERO:
        ground = "R_i = 1, and no a_ij is negative"
        return _proved(f"{_LEFT} for every batch.", ground, "holds")
    if excess != PLUS and not s.signs.proves(ratio, NONNEGATIVE):
        return None
    if excess in (PLUS, MINUS):
        but = "" if always else " but those that push nothing (Σ_j a_ij = 0)"
        ground = f"R_i {'>' if excess == PLUS else '<'} 1, and no a_ij is negative"
        return _proved(f"{_LEFT} for no batch{but}.", ground, "never")
    if ratio.has(Node):
        return None
    where = f"{s.text(ratio)} = 1"
    but = "" if always else " or Σ_j a_ij = 0"
    ground = "the ratio is static, and no a_ij is negative"
    return _proved(f"{_LEFT} exactly where {where}{but}.", ground, where)


def _proved(statement: str, ground: str, answer: str) -> Property:
    return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, answer)


def _unbalanced(s: Subject) -> str | None:
    """The first anchor among the points to try at which the two sides differ."""
    pull = revealed(s.d.coefficients.pull)
    for text, point in points_to_try(s, 3):
        ev = Evaluator(point)
        for i in range(point.n):
            others = [{ANCHOR: i, NEGATIVE: j} for j in range(point.n) if j != i]
            try:
                left = sum(abs(ev(a, at)) for a in s.push.values() for at in others)
                right = abs(ev(pull, {ANCHOR: i}))
            except (ZeroDivisionError, ValueError, OverflowError):
                continue
            if abs(left - right) > _TOLERANCE * (1 + left):
                return f"a point: {float(left):.6g} and {float(right):.6g} at i = {i + 1} of {text}"
    return None
