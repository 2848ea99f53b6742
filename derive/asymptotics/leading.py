"""The leading terms of an expression at an end of a hyper-parameter, and the order of the rest.

All terms up to the first that depends on the embeddings are kept: a constant alone says nothing
about a gradient. What holds for every batch comes first; a sharper statement about the rest, or
one that needs a batch without ties, names what it assumes.
"""

from dataclasses import replace

from sympy import Add, Expr, S, Symbol, oo

from derive.asymptotics.batches import depends_on_embeddings
from derive.asymptotics.claims import Leading, Rest
from derive.asymptotics.expander import Expander, Expansion
from derive.asymptotics.growth import Growth
from derive.asymptotics.readings import same_terms, smaller
from derive.asymptotics.rules import expander
from derive.asymptotics.series import Series, UndecidedLimitError
from derive.asymptotics.tidy import tidy
from derive.canonical import for_print
from derive.nodes import (
    Delta,
    Hardest,
    HardestIndex,
    Hinge,
    Named,
    Step,
    Top,
)

ENDS = {"0": (1, 1), "oo": (-1, 1), "-oo": (-1, -1)}  # parameter = scale·ε^turn: (turn, scale)
_STEPS = (2, 4)  # how many steps beyond the leading term are tried


def leading_terms(e: Expr, parameter: Symbol, end: str) -> Leading:
    """Of an expression (stop-gradients are left out) as the parameter goes to 0 from above, oo
    or -oo. Raises `UndecidedLimitError` where no rule decides."""
    e = for_print(spelt_out(e, parameter))
    always, reason = _attempt(e, parameter, end, generic=False)
    generic, generic_reason = _attempt(e, parameter, end, generic=True)
    if always is None and generic is None:
        raise UndecidedLimitError(generic_reason or reason)
    if always is None or (generic is not None and not _tells(always) and _tells(generic)):
        assert generic is not None
        return replace(generic, eventually=True)
    bent = any(x.has(parameter) for x in e.atoms(Hinge, Step))
    always = replace(always, eventually=bent)
    if generic is None or not same_terms(generic, always):
        return always
    if not smaller(generic.rest, always.rest, end):
        return always
    return replace(always, sharper=generic.rest, sharper_assumed=generic.assumed)


def spelt_out(e: Expr, parameter: Symbol) -> Expr:
    """Named intermediates that hold the parameter, and the score, by what they stand for."""
    while names := [x for x in e.atoms(Named) if x.definition.score or _holds(x, parameter)]:
        e = e.xreplace({x: x.value for x in names})
    return e


def _holds(x: Named, parameter: Symbol) -> bool:
    value = x.value
    return bool(value.has(parameter) or any(_holds(y, parameter) for y in value.atoms(Named)))


def _attempt(e: Expr, parameter: Symbol, end: str, *, generic: bool) -> tuple[Leading | None, str]:
    """The leading terms in one reading, or None and why; more steps where too few terms came."""
    turn, scale = ENDS[end]
    found, reason = None, ""
    for keep in _STEPS:
        x = expander(parameter, turn, scale, keep, generic)
        try:
            found = _leading(x(_small_shares(e, x)), x)
        except UndecidedLimitError as error:
            reason = error.reason
        if found is not None and (_tells(found) or found.rest.order == 0):
            break
    return found, reason


def _small_shares(e: Expr, x: Expander) -> Expr:
    """A share below 1/(N − 1) holds the hardest sample alone, unless some tie for it."""
    if not x.generic or x.turn != 1:
        return e
    hardest: dict[Expr, Expr] = {}
    for top in e.atoms(Top):
        j, body, k, i, share = top.args
        if share == x.parameter:
            x.tell("unique", Hardest(body, k, i))
            hardest[top] = Delta(j, HardestIndex(body, k, i))
    return for_print(e.xreplace(hardest)) if hardest else e


def _tells(x: Leading) -> bool:
    return x.rest.none or any(depends_on_embeddings(c) for _, c in x.terms) or x.exponent != 0


def _leading(value: Expansion, x: Expander) -> Leading:
    exponent: Expr = S.Zero
    if isinstance(value, Growth):
        if value.size is None:
            raise UndecidedLimitError(
                "it grows like an exponential whose factor depends on which of several is largest"
            )
        exponent = Add(*[c * _epsilon(x) ** n for n, c in value.rate.items()])
        value = value.size
    terms, rest = _first(value)
    if x.scale == -1 and not all(n.is_Integer for n, _ in terms):
        raise UndecidedLimitError("a root of the parameter is taken where it is negative")
    turn, scale = x.turn, S(x.scale)
    in_parameter = [(turn * n, tidy(c * scale**n)) for n, c in terms]
    in_parameter = [(n, c) for n, c in in_parameter if c != 0]
    order = None if rest.order is None else turn * rest.order
    logs = any(x.parameter in c.free_symbols for c in value.terms.values())
    rest = Rest(order, _simple(rest.low), _simple(rest.high), logs and rest.order not in (None, oo))
    return Leading(x.parameter, tuple(in_parameter), exponent, rest, assumed=tuple(x.assumed))


def _epsilon(x: Expander) -> Expr:
    return (x.scale * x.parameter) ** x.turn


def _first(value: Series) -> tuple[list[tuple[Expr, Expr]], Rest]:
    """Terms up to the first that depends on the embeddings; what follows is the rest."""
    terms: list[tuple[Expr, Expr]] = []
    for n in value.powers:
        if terms and depends_on_embeddings(terms[-1][1]):
            return terms, Rest(n)
        terms.append((n, value.terms[n]))
    return terms, Rest(None) if value.exact else Rest(value.order, value.low, value.high)


def _simple(e: Expr | None) -> Expr | None:
    return None if e is None else tidy(e)
