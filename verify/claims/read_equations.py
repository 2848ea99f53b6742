"""Printed equations whose formula has to be read first: in raw embeddings, projected, logs opened.

Edited is what is printed; compared is what it reads as.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Expr

from verify.claims.equalities import Equation
from verify.claims.mending import mended
from verify.claims.misprints import solved_constant
from verify.claims.model import Judgement, Outcome
from verify.claims.points import Drawn, Space
from verify.claims.steps import DERIVED
from verify.claims.text import formula_text

KINDS = ("sign", "subscript", "bracket", "view", "index", "factor", "count")
_SCREEN = 2


@dataclass(frozen=True)
class ReadEquation:
    """reading(printed) = derived, as `verify.claims.equalities.Equation` has it."""

    derived: Expr
    printed: Expr
    space: Space
    reading: Callable[[Expr], Expr]
    mending: tuple[str, ...] = KINDS
    most: int = 2

    def __call__(self, seed: int) -> Judgement:
        found = self._of(self.printed)(seed)
        if found.outcome is not Outcome.FALSE:
            return found
        points = self.space.draws(seed)
        constant = solved_constant(self.printed, self.derived)
        if constant is not None and (shown := self._holds(constant.expr, points)) is not None:
            return self._corrected(
                found, f"{DERIVED}{constant.text} [{constant.kind}]", constant.expr, shown
            )
        better = mended(
            self.printed,
            self.mending,
            lambda e: self._of(e).gap(points[:_SCREEN]).vanishes,
            lambda e: self._holds(e, points),
            self.most,
        )
        if better is None:
            none = f"no {self.most} edits of the stated kinds mend it"
            return Judgement(Outcome.FALSE, evidence=(found.evidence[0], none))
        return self._corrected(found, better.text, better.expr, better.proof)

    def _corrected(self, found: Judgement, text: str, e: Expr, shown: Judgement) -> Judgement:
        said = f"corrected: {shown.outcome}; {', '.join(shown.evidence)}"
        text = f"{text}: {formula_text(e, self.space.hyper)}"
        return Judgement(Outcome.FALSE, correction=text, evidence=(found.evidence[0], said))

    def _holds(self, printed: Expr, points: Sequence[Drawn]) -> Judgement | None:
        return self._of(printed).always_holds(points)

    def _of(self, printed: Expr) -> Equation:
        return Equation(self.derived, self.reading(printed), self.space, mending=())
