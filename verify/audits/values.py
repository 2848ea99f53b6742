"""The hyper-parameters that two losses were compared at, where they are not the same.

Runs where the code runs: torch and the standard library alone.
"""

from collections.abc import Mapping

from verify.audits.report import Finding
from verify.audits.signatures import SYNONYMS

Values = Mapping[str, float]
_CLOSE = 1e-9  # relative


def unequal(names: tuple[str, str], first: Values, second: Values) -> Finding | None:
    """A note where a hyper-parameter has two values, be it only by default; None where none has.

    names: of the two losses; first, second: the numbers each was called or built with, by its own
    names for them.
    """
    ours, theirs = _by_meaning(first), _by_meaning(second)
    apart = {
        k: (ours[k], theirs[k])
        for k in ours.keys() & theirs.keys()
        if abs(ours[k][1] - theirs[k][1]) > _CLOSE * max(abs(ours[k][1]), abs(theirs[k][1]))
    }
    if not apart:
        return None
    told = [
        f"{a} = {x:.6g} in {names[0]} and {b} = {y:.6g} in {names[1]}"
        for _, ((a, x), (b, y)) in sorted(apart.items())
    ]
    text = (
        f"compared with {'; '.join(told)}: set {', '.join(sorted(apart))} for both, to compare "
        "at one value"
    )
    evidence = {k: [x[1], y[1]] for k, (x, y) in sorted(apart.items())}
    return Finding("note", "settings", text, evidence)


def _by_meaning(values: Values) -> dict[str, tuple[str, float]]:
    """The catalogue's name of a hyper-parameter → the code's name and the value."""
    meanings = {own: name for name, others in SYNONYMS.items() for own in others}
    found: dict[str, tuple[str, float]] = {}
    for own, value in values.items():
        name = own if own in SYNONYMS else meanings.get(own, own)
        found.setdefault(name, (own, value))
    return found
