"""Can the loss be negative? Proved not, by the signs of its parts, or shown by a point."""

from derive.properties.masks import NONNEGATIVE, PLUS, within
from derive.properties.points import exact_batches, training_value
from derive.properties.result import SAMPLED, Property
from derive.properties.samples import BATCHES, SEED, SIZES, batches
from derive.properties.subject import Subject
from derive.verdict import Verdict

TOPIC, NAME = "Values", "negative"
_CLEARLY = -1e-20  # at 50 digits
_WORTH = -1e-6  # in floats: worth a second look


def negative_property(s: Subject) -> Property:
    """Whether L_i (or L) can be below zero."""
    scalar = "L_i" if s.anchored else "L"
    sign = s.signs(s.formula)
    if within(sign, NONNEGATIVE):
        relation = ">" if sign == PLUS else "≥"
        ground = (
            "its terms are: logarithms of 1 + a positive number, hinges, squares, sums of those"
        )
        statement = f"{scalar} {relation} 0 for every batch."
        return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, "no")
    settings = {x.symbol: s.sampler.symbolic[x.name] for x in s.objective.hyper}
    if within(s.signs(s.formula.xreplace(settings)), NONNEGATIVE):
        ground = "its terms are, for these settings"
        statement = f"{scalar} ≥ 0 for every batch with {s.sampler.text()}."
        return Property(TOPIC, NAME, statement, Verdict.PROVED, ground, "no, for the settings")
    point = _point(s) or _drawn(s)
    if point is not None:
        return Property(
            TOPIC, NAME, f"{scalar} can be negative.", Verdict.PROVED, f"a point: {point}", "yes"
        )
    found = [training_value(s.objective, s.formula, x) for x in batches(s)]
    least = min((x for x in found if x is not None), default=None)
    if least is None:
        reason = "the loss has no value at any of the batches that were drawn"
        return Property(TOPIC, NAME, "Its sign is not known.", Verdict.UNDECIDED, reason)
    ground = f"{BATCHES} drawn batches, (N, D) in {SIZES}, seed {SEED}; no proof"
    statement = f"the least value that was met is {least:.4g}."
    return Property(TOPIC, NAME, statement, SAMPLED, ground, "yes" if least < 0 else "not met")


def _drawn(s: Subject) -> str | None:
    """A drawn batch at which the loss is negative with 50 digits too."""
    for at, floats in enumerate(batches(s)):
        found = training_value(s.objective, s.formula, floats)
        if found is not None and found < _WORTH:
            value = training_value(s.objective, s.formula, s.sampler.in_digits(floats))
            if value is not None and value < _CLEARLY:
                settings = s.sampler.settings_text(floats.n, floats.d)
                of = f"batch {at + 1} of those drawn with seed {SEED}, with 50 digits"
                return f"{settings}, {of}: {float(value):.6g}"
    return None


def _point(s: Subject) -> str | None:
    """The first of the small exact batches at which the loss is negative, with 50 digits."""
    for n in (2, 3, 4):
        for batch in exact_batches(n, unit=s.unit):
            found = training_value(s.objective, s.formula, s.sampler.exact_point(batch))
            if found is not None and found < _CLEARLY:
                mean = "the mean of L_i" if s.anchored else "L"
                settings = s.sampler.settings_text(n, len(batch.h[0]))
                return f"{settings}, {batch.text()}: {mean} = {float(found):.6g}"
    return None
