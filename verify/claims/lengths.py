"""Printed norms: ‖v‖ = r for a vector v (component a) and a formula r of cosines and angles.

Proved by the squares, Σ_a v_a² = r², and by the sign of r; a 50-digit point alone refutes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from sympy import Expr, Symbol, sqrt

from derive.canonical import for_proof
from derive.identity import vanishes_in_form
from derive.nodes import ANCHOR, FEATURE, Inner, Z, free_indices
from derive.notation import sum_features
from derive.properties.masks import NONNEGATIVE
from derive.properties.signs import Signs
from derive.verdict import Verdict
from verify.claims.hats import algebraic, raw
from verify.claims.mending import mended
from verify.claims.model import Judgement, Outcome
from verify.claims.points import TOLERANCE, Drawn, Space, gap
from verify.claims.text import formula_text
from verify.evaluation import Evaluator
from verify.numbers import Number

_LARGE = 10**6  # what the sides of a norm are below, by far
POINTS = 32  # a gate is open at some and closed at others
KINDS = ("subscript", "extremum", "view", "difference", "sign", "margin")


@dataclass(frozen=True)
class Length:
    """vector: component a, in ĥ; printed: its norm as printed; both are read by `reading`."""

    vector: Expr
    printed: Expr
    space: Space
    reading: Callable[[Expr], Expr] = raw
    mending: tuple[str, ...] = KINDS
    most: int = 2

    def __call__(self, seed: int) -> Judgement:
        points = self.space.draws(seed, POINTS)
        away = gap(self.reading(self.printed), self._length, points)
        if away.vanishes:
            if self.proved(self.printed):
                said = f"proved by the squares; the same at {len(points)} points of 50 digits"
                return Judgement(Outcome.EXACT, evidence=(said,))
            said = f"no proof was found; no difference at {len(points)} points of 50 digits"
            return Judgement(Outcome.UNDECIDED, evidence=(said,))
        return self._false(points, str(away))

    def _false(self, points: Sequence[Drawn], away: str) -> Judgement:
        failing = (x for x in points if not self._agrees(self.printed, [x]))
        found = mended(
            self.printed,
            self.mending,
            self._screen(min(failing, key=_size)),
            lambda e: (self._agrees(e, points) and self.proved(e)) or None,
            self.most,
        )
        evidence = (f"counterexample: printed {away}",)
        if found is None:
            none = f"no {self.most} edits of the stated kinds mend it"
            return Judgement(Outcome.FALSE, evidence=(*evidence, none))
        shown = f"corrected: proved by the squares; the same at {len(points)} points of 50 digits"
        return Judgement(
            Outcome.FALSE,
            correction=f"{found.text}: {formula_text(found.expr, self.space.hyper)}",
            evidence=(*evidence, shown),
        )

    @cached_property
    def squared(self) -> Expr:
        """Σ_a v_a²."""
        vector = self.reading(algebraic(self.vector))
        return sum_features(lambda a: vector.xreplace({FEATURE: a}) ** 2)

    @cached_property
    def _length(self) -> Expr:
        return sqrt(self.squared)

    def proved(self, printed: Expr) -> bool:
        """Whether the squares are identical and the formula is nowhere negative."""
        flat = algebraic(printed)
        if not Signs(self.space.hyper).proves(flat, NONNEGATIVE):
            return False
        form = for_proof(self.squared - self.reading(flat) ** 2)
        norms = {Inner(Z, ANCHOR, Z, ANCHOR): Symbol("_norm", positive=True) ** 2}
        return vanishes_in_form(for_proof(form.xreplace(norms))) is Verdict.PROVED

    def _screen(self, drawn: Drawn) -> Callable[[Expr], bool]:
        """Whether a formula agrees at one point, at the numbers of the indices where the printed
        one is furthest off."""
        exact, length = Evaluator(drawn.point), self._length
        free = sorted((free_indices(length) | free_indices(self.reading(self.printed))), key=str)

        def off(e: Expr, numbers: tuple[int, ...]) -> Number:
            at = dict(zip(free, numbers, strict=True))
            return abs(exact(self.reading(e), at) - exact(length, at))

        worst = max(
            permutations(range(drawn.point.n), len(free)), key=lambda x: off(self.printed, x)
        )
        return lambda e: bool(off(e, worst) <= TOLERANCE * _LARGE)

    def _agrees(self, printed: Expr, points: Sequence[Drawn]) -> bool:
        read = self.reading(printed)
        return all(gap(read, self._length, [x]).vanishes for x in points)  # stops at the first


def _size(drawn: Drawn) -> int:
    return drawn.point.n * drawn.point.d
