"""One loss normalises its rows and the other takes them as they are: what is said of unit rows."""

from dataclasses import replace

from derive.comparison.relations import Finding, Kind
from derive.comparison.subject import Subject

_KINDS = {
    Kind.SAME: Kind.UNIT,
    Kind.CONSTANT: Kind.AFFINE_UNIT,
    Kind.FACTOR: Kind.AFFINE_UNIT,
    Kind.AFFINE: Kind.AFFINE_UNIT,
    Kind.LABELS: Kind.AFFINE_UNIT,
    Kind.AFFINE_LABELS: Kind.AFFINE_UNIT,
    Kind.GRADIENT: Kind.AFFINE_UNIT,
}


def on_unit(found: Finding, a: Subject, b: Subject) -> Finding:
    """The weaker relation, where one of the two takes raw embeddings and the other unit ones."""
    mixed = normalisation(a, b)
    if not mixed:
        return found
    text = f"{found.text} Of rows of other norms it says nothing: {mixed}."
    return replace(found, kind=_KINDS[found.kind], text=text)


def normalisation(a: Subject, b: Subject) -> str:
    """Which of the two normalises its rows, if just one does."""
    if a.own.unit == b.own.unit:
        return ""
    one, other = ("A", "B") if a.own.unit else ("B", "A")
    return f"{one} normalises its rows and {other} does not"
