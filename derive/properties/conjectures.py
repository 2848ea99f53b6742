"""The three conjectures of arXiv:2402.18281, Section 3.1, as questions to the components.

They are conjectures of that paper about training, not facts, and nothing here tests them: what is
checked is whether a loss has the component that each of them speaks of.
"""

from derive.properties.by_convention import CONVENTION
from derive.properties.picks import HARDEST, PICKED, SHARE, TOP
from derive.properties.result import SAMPLED, Property
from derive.properties.subject import Subject
from derive.properties.weight import INCREASING
from derive.verdict import Verdict

TOPIC = "Conjectures of arXiv:2402.18281 (not facts): is there what they ask for?"


def conjecture_properties(s: Subject, found: tuple[Property, ...]) -> tuple[Property, ...]:
    """One answer a conjecture, from the properties already found."""
    by_name = {x.name: x for x in found}
    weights = [x for x in found if x.topic == "Weight"]
    return (
        _first(by_name),
        _second(weights),
        _third(by_name["ratio_at_least_one"]),
    )


_FIRST = "1 (dissipation keeps the gap between positives and negatives smaller than without it)"
_SECOND = "2 (the weight lets the hardest negative dominate the gradient)"
_THIRD = "3 (the ratio meets the condition of Lemma 1 more often the larger it is; R > 1 helps)"


def _first(by_name: dict[str, Property]) -> Property:
    span = by_name["dissipation_range"]
    moves = by_name.get("dissipation_in_positive")
    if moves is None:
        return _answer("conjecture_1", _FIRST, "no", f"GD_i = 1: {span.evidence}", span)
    words = set(moves.answer.split())
    falls = bool({"decreasing", "non-increasing"} & words)
    partly = " where " in moves.answer or span.answer == CONVENTION
    if not falls and (span.answer == CONVENTION or moves.status is Verdict.UNDECIDED):
        why = "GD_i = 1 is a convention here, and " if span.answer == CONVENTION else ""
        return _undecided("conjecture_1", _FIRST, why + moves.statement)
    answer = "no" if not falls else "in part" if partly else "yes"
    return _answer("conjecture_1", _FIRST, answer, moves.statement, moves)


def _second(weights: list[Property]) -> Property:
    fits = [x.answer in (HARDEST, TOP) or x.answer.startswith(INCREASING) for x in weights]
    text = " ".join(x.statement for x in weights)
    if not any(fits) and any(x.answer in ("undecided", PICKED, SHARE) for x in weights):
        return _undecided("conjecture_2", _SECOND, text)
    answer = "yes" if all(fits) else "in part" if any(fits) else "no"
    worst = next((x for x in weights if x.status is not Verdict.PROVED), weights[0])
    return _answer("conjecture_2", _SECOND, answer, text, worst)


def _third(ratio: Property) -> Property:
    statement = ratio.statement
    if ratio.answer in ("R_i > 1",):
        answer = "yes"
    elif ratio.answer in ("R_i = 1", "R_i < 1", "R_i ≤ 1", "R_i ≤ 0", "R_i = 0", "undefined"):
        answer = "no"
    else:
        answer = "in part"
    return _answer("conjecture_3", _THIRD, answer, statement, ratio)


def _answer(name: str, conjecture: str, answer: str, why: str, source: Property) -> Property:
    status = source.status if source.status in (SAMPLED, Verdict.UNDECIDED) else Verdict.PROVED
    return Property(TOPIC, name, f"{conjecture}: {answer}.", status, why.rstrip("."), answer)


def _undecided(name: str, conjecture: str, why: str) -> Property:
    statement = f"{conjecture}: undecided."
    return Property(TOPIC, name, statement, Verdict.UNDECIDED, why.rstrip("."), "undecided")
