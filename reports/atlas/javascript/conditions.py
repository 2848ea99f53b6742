"""Indicators as conditions of JavaScript: what they multiply is not computed where they are 0."""

from sympy import Expr

from derive.nodes import Delta, Distinct, Match, Mismatch, Step, Top
from reports.atlas.javascript.code import CHOICE, SUM, Code, call
from reports.atlas.javascript.writer import Writer

INDICATORS = Delta | Distinct | Match | Mismatch | Step | Top


def condition(w: Writer, e: Expr) -> str:
    """When an indicator is 1."""
    if isinstance(e, Step):
        return f"{w(e.args[0]).within(SUM)}>0"
    if isinstance(e, Top):
        return _top(w, e)
    same = "==" if isinstance(e, Delta | Match) else "!="
    places = [w.place(x) for x in e.args]
    if isinstance(e, Match | Mismatch):
        places = [f"G.labels[{x}]" for x in places]
    return same.join(sorted(places))


def indicator(w: Writer, e: Expr) -> Code:
    """1 where it holds, else 0."""
    return Code(f"{condition(w, e)}?1:0", CHOICE)


def _top(w: Writer, e: Top) -> str:
    """j is another sample than i, and its body reaches the last of those that are kept."""
    j, body, k, i, share = e.args
    own, anchor = w.place(j), w.place(i)

    def least() -> Code:
        return call("top", w.letter(i), w(share).text, w.over(k, lambda: w(body)))

    # One function for every j: of an expression that does not have it.
    last = w.function("least", Top(i, body, k, i, share), least)
    mine = w(body.xreplace({k: j}))
    return f"{own}!={anchor}&&{mine.within(SUM)}>={last.text}"
