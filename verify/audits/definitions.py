"""The search for a definition that code implements: what is tried, and in which order."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from derive.objective import Objective
from derive.objectives import load
from verify.audits import candidates, fitting
from verify.audits.matching import Match, distance, match, tolerance, usable
from verify.audits.observations import Observation
from verify.audits.responses import READINGS, Candidate, ignores_scale
from verify.audits.settings import combinations

NEARLY = 5e-3  # relative: what an ε of 1e-5 in a variance makes of a loss of unit rows
_PLAIN = 2  # the cost of a factor that is believed of such
_NEAREST = 4  # losses whose changes are tried where none was named
_CHOSEN = 12  # losses of which one choice is made otherwise, where the named one is not it
_FITTED = 24  # losses whose hyper-parameters are looked for


@dataclass
class Search:
    """One search: the steps in order of cost, until one finds something.

    named: the loss that the code is meant to be; given: hyper-parameters as told; numbers: that the
    code was built with; budget: in seconds of the processor, so that a busy machine finds the same.
    """

    observations: list[Observation]
    named: Objective | None
    given: Mapping[str, float]
    numbers: Mapping[str, float]
    budget: float
    partial: list[Match] = field(default_factory=list)
    _begin: float = field(default_factory=time.process_time)
    _near: list[tuple[float, Objective, Candidate]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scaleless = ignores_scale(self.observations)
        self.limit = tolerance(self.observations)

    def best(self) -> Match | None:
        """The match that takes the fewest words."""
        steps = (
            self._catalogue,
            self._one_change,
            self._two_choices,
            self._choice_of_another,
            self._fits,
            self._two_changes,
            self._nearly,
        )
        for step in steps:
            if step == self._fits and any(x.kind == "value" for x in self.partial):
                break  # no other definition has this value
            found = step()
            if found:
                return min(found, key=self._rank)
        return min(self.partial, key=self._rank) if self.partial else None

    def detour(self, best: Match) -> Match | None:
        """The named loss with one change, where the code is another loss of the catalogue."""
        c = best.candidate
        if self.named is None or best.kind != "equal" or c.edits or c.name == self.named.name:
            return None
        found = self._matches(self._changes_of(self.named, candidates.single(self.named.name)))
        plain = [x for x in found if not x.reading and x.factor.cost <= best.factor.cost]
        return min(plain, key=self._rank) if plain else None

    def _rank(self, x: Match) -> tuple[int, int, int, bool, int]:
        c = x.candidate
        order = ("equal", "value", "gradient").index(x.kind)
        own = self.named is not None and c.name == self.named.name
        return order, len(c.edits), x.cost, not own, candidates.position(c.name)

    def _catalogue(self) -> list[Match]:
        losses = [load(x) for x in candidates.searched()]
        if self.named is not None and self.named.inputs:
            losses.append(self.named)
        found = []
        for objective in losses:
            for values in combinations(objective, self.given, self.numbers):
                for candidate in candidates.known(objective, values):
                    found += self._matches([candidate])
                    self._note(objective, candidate)
        return found

    def _note(self, objective: Objective, candidate: Candidate) -> None:
        at = usable(self.observations, candidate, scaleless=self.scaleless)
        if at:
            far = min(distance(READINGS[k][1], candidate, at[0]) for k in list(READINGS)[:2])
            self._near.append((far, objective, candidate))

    def _fits(self) -> list[Match]:
        """The named loss and its choices before the others."""
        near = [(o, c) for _, o, c in self._nearest()[:_FITTED]]
        first = [
            (self.named, c) for _, o, c in self._near if self.named and o.name == self.named.name
        ]
        meant = [self.named] if self.named else [o for o, _ in near[:_NEAREST]]
        chosen = [
            (o, candidates.changed(o, x, o.defaults()))
            for o in meant
            for x in candidates.choices(o.name)
        ]
        order = (first[:1], chosen, near) if self.named else (near, chosen)
        for sources in order:
            for candidate in fitting.fitted(sources, self.observations, self._is_late):
                found = self._of(candidate)
                if found:
                    return found
        return []

    def _nearly(self) -> list[Match]:
        """A loss of the catalogue but for little, as an ε in a root or a norm is: never `exact`."""
        found: list[Match] = []
        for _, _, candidate in self._near:
            found += self._of(candidate, NEARLY)
        return [x for x in found if x.factor.cost <= _PLAIN and x.offset is None]

    def _is_late(self) -> bool:
        return time.process_time() - self._begin > self.budget

    def _nearest(self) -> list[tuple[float, Objective, Candidate]]:
        """One candidate a loss and a reading of its rows, the nearest first."""
        best: dict[tuple[str, bool], tuple[float, Objective, Candidate]] = {}
        for x in sorted(self._near, key=lambda x: x[0]):
            best.setdefault((x[2].name, x[2].normalised), x)
        return list(best.values())

    def _one_change(self) -> list[Match]:
        if self.named is not None:
            return self._matches(self._changes_of(self.named, candidates.single(self.named.name)))
        found = self._choice_of_another()
        for _, objective, _ in [] if found else self._nearest()[:_NEAREST]:
            found += self._matches(self._changes_of(objective, candidates.single(objective.name)))
        return found

    def _choice_of_another(self) -> list[Match]:
        near = dict.fromkeys(o.name for _, o, _ in self._nearest())
        losses = [load(x) for x in list(near)[:_CHOSEN]]
        tried = (self._changes_of(o, candidates.choices(o.name)) for o in losses)
        return [x for changes in tried for x in self._matches(changes)]

    def _two_choices(self) -> list[Match]:
        if self.named is None:
            return []
        changes = candidates.choices_of_choices(self.named.name)
        return self._first(self._changes_of(self.named, changes))

    def _two_changes(self) -> list[Match]:
        losses = [self.named] if self.named else [o for _, o, _ in self._nearest()[:2]]
        for objective in losses:
            found = self._first(self._changes_of(objective, candidates.double(objective.name)))
            if found:
                return found
        return []

    def _changes_of(
        self, objective: Objective, changes: Iterable[candidates.Change]
    ) -> Iterable[Candidate]:
        settings = list(combinations(objective, self.given, self.numbers))[:4]
        for change in changes:
            for values in settings:
                yield candidates.changed(objective, change, values)

    def _matches(self, tried: Iterable[Candidate]) -> list[Match]:
        found: list[Match] = []
        for candidate in tried:
            if self._is_late():
                break
            found += self._of(candidate)
        return found

    def _first(self, tried: Iterable[Candidate]) -> list[Match]:
        for candidate in tried:
            if self._is_late():
                return []
            found = self._of(candidate)
            if found:
                return found
        return []

    def _of(self, candidate: Candidate, limit: float | None = None) -> list[Match]:
        """The readings of a candidate that are the code; those in part are kept for the end."""
        at = usable(self.observations, candidate, scaleless=self.scaleless)
        if not at:
            return []
        found = []
        for reading in READINGS:
            one = match(candidate, reading, at, limit or self.limit)
            if one is not None and one.kind == "equal":
                found.append(one)
            elif one is not None and not candidate.edits and limit is None:
                self.partial.append(one)
        return found
