"""Two losses side by side, and how they are related."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from derive.comparison.composed import composed
from derive.comparison.counterexample import Counterexample, counterexample
from derive.comparison.exact import exact
from derive.comparison.gated import gated
from derive.comparison.limiting import limiting
from derive.comparison.relations import SETTLED, Finding, Kind
from derive.comparison.samples import batches
from derive.comparison.special import special
from derive.comparison.subject import Subject, split_settings, subjects
from derive.comparison.unit import on_unit
from derive.comparison.values import off_every_line, on_raw_rows
from derive.comparison.wording import Wording
from derive.objective import Objective
from derive.paradigm import Decomposition, decompose
from derive.presentable import Presentable
from derive.verdict import Verdict

if TYPE_CHECKING:
    from derive.printing.sections import Section


@dataclass(frozen=True)
class ComparisonResult(Presentable):
    """a, b: the losses as they were compared; decompositions: of each as it stands alone.

    findings: the relations that hold, the strongest first. counterexample: a smallest batch that
    shows them not to be the same up to a factor and a constant (None: none was found, or they are;
    of losses that are the same on unit embeddings: rows of other norms).
    """

    a: Subject
    b: Subject
    decompositions: tuple[Decomposition, Decomposition]
    findings: tuple[Finding, ...]
    counterexample: Counterexample | None

    @property
    def relation(self) -> str:
        """The strongest relation (a value of `Kind`), "different", or "undecided"."""
        if self.findings:
            return self.findings[0].kind.value
        return "undecided" if self.counterexample is None else "different"

    @property
    def verdict(self) -> Verdict:
        """Of the relation: PROVED, AGREED (at every batch tried), REFUTED (they are different) or
        UNDECIDED. "same on unit embeddings" can be PROVED, and is not `settled`."""
        if self.findings:
            return self.findings[0].verdict
        return Verdict.UNDECIDED if self.counterexample is None else Verdict.REFUTED

    @property
    def settled(self) -> bool:
        """Whether it is proved that one loss trains like the other, up to a step size: the same
        gradient up to one factor, of losses that take the same embeddings."""
        first = self.findings[0] if self.findings else None
        return first is not None and first.kind in SETTLED and first.verdict is Verdict.PROVED

    @cached_property
    def _sections(self) -> "tuple[Section, ...]":
        from derive.printing.comparison import comparison_sections

        return comparison_sections(self)

    def sections(self) -> "tuple[Section, ...]":
        return self._sections

    def data(self) -> dict[str, Any]:
        from derive.printing.comparison_data import comparison_data

        return comparison_data(self)


def compare(
    a: str | Objective,
    b: str | Objective,
    settings: Mapping[str, object] | None = None,
    **both: object,
) -> ComparisonResult:
    """How two losses are related, and each taken apart.

    a, b: anything `--loss` accepts, or an `Objective`. settings: values by name; "A.tau" and "B.m"
    are of one loss, a plain name (also as a keyword) of both that have it. What is not set stays
    symbolic, and hyper-parameters of equal name are taken to be equal.

    >>> compare("infonce", "dcl").findings[0].text.partition(",")[0]
    'L_A = log(1 + e^(L_B))'

    Raises `UnknownNameError`, `HyperparameterError`.
    """
    from derive.sources import find

    x, y = (find(loss) if isinstance(loss, str) else loss for loss in (a, b))
    of_x, of_y = split_settings(x, y, {**(settings or {}), **both})
    one, two = subjects(x, y, of_x, of_y)
    decompositions = decompose(x, of_x), decompose(y, of_y)
    found = findings(one, two)
    return ComparisonResult(one, two, decompositions, found, _shown(one, two, found))


def _shown(a: Subject, b: Subject, findings: tuple[Finding, ...]) -> Counterexample | None:
    kinds = {x.kind for x in findings}
    if findings and findings[0].kind in SETTLED:
        return None
    if kinds & {Kind.UNIT, Kind.AFFINE_UNIT}:
        return on_raw_rows(a, b)
    special = {key.partition(".")[2] for x in findings for key in x.where}
    shown = counterexample(a, b, special)
    return shown if shown or Kind.VALUES in kinds else off_every_line(a, b, special)


_ORDER = list(Kind)


def findings(a: Subject, b: Subject) -> tuple[Finding, ...]:
    """The relations that hold, in the order of `Kind`; none weaker than a settled one is sought."""
    words = Wording(a, b)
    points = batches(
        [*a.free.values(), *b.free.values()], sorted({*a.inputs, *b.inputs}), unit=a.form.unit
    )
    found = exact(a.form, b.form, points, words)
    if found is not None and found.kind in SETTLED:
        if found.verdict is Verdict.PROVED or _stands(found, a, b):
            return (on_unit(found, a, b),)
        found = None
    function = composed(a.form, b.form, ("L_A", "L_B"), points, words) or composed(
        b.form, a.form, ("L_B", "L_A"), points, words
    )
    gate = gated(a.form, b.form, words)
    if function is not None:
        return tuple(x for x in (found, function, gate) if x is not None)
    at = special(a, b, points, words)
    limit = None if at is not None else limiting(a, b, points, words)
    held = [x for x in (found, gate, at, limit) if x is not None]
    return tuple(sorted(held, key=lambda x: _ORDER.index(x.kind)))


def _stands(found: Finding, a: Subject, b: Subject) -> bool:
    """What only numbers know is held against the batches of the counterexamples too."""
    if counterexample(a, b) is not None:
        return False
    return found.kind is Kind.GRADIENT or off_every_line(a, b) is None
