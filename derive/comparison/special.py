"""The same (up to a factor and a constant) once a hyper-parameter takes a special value, or the
negatives come from the other view."""

from dataclasses import replace

from derive.comparison.affine import Batches, fits
from derive.comparison.exact import exact
from derive.comparison.relations import SETTLED, Finding, Kind
from derive.comparison.subject import Subject
from derive.comparison.variants import SWAPPED, Variant, variants
from derive.comparison.wording import Wording, listed
from derive.verdict import Verdict


def special(a: Subject, b: Subject, batches: Batches, words: Wording) -> Finding | None:
    """The relation that needs the fewest changes, if it is proved."""
    for variant in variants(a, b):
        if fits(variant.a.value, variant.b.value, batches) is None:
            continue
        found = exact(variant.a, variant.b, batches, words)
        if found is not None and found.kind in SETTLED and found.verdict is Verdict.PROVED:
            return _at(found, variant, words)
    return None


def _at(found: Finding, variant: Variant, words: Wording) -> Finding:
    text = f"With {condition(variant, words)}: {found.text}"
    return replace(found, kind=Kind.SPECIAL, text=text, where=variant.where)


def condition(variant: Variant, words: Wording) -> str:
    """`ε = 0 in A and the negatives of A taken from the other view (h_j ↔ h'_j, j ≠ i)`."""
    clauses = [f"{words.display(x.name)} = {words(x.value)} in {x.letter}" for x in variant.changes]
    if variant.swapped:
        clauses.append(f"{SWAPPED} (h_j ↔ h'_j for j ≠ i)")
    return listed(clauses)
