"""Hinges, gates and maxima: what the sign, or the order, of the leading terms decides."""

from sympy import Expr, S

from derive.asymptotics.expander import Expander, Expansion
from derive.asymptotics.generic import ties_openly
from derive.asymptotics.maxima import over_samples
from derive.asymptotics.series import Series, UndecidedLimitError, cleaned, constant
from derive.asymptotics.signs import signs
from derive.nodes import HardestIndex, Hinge, Step, free_indices
from derive.ranking import ranking


def expand_hinge(x: Expander, e: Expr) -> Expansion:
    a = x.series(e.args[0], "a hinge")
    if not a.terms:
        return Series({}, a.order, a.exact)
    n, c = a.leading
    ends = signs(c)
    if x.generic and ends in ((0, 1), (-1, 0)) and not (len(a.terms) == 1 and a.exact):
        x.tell("nonzero", c)
        ends = (1, 1) if ends == (0, 1) else (-1, -1)
    if ends == (1, 1):
        return a
    if ends == (-1, -1):
        return Series({})
    bent = S.Zero if ends[1] <= 0 else c if ends[0] >= 0 else Hinge(c)
    if len(a.terms) == 1 and a.exact:
        return cleaned({n: bent})
    if x.generic:
        x.tell("nonzero", c)
        gated = {m: Step(c) * y for m, y in a.terms.items()}
        return Series({**gated, n: Hinge(c)}, a.order, a.exact)
    order = min([m for m in a.terms if m != n] + [a.order])
    low, high = _hinged(a) if order == a.order else (None, None)
    return cleaned({n: bent}, order, exact=False, low=low, high=high)


def _hinged(a: Series) -> tuple[Expr | None, Expr | None]:
    """max(0, x + r) − max(0, x) lies between min(0, r) and max(0, r)."""
    if a.low is None or a.high is None:
        return None, None
    low, high = signs(a.low), signs(a.high)
    least = S.Zero if low[0] >= 0 else a.low if low[1] <= 0 else None
    most = S.Zero if high[1] <= 0 else a.high if high[0] >= 0 else None
    return least, most


def expand_step(x: Expander, e: Expr) -> Expansion:
    a = x.series(e.args[0], "a gate")
    _, c = a.leading
    if signs(c) == (1, 1):
        return constant(S.One)
    if signs(c)[1] <= 0 and (signs(c)[1] < 0 or (len(a.terms) == 1 and a.exact)):
        return Series({})
    if not (len(a.terms) == 1 and a.exact):
        if not x.generic:
            raise UndecidedLimitError("a gate may stand at its threshold in the limit")
        x.tell("nonzero", c)
    return constant(Step(c))


def expand_hardest(x: Expander, e: Expr) -> Expansion:
    """max_{k≠i} of a series: terms shared by all k are taken out, the first that is not decides."""
    body, k, i = e.args
    a = x.series(body, "a maximum")
    shared: dict[Expr, Expr] = {}
    for n in a.powers:
        if k in free_indices(a.terms[n]):
            break
        shared[n] = a.terms[n]
    own = {n: c for n, c in a.terms.items() if n not in shared}
    if not own:
        return Series(shared, a.order, a.exact, a.low, a.high)
    n = min(own)
    first = over_samples(own[n], k, i)
    if len(own) == 1 and a.exact:
        return Series({**shared, n: first})
    if x.generic:
        if ties_openly(own[n], k, i):
            raise UndecidedLimitError("several samples may tie for a maximum")
        x.tell("unique", first)
        picked = HardestIndex(ranking(own[n], k), k, i)
        later = {m: c.xreplace({k: picked}) for m, c in own.items() if m > n}
        return Series({**shared, n: first, **later}, a.order, a.exact)
    order = min([m for m in own if m != n] + [a.order])
    return Series({**{m: c for m, c in shared.items() if m < order}, n: first}, order, exact=False)
