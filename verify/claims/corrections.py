"""What was meant: small edits of a false equation, tried in a fixed order until one mends it.

Edited are the printed side and, where it is printed too, the scalar that it is derived from. First
every single edit, then pairs of edits up to a budget. A number at one small point screens them;
what passes there is proved and compared at every point, or it is no correction.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from derive.errors import ContragradError
from derive.hyper import Hyper
from derive.nodes import FEATURE, free_indices
from verify.claims.equalities import Equation, of_another, reprinted
from verify.claims.points import Drawn
from verify.claims.slips import KINDS, slips
from verify.claims.text import contracted, formula_text

PAIRS = 1000
FIRST_OF_PAIRS = (
    "view", "index", "sign", "symbol", "missing factor", "difference", "self pair",
    "extremum", "loss",
)  # fmt: skip
OTHER_LOSS = "loss"  # another scalar of the paper is meant


@dataclass(frozen=True)
class Correction:
    """text: the edits and the corrected formula; evidence: how that was verified."""

    text: str
    evidence: str


@dataclass(frozen=True)
class Variant:
    """An equation after some edits, in words."""

    equation: Equation
    edits: tuple[str, ...]
    scalar_is_edited: bool = False


def mended(
    equation: Equation, points: Sequence[Drawn], *, pairs: bool = True
) -> tuple[Correction | None, str]:
    """The first correction that always holds; else the first single one that holds under
    conditions that a batch satisfies; else None. Also: what was tried. pairs=False: single edits
    of the printed side alone."""
    kinds = KINDS if equation.mending is None else equation.mending
    if not (kinds or equation.elsewhere):
        return None, ""
    search = _Search(min(points, key=lambda x: (x.point.n < 3, x.point.n * x.point.d)), points)
    singles = list(_variants(equation if pairs else replace(equation, scalar=None), kinds))
    found = search.first(singles)
    said = f"none of {len(singles)} single edits mends it"
    if found is not None or not pairs:
        return found, said
    few = [x for x in FIRST_OF_PAIRS if equation.mending is None or x in equation.mending]
    found = search.first(islice(_pairs(equation, few), PAIRS)) or _under_conditions(singles, points)
    return found, f"{said}, nor any of {search.tried - len(singles)} pairs of edits"


def _variants(equation: Equation, kinds: Sequence[str]) -> Iterator[Variant]:
    symbols = [x.symbol for x in equation.space.hyper]
    for name, printed in equation.elsewhere.items():
        yield Variant(reprinted(equation, printed), (f"what is printed for {name} [exchange]",))
    scalar, of_node = equation.scalar, [x for x in kinds if x != OTHER_LOSS]
    if scalar is not None and kinds:
        for name, formula in scalar.others.items():
            said = f"of {name} for {scalar.name} [{OTHER_LOSS}]"
            yield Variant(of_another(equation, formula, name), (said,), True)
    if not equation.settled:
        for edit in slips(equation.printed, symbols, of_node):
            yield Variant(reprinted(equation, edit.expr), (f"{edit.text} [{edit.kind}]",))
    if scalar is None:
        return
    for edit in slips(scalar.formula, symbols, of_node):
        try:
            new = of_another(equation, edit.expr)
        except ContragradError:  # an edit that leaves what no rule differentiates
            continue
        yield Variant(new, (f"in {scalar.name}: {edit.text} [{edit.kind}]",), True)


def _pairs(equation: Equation, kinds: Sequence[str]) -> Iterator[Variant]:
    for first in _variants(equation, kinds):
        for second in _variants(first.equation, kinds):
            either = first.scalar_is_edited or second.scalar_is_edited
            yield Variant(second.equation, (*first.edits, *second.edits), either)


@dataclass
class _Search:
    """small: the point that screens; tried: how many variants were."""

    small: Drawn
    points: Sequence[Drawn]
    tried: int = 0

    def first(self, variants: Iterable[Variant]) -> Correction | None:
        """The first variant that always holds."""
        for variant in variants:
            self.tried += 1
            try:
                if not variant.equation.gap([self.small]).vanishes:
                    continue
                found = variant.equation.always_holds(self.points)
            except (ZeroDivisionError, ValueError, ContragradError):
                continue
            if found is not None:
                said = f"corrected: {found.outcome}; {', '.join(found.evidence)}"
                return _correction(variant, said)
        return None


def _under_conditions(variants: Sequence[Variant], points: Sequence[Drawn]) -> Correction | None:
    for variant in variants:
        try:
            found = variant.equation.holds_if(points)
        except (ZeroDivisionError, ValueError, ContragradError):
            continue
        if found is not None:
            given = " and ".join(x.split(":")[0] for x in found.conditions)
            said = f"corrected: {found.outcome}, under {given}; {', '.join(found.evidence)}"
            return _correction(variant, said)
    return None


def _correction(variant: Variant, evidence: str) -> Correction:
    e = variant.equation
    is_vector = FEATURE in free_indices(e.printed)  # a gradient, or a part of one
    shown = contracted(e.printed) if is_vector else e.printed
    right = formula_text(shown, e.space.hyper)
    text = f"{_displayed('; '.join(variant.edits), e.space.hyper)}: {right}"
    if e.scalar is not None and variant.scalar_is_edited:
        text += f", of {e.scalar.name} = {formula_text(e.scalar.formula, e.space.hyper)}"
    return Correction(text, evidence)


def _displayed(words: str, hyper: Sequence[Hyper]) -> str:
    """Hyper-parameters by their display names: τ for tau."""
    for x in hyper:
        words = re.sub(rf"(?<!\w){x.name}(?!\w)", x.display, words)
    return words
