"""Printed equations: is the one side the other, and when; if not, what was meant.

Proved by the same normal form as a derivation, which numbers of 50 digits stand beside; refuted by
such a point alone. What is false is mended by `verify.claims.corrections`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import Expr

from derive.conditions import Condition, Equality, equality
from derive.nodes import FEATURE, free_indices
from verify.claims.batches import satisfying
from verify.claims.derivations import Scalar, fault_of, gradient, gradient_in_parts
from verify.claims.model import Judgement, Outcome
from verify.claims.points import Drawn, Gap, Space, gap

__all__ = ["Equation", "Scalar", "gradient", "gradient_in_parts", "gradient_of"]


@dataclass(frozen=True)
class Equation:
    """printed = derived, as expressions; free of FEATURE: scalars (of i, of i and j, of neither);
    with it: vectors, component a.

    structured: makes points that satisfy a set of conditions, for the numbers beside a conditional
    proof (None: `verify.claims.batches`). mending: the kinds of edits that are tried (None: all
    of `verify.claims.slips`). scalar: where `derived` comes from, which may be misprinted too.
    entries: component a is an entry of a diagonal matrix or a scalar of a feature, which no
    multiple of h_i is left out of. extra: conditions that are tried beside those of
    `derive.conditions`. elsewhere: what the paper prints in other places, by name, that may have
    changed places with this. settled: the printed side is another equation's, so that the scalar
    alone is edited.
    """

    derived: Expr
    printed: Expr
    space: Space
    structured: Callable[[Sequence[Condition]], Space] | None = None
    mending: tuple[str, ...] | None = None
    scalar: Scalar | None = None
    entries: bool = False
    extra: tuple[Condition, ...] = ()
    elsewhere: Mapping[str, Expr] = field(default_factory=dict)
    settled: bool = False

    def __call__(self, seed: int) -> Judgement:
        points = self.space.draws(seed)
        fault = "" if self.scalar is None else fault_of(self.scalar, self.derived, points)
        if fault:
            return Judgement(Outcome.UNDECIDED, evidence=(fault,))
        away = self.gap(points)
        found = self._proved(away)
        if found.holds and not found.conditions:
            return self._always(found, away, points)
        if found.holds:
            return self._conditional(found, points)
        if away.vanishes:
            said = f"no proof was found; no difference at {len(points)} points of 50 digits"
            return Judgement(Outcome.UNDECIDED, evidence=(said,))
        return self._false(away, points)

    def _always(self, found: Equality, away: Gap, points: Sequence[Drawn]) -> Judgement:
        if not away.vanishes:
            said = f"a proof was found, and a point refutes it: {away}. A fault of the proof"
            return Judgement(Outcome.UNDECIDED, evidence=(said,))
        outcome = Outcome.TANGENT if found.sense == "tangent" else Outcome.EXACT
        return Judgement(outcome, evidence=(_agreed("proved for every N and D", points),))

    def _false(self, away: Gap, points: Sequence[Drawn]) -> Judgement:
        from verify.claims.corrections import mended

        correction, tried = mended(self, points)
        seen = f"counterexample: printed {away}"
        if correction is None:
            return Judgement(Outcome.FALSE, evidence=(seen, tried) if tried else (seen,))
        return Judgement(
            Outcome.FALSE, correction=correction.text, evidence=(seen, correction.evidence)
        )

    def always_holds(self, points: Sequence[Drawn]) -> Judgement | None:
        """Proved without conditions and the same at the points, or None."""
        away = self.gap(points)
        if not away.vanishes:
            return None
        found = equality(self.derived - self.printed)
        if not found.holds or found.conditions or (found.sense == "tangent" and self.entries):
            return None
        return self._always(found, away, points)

    def holds_if(self, points: Sequence[Drawn]) -> Judgement | None:
        """Proved, if need be under conditions that a batch of ours satisfies, or None."""
        found = self._proved(self.gap(points))
        if not found.holds:
            return None
        if not found.conditions:
            return self.always_holds(points)
        judged = self._conditional(found, points, mend=False)
        return judged if judged.outcome is Outcome.CONDITIONAL else None

    def _proved(self, away: Gap) -> Equality:
        found = equality(self.derived - self.printed)
        if found.sense == "tangent" and self.entries:
            return Equality("undecided")
        if (found.holds and len(found.conditions) < 2) or away.vanishes:
            return found
        for condition in self.extra:
            under = equality(condition.apply(self.derived - self.printed))
            fewer = len(under.conditions) + 1 < len(found.conditions)
            if under.holds and (fewer or not found.holds):
                return Equality(under.sense, (condition, *under.conditions))
        return found

    def _conditional(
        self, found: Equality, points: Sequence[Drawn], *, mend: bool = True
    ) -> Judgement:
        words = tuple(f"{x.name}: {x.statement}" for x in found.conditions)
        evidence = [f"proved ({found.sense}) under these, and under no fewer of those tried"]
        space = self._space_under(found.conditions)
        if space is not None:
            inside = space.draws(0)
            away = self.gap(inside)
            if not away.vanishes:
                said = f"proved under {', '.join(words)}, and a batch that satisfies them: {away}"
                return Judgement(Outcome.UNDECIDED, evidence=(said,))
            evidence.append(_agreed("at batches that satisfy them", inside))
        without = self.gap(points)
        if not without.vanishes:
            evidence.append(f"without them: printed {without}")
        evidence += self._needed(found.conditions)
        correction = ""
        if mend:
            from verify.claims.corrections import mended

            better, _ = mended(self, points, pairs=False)
            if better is not None:
                correction = f"always, with {better.text}"
                evidence.append(better.evidence)
        return Judgement(Outcome.CONDITIONAL, words, correction, tuple(evidence))

    def _needed(self, conditions: Sequence[Condition]) -> list[str]:
        """Of several conditions: a batch that satisfies all but one, where it fails."""
        said = []
        for left_out in conditions if len(conditions) > 1 else ():
            space = self._space_under([x for x in conditions if x != left_out])
            away = None if space is None else self.gap(space.draws(0))
            if away is not None and not away.vanishes:
                said.append(f"without {left_out.name} alone: printed {away}")
        return said

    def _space_under(self, conditions: Sequence[Condition]) -> Space | None:
        if self.structured is not None:
            return self.structured(conditions)
        return satisfying([x.name for x in conditions], self.space)

    def gap(self, points: Sequence[Drawn]) -> Gap:
        """The largest difference; of vectors along the sphere."""
        vectors = FEATURE in free_indices(self.derived) | free_indices(self.printed)
        return gap(self.printed, self.derived, points, tangent=vectors and not self.entries)


def gradient_of(
    name: str,
    formula: Expr,
    printed: Expr,
    space: Space,
    others: Mapping[str, Expr] | None = None,
) -> Equation:
    """∂name/∂h_i = printed, the scalar as the paper prints it."""
    scalar = Scalar(name, formula, others or {})
    return Equation(gradient(formula), printed, space, scalar=scalar)


def reprinted(equation: Equation, printed: Expr) -> Equation:
    """The equation with another printed side."""
    return replace(equation, printed=printed)


def of_another(equation: Equation, formula: Expr, name: str | None = None) -> Equation:
    """The equation of another scalar."""
    assert equation.scalar is not None
    scalar = replace(equation.scalar, formula=formula, name=name or equation.scalar.name)
    return replace(equation, derived=scalar.derive(formula), scalar=scalar)


def _agreed(what: str, points: Sequence[Drawn]) -> str:
    return f"{what}; the same at {len(points)} points of 50 digits"
