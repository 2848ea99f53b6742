"""Which relations a loss promises, read off its formula: those that hold of it are tested, and the
others are named with the reason.

- finite differences: of every loss, where it is smooth. What is stopped is frozen.
- permutation, rotation, view swap: where `derive.properties.invariance` proves them.
- shift: one number added to all logits of an anchor (of all anchors, for a scalar of the batch)
  changes nothing: Σ_j ∂L/∂c_ij' over all candidates, the positive among them, vanishes
  identically. It is meant for losses of cross-view cosines alone.
- dead input: a view by which the derivative vanishes identically gets no gradient; and where every
  term stands behind a gate with a margin, a low margin leaves neither value nor gradient.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sympy import Expr, S, Symbol, oo

from derive.calculus import Derivative
from derive.errors import ContragradError
from derive.identity import vanishes
from derive.nodes import ANCHOR, Component, Hinge, Inner, Step, View
from derive.properties import invariance
from derive.properties.result import Property
from derive.properties.splitting import written_out
from derive.properties.subject import Subject as Described
from derive.verdict import Verdict
from verify.bounds import all_nodes
from verify.slopes import Slopes
from verify.subject import Subject

DIFFERENCES, PERMUTATION, ROTATION = "finite differences", "permutation", "rotation"
SWAP, SHIFT, DEAD = "view swap", "shift of logits", "dead input"


@dataclass(frozen=True)
class Specification:
    """promised: relation → what it says of this loss; others: relation → why it is not tested."""

    promised: Mapping[str, str]
    others: Mapping[str, str]


def specification(subject: Subject, slopes: Slopes) -> Specification:
    """What the formula promises."""
    promised = {DIFFERENCES: "frozen" if stops(subject) else "of its own values"}
    others: dict[str, str] = {}
    for name, test in _TESTS.items():
        holds, reason = test(subject, slopes)
        (promised if holds else others)[name] = reason
    return Specification(promised, others)


def stops(subject: Subject) -> bool:
    """Whether anything is stopped: the gradient is then not that of the value."""
    return subject.objective.stop_gradients != "none"


def _invariant(rule: Callable[[Described], Property]) -> Callable[..., tuple[bool, str]]:
    def test(subject: Subject, slopes: Slopes) -> tuple[bool, str]:
        found = rule(Described(subject.decomposition))
        if found.status is Verdict.PROVED:
            return True, found.evidence
        return False, "it changes the loss" if found.status is Verdict.REFUTED else "not decided"

    return test


def _shift(subject: Subject, slopes: Slopes) -> tuple[bool, str]:
    formula = written_out(subject.formula)
    anchor, positive = subject.objective.anchor, subject.objective.positive
    inners = [x for x in all_nodes(formula) if isinstance(x, Inner)]
    across = all((x.args[0], x.args[2]) == (anchor, positive) for x in inners)
    if subject.raw or not across or not inners or formula.has(Component):
        return False, "it takes more than cross-view cosines"
    try:
        total = Derivative(lambda leaf: S.One)(formula)
        proved = vanishes(total, exact=True) is Verdict.PROVED
    except ContragradError:
        return False, "not decided"
    rows = all(x.args[1] == ANCHOR for x in inners)
    return proved, ("of each anchor" if rows else "of all") if proved else "it changes the loss"


def dead_views(subject: Subject, slopes: Slopes) -> list[View]:
    """The views by which the training scalar has no derivative."""
    sides = (subject.objective.anchor, slopes.by_h), (subject.objective.positive, slopes.by_h_prime)
    return [view for view, e in sides if e == 0]


def margins(subject: Subject) -> list[str]:
    """The free hyper-parameters that close every gate when they are low: they are added in the
    argument of each, and nothing is left of the loss where all are closed."""
    formula = written_out(subject.formula)
    gates = {x for x in all_nodes(formula) if isinstance(x, Hinge | Step)}
    if not gates or formula.xreplace(dict.fromkeys(gates, S.Zero)) != 0:
        return []
    real = [x for x in subject.free if x.domain.low == -oo and x.domain.high == oo]
    return [x.name for x in real if all(_is_added(x.symbol, g.args[0]) for g in gates)]


def _is_added(symbol: Symbol, e: Expr) -> bool:
    return symbol in e.as_ordered_terms() and not (e - symbol).has(symbol)


def _dead(subject: Subject, slopes: Slopes) -> tuple[bool, str]:
    views, closed = dead_views(subject, slopes), margins(subject)
    parts = [f"no gradient by {' and '.join(map(str, views))}"] if views else []
    parts += [f"nothing at {closed[0]} − 10"] if closed else []
    return bool(parts), ", ".join(parts) or "both views count, and no margin closes it"


_TESTS: dict[str, Callable[[Subject, Slopes], tuple[bool, str]]] = {
    PERMUTATION: _invariant(invariance.permutation),
    ROTATION: _invariant(invariance.rotation),
    SWAP: _invariant(invariance.swap),
    SHIFT: _shift,
    DEAD: _dead,
}
