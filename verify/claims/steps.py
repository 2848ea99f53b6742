"""Claims that are decided by a chain of identities on the one side, and by a search on the other.

A step is an expression that has to vanish identically; the words say what follows from it. Where
all steps are proved the claim holds, and a search that nevertheless finds a counterexample is a
fault of the proof, which raises. Where they are not, only a counterexample refutes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations

from sympy import Expr, Rational, cos, expand, fraction, simplify, sin, together

from derive.identity import vanishes
from derive.nodes import ANCHOR, NEGATIVE, Node
from derive.verdict import Verdict
from verify.claims.model import Judgement, Outcome
from verify.claims.points import TOLERANCE, Space, gap
from verify.evaluation import Evaluator
from verify.numbers import mp

Search = Callable[[int], str | None]  # of a seed: a counterexample in words, or None


class Link(ABC):
    """One link of a proof. text: what follows from it."""

    text: str

    @property
    @abstractmethod
    def proved(self) -> bool:
        """Whether it stands."""


@dataclass(frozen=True)
class Step(Link):
    """zero: vanishes, if the step is right; text: what follows from it."""

    text: str
    zero: Expr

    @property
    def proved(self) -> bool:
        """By the normal form where there are nodes of derive, else by SymPy's `simplify`."""
        if self.zero.has(Node):
            return vanishes(self.zero, exact=True) is Verdict.PROVED
        if self.zero == 0 or _differs(self.zero):
            return bool(self.zero == 0)
        return _by_pythagoras(self.zero) == 0 or bool(simplify(self.zero) == 0)


def _by_pythagoras(e: Expr) -> Expr:
    """The numerator, expanded, with sin² = 1 − cos²: far faster than `simplify` where it does."""

    def lowered(power: Expr) -> Expr:
        x, n = power.base.args[0], power.exp
        return (1 - cos(x) ** 2) ** (n // 2) * sin(x) ** (n % 2)

    above = expand(fraction(together(e))[0])
    squares = above.replace(
        lambda x: x.is_Pow and isinstance(x.base, sin) and x.exp.is_Integer and x.exp > 1, lowered
    )
    return expand(squares)


def _differs(e: Expr) -> bool:
    """Whether a number already shows that an expression of symbols is not zero."""
    names = sorted(e.free_symbols, key=str)
    values = {x: Rational(7 + 4 * k, 31 + 3 * k) for k, x in enumerate(names)}
    number = e.subs(values).evalf(30)
    return bool(number.is_number and number.is_finite and abs(number) > Rational(1, 10**15))


@dataclass(frozen=True)
class Fact(Link):
    """A link whose answer another procedure has found."""

    text: str
    found: bool

    @property
    def proved(self) -> bool:
        return self.found


def decided(steps: Iterable[Link], search: Search | None, seed: int) -> Judgement:
    """exact, false (with the counterexample), or undecided (with the steps that stay open).

    search: None where nothing is searched, which the evidence then says."""
    steps = tuple(steps)
    found, open_ = search and search(seed), [x.text for x in steps if not x.proved]
    searched = _UNSEARCHED if search is None else _SEARCHED
    if not open_:
        if found is not None:
            raise AssertionError(f"proved, and yet {found}: a fault of the proof")
        said = tuple(x.text for x in steps)
        return Judgement(Outcome.EXACT, evidence=("proved: " + "; ".join(said), searched))
    if found is not None:
        return Judgement(Outcome.FALSE, evidence=(f"counterexample: {found}",))
    return Judgement(Outcome.UNDECIDED, evidence=(f"not proved: {'; '.join(open_)}", searched))


_SEARCHED = "no counterexample among the points searched"
_UNSEARCHED = "no counterexample was searched for: the steps alone decide"


def under(conditions: Sequence[str], test: Callable[[frozenset[str]], Judgement]) -> Judgement:
    """The judgement under the smallest set of conditions that makes a claim hold.

    test: judges under a set of them. None needed: exact; no set suffices: what was found without.
    """
    bare = test(frozenset())
    for size in range(len(conditions) + 1):
        for chosen in combinations(conditions, size):
            found = test(frozenset(chosen)) if chosen else bare
            if not _exact(found):
                continue
            if not chosen:
                return found
            without = [f"without: {x}" for x in bare.evidence]
            same_size = combinations(conditions, size)
            others = [x for x in same_size if x != chosen and _exact(test(frozenset(x)))]
            without += [f"it also holds under: {'; '.join(x)}" for x in others]
            return Judgement(Outcome.CONDITIONAL, chosen, evidence=(*found.evidence, *without))
    return bare


def _exact(found: Judgement) -> bool:
    return found.outcome is Outcome.EXACT


DERIVED = "derived, not an edit: "


def corrected(
    false: Judgement, candidates: Iterable[tuple[str, Callable[[], Judgement]]], family: str
) -> Judgement:
    """A refuted claim with the first candidate that holds. family: which candidates were tried."""
    if false.outcome is not Outcome.FALSE:
        return false
    for text, test in candidates:
        found = test()
        if found.outcome is Outcome.EXACT:
            said = (*false.evidence, f"corrected, of {family}: " + " ".join(found.evidence))
            return replace(false, correction=text, evidence=said)
    return replace(false, evidence=(*false.evidence, f"mended by none of {family}"))


def unequal(left: Expr, right: Expr, space: Space) -> Search:
    """Where two expressions with nodes differ, among the points of a space."""

    def search(seed: int) -> str | None:
        away = gap(left, right, space.draws(seed))
        return None if away.vanishes else str(away)

    return search


def below_zero(e: Expr, space: Space) -> Search:
    """Where an expression with nodes, of i and j or fewer indices, is negative."""

    def search(seed: int) -> str | None:
        for drawn in space.draws(seed):
            exact = Evaluator(drawn.point)
            for i, j in permutations(range(drawn.point.n), 2):
                value = exact(e, {ANCHOR: i, NEGATIVE: j})
                if value < -TOLERANCE:
                    return f"{mp.nstr(value, 6)} at {drawn.text}, i={i}, j={j}"
        return None

    return search


def first(*searches: Search) -> Search:
    """The first counterexample of several searches."""
    return lambda seed: next((x for x in (s(seed) for s in searches) if x is not None), None)
