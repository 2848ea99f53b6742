"""Is an expression identically zero? Decided on the normal form, never by guessing.

Atoms (everything that is not +, ·, or an integer power) become variables. A rational function
of them is first evaluated at a random point of each of two fields with about 2⁶¹ elements
(Schwartz 1980, Zippel 1979: a non-zero one of degree d vanishes with probability ≤ d/2⁶¹), then,
where `exact` is asked for, brought over one denominator and expanded.

What does not vanish is `UNDECIDED`, not refuted: atoms may be related in ways the normal form
does not know. Only a point refutes (verify does that).
"""

from functools import lru_cache
from itertools import product
from random import Random

from sympy import (
    Add,
    Expr,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    expand,
    fraction,
    nan,
    preorder_traversal,
    together,
    zoo,
)

from derive.canonical import for_proof, for_proof_by_name
from derive.nodes import Delta, Match, Named, Step, Top, free_indices
from derive.verdict import Verdict

_PRIMES = (2305843009213693921, 4611686018427387847)  # the largest below 2⁶¹ − 1 and 2⁶²
_HIGHEST = 1 << 16
_LARGEST = 1 << 40  # a number beyond it is not left to the field: it may be a multiple of a prime
MOST_GATES = 6
_LONG = 500  # nodes
GATES = (Step, Delta, Match, Top)


def vanishes(e: Expr, *, exact: bool = False) -> Verdict:
    """PROVED if the expression is identically zero, else UNDECIDED.

    exact=False: by evaluation over the prime field (wrong with probability below 1e-30);
    exact=True: also by expanding the numerator over a common denominator.
    """
    if any(x.definition.opaque for x in e.atoms(Named)):
        by_name = vanishes_in_form(for_proof_by_name(e), exact=exact)
        if by_name is Verdict.PROVED:
            return by_name
    return vanishes_in_form(for_proof(e), exact=exact)


def plainly_zero(e: Expr) -> bool:
    """Whether an expression is found to be zero at little cost: the names in a long one are not
    written out. False says nothing."""
    if _written_out(e) <= _LONG:
        return vanishes(e) is Verdict.PROVED
    return vanishes_in_form(for_proof_by_name(e), by_cases=False) is Verdict.PROVED


@lru_cache(maxsize=10_000)
def _written_out(e: Expr) -> int:
    """The number of nodes with every name written out."""
    own = sum(1 for _ in preorder_traversal(e))
    return own + sum(e.count(x) * _written_out(x.value) for x in e.atoms(Named))


def vanishes_in_form(e: Expr, *, exact: bool = False, by_cases: bool = True) -> Verdict:
    """`vanishes` of an expression that is in the proof form already.

    by_cases: gates are 0 or 1, so where the rational identity fails, try every combination.
    """
    if _vanishes_rationally(e, exact=exact) is Verdict.PROVED:
        return Verdict.PROVED
    if not by_cases:
        return Verdict.UNDECIDED
    free = free_indices(e)
    gates = sorted((x for x in e.atoms(*GATES) if free_indices(x) <= free), key=str)
    if not gates or len(gates) > MOST_GATES:
        return Verdict.UNDECIDED
    cases = [
        for_proof(e.xreplace(dict(zip(gates, values, strict=True))))
        for values in product((S.Zero, S.One), repeat=len(gates))
    ]
    defined = [x for x in cases if not x.has(zoo, nan)]
    proved = [_vanishes_rationally(x, exact=exact) is Verdict.PROVED for x in defined]
    return Verdict.PROVED if defined and all(proved) else Verdict.UNDECIDED


def _vanishes_rationally(e: Expr, *, exact: bool) -> Verdict:
    rational = as_rational(e)
    if rational == 0:
        return Verdict.PROVED
    random = Random(0)
    if any(_at_random_point(rational, random, prime) for prime in _PRIMES):
        return Verdict.UNDECIDED
    if _has_large_degree(rational):
        return Verdict.UNDECIDED
    if (exact or _has_large_number(rational)) and expand(fraction(together(rational))[0]) != 0:
        return Verdict.UNDECIDED
    return Verdict.PROVED


def as_rational(e: Expr, table: dict[object, Symbol] | None = None) -> Expr:
    """The expression as a rational function: each maximal other subtree is one new symbol.

    `table` maps what was replaced to its symbol (a root x^(p/q) is keyed by ("root", x, q)).
    """
    return _rational(e, {} if table is None else table)


def _rational(e: Expr, table: dict[object, Symbol]) -> Expr:
    if e.is_Rational or e.is_Symbol:
        return e
    if isinstance(e, Add | Mul):
        return e.func(*[_rational(x, table) for x in e.args])
    if isinstance(e, Pow) and e.exp.is_Integer:
        return Pow(_rational(e.base, table), e.exp)
    if isinstance(e, Pow) and isinstance(e.exp, Add):  # x^(p+1) is x^p·x
        return Mul(*[_rational(Pow(e.base, x), table) for x in e.exp.args])
    if isinstance(e, Pow) and e.exp.is_Rational:
        root = ("root", _rational(e.base, table), e.exp.q)
        return Pow(table.setdefault(root, _atom(table)), e.exp.p)
    return table.setdefault(e, _atom(table))


def _atom(table: dict[object, Symbol]) -> Symbol:
    return Symbol(f"_x{len(table)}")


def restore(e: Expr, table: dict[object, Symbol]) -> Expr:
    """Undo `as_rational`."""
    back: dict[Expr, Expr] = {}
    for original, symbol in table.items():
        if isinstance(original, tuple):
            _, base, degree = original
            back[symbol] = Pow(base.xreplace(back), S.One / degree)  # its atoms came before it
        elif isinstance(original, Expr):
            back[symbol] = original
    return e.xreplace(back)


def _has_large_number(e: Expr) -> bool:
    """A coefficient that one of the primes could divide."""
    return any(max(abs(x.p), x.q) > _LARGEST for x in e.atoms(Rational))


def _has_large_degree(e: Expr) -> bool:
    """A power whose degree the primes do not exceed by far."""
    return any(abs(x.exp) > _HIGHEST for x in e.atoms(Pow))


def _at_random_point(e: Expr, random: Random, prime: int) -> int:
    """The value of a rational function at a random point of the field. A point at which a
    denominator vanishes is drawn anew; if all do, the answer is non-zero: nothing is shown."""
    for _ in range(8):
        try:
            return _modular(e, {}, random, prime)
        except ValueError:  # pow(0, -1, p): a denominator vanished
            continue
    return 1


def _modular(e: Expr, point: dict[Expr, int], random: Random, prime: int) -> int:
    if e.is_Rational:
        return int(e.p) * pow(int(e.q), -1, prime) % prime
    if e.is_Symbol:
        if e not in point:
            point[e] = random.randrange(1, prime)
        return point[e]
    if isinstance(e, Add):
        return sum(_modular(x, point, random, prime) for x in e.args) % prime
    if isinstance(e, Mul):
        product = 1
        for x in e.args:
            product = product * _modular(x, point, random, prime) % prime
        return product
    return pow(_modular(e.base, point, random, prime), int(e.exp), prime)
