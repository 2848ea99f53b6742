"""Printed inequalities, left ≤ right: refuted by a 50-digit point alone, proved by few procedures.

The procedures: the sign of the difference by its structure; sums bounded by their largest term,
then one real variable and monotone pieces or intervals; a certificate that a claim brings (Jensen)
and that is checked. What none of them shows and no point refutes is undecided.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from sympy import Expr

from derive.canonical import for_print
from derive.nodes import ExtraIndex, free_indices
from derive.properties.masks import NONNEGATIVE, PLUS
from derive.properties.signs import Signs
from derive.properties.splitting import written_out
from verify.claims.adversary import Worst, worst
from verify.claims.bounding import Known, least
from verify.claims.mending import mended
from verify.claims.model import Judgement, Outcome
from verify.claims.points import TOLERANCE, Space
from verify.claims.reduction import by_one_variable
from verify.claims.text import formula_text
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, mp

KINDS = ("count", "view", "sign", "extremum", "factor", "margin", "temperature", "self pair")
Certificate = Callable[[Expr, Expr], str | None]  # of both sides: what shows left ≤ right, or None


def _nothing(e: Expr, maximum: Expr) -> Expr | None:
    return None


def _as_it_is(e: Expr) -> Expr:
    return e


@dataclass(frozen=True)
class Inequality:
    """left ≤ right (strict: <) at every point of a space.

    reading: what both sides are read as (another convention of N); certificate: a proof that is
    checked; known: what is given never to exceed a maximum; mending: kinds of edits.
    """

    left: Expr
    right: Expr
    space: Space
    strict: bool = False
    reading: Callable[[Expr], Expr] = _as_it_is
    certificate: Certificate | None = None
    known: Known = _nothing
    mending: tuple[str, ...] = KINDS

    def __call__(self, seed: int) -> Judgement:
        found = worst(self.excess, self.space, seed)
        proof = self.proof()
        if proof is not None and self._refutes(found):
            said = f"a proof was found ({proof}), and a point refutes it: {self.said(found)}"
            return Judgement(Outcome.UNDECIDED, evidence=(said,))
        if proof is not None:
            near = f"closest of the points searched: {self.said(found)}"
            return Judgement(Outcome.EXACT, evidence=(f"proved: {proof}", near))
        if not self._refutes(found):
            said = f"no proof was found, and no counterexample; closest: {self.said(found)}"
            return Judgement(Outcome.UNDECIDED, evidence=(said,))
        return self._false(found, seed)

    def _false(self, found: Worst, seed: int) -> Judgement:
        seen = f"counterexample: {self.said(found)}"
        better = self._mended(found, seed)
        if better is None:
            none = "no two edits of the stated kinds mend it"
            return Judgement(Outcome.FALSE, evidence=(seen, none))
        text, proof = better
        return Judgement(Outcome.FALSE, correction=text, evidence=(seen, f"corrected: {proof}"))

    def _mended(self, found: Worst, seed: int) -> tuple[str, str] | None:
        """≤ for <, else edits of the right side, screened at the point that refutes."""
        weak = replace(self, strict=False)
        if self.strict and not weak._refutes(found) and (proof := weak.proof()):
            return "≤ for < [strictness]", proof
        for most in (1, 2):
            better = mended(
                self.right,
                self.mending,
                lambda e: not replace(self, right=e)._refutes_at(found.drawn.point),
                lambda e: replace(self, right=e).established(seed),
                most,
            )
            if better is not None:
                hyper = self.space.hyper
                return f"{better.text}: … ≤ {formula_text(better.expr, hyper)}", better.proof
        return None

    def established(self, seed: int) -> str | None:
        """A proof that no point of a search contradicts, or None."""
        proof = self.proof()
        if proof is None or self._refutes(worst(self.excess, self.space, seed)):
            return None
        return proof

    def proof(self) -> str | None:
        """What shows that it holds at every batch, in words; None where nothing does."""
        left, right = self.reading(self.left), self.reading(self.right)
        if self.certificate is not None and not self.strict:
            found = self.certificate(left, right)
            if found is not None:
                return found
        difference = for_print(written_out(right - left))  # equal sums by one name
        signs = Signs(self.space.hyper)
        if signs.proves(difference, PLUS if self.strict else NONNEGATIVE):
            return "every term of the difference has the sign that is claimed"
        if self.strict:
            return None
        bound, steps = least(difference, signs, self.known)
        found = by_one_variable(bound, signs)
        return None if found is None else "; ".join([*steps, found])

    def excess(self, point: Point) -> Number:
        """(left − right) over the larger side (≤: or 1), at the worst of the free indices."""
        return max(self._excesses(point))

    def _excesses(self, point: Point) -> Iterator[Number]:
        left, right = self.reading(self.left), self.reading(self.right)
        exact = Evaluator(point)
        free = sorted(free_indices(left) | free_indices(right), key=str)
        sizes = [exact.size(ExtraIndex("_e")) if isinstance(k, ExtraIndex) else point.n
                 for k in free]  # fmt: skip
        for numbers in product(*map(range, sizes)):
            at = dict(zip(free, numbers, strict=True))
            samples = [n for k, n in at.items() if not isinstance(k, ExtraIndex)]
            if len(set(samples)) == len(samples):
                x, y = exact(left, at), exact(right, at)
                yield (x - y) / (self._scale(x, y) or 1)

    def _scale(self, x: Number, y: Number) -> Number:
        """Below 1, a difference of ≤ counts by itself; one of < by its sides: e⁻¹⁰⁰ is > 0."""
        return max(abs(x), abs(y)) if self.strict else max(1, abs(x), abs(y))

    def _refutes_at(self, point: Point) -> bool:
        return self._fails_by(self.excess(point))

    def _refutes(self, found: Worst) -> bool:
        return self._fails_by(found.size)

    def _fails_by(self, size: Number) -> bool:
        return bool(size >= -TOLERANCE if self.strict else size > TOLERANCE)

    def said(self, found: Worst) -> str:
        """left − right, relative, and where."""
        return f"left − right = {mp.nstr(found.size, 6)} (relative) at {found.drawn.text}"
