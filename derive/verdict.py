"""Three answers, and the one that numbers can give."""

from enum import Enum


class Verdict(Enum):
    """What a check found. `UNDECIDED` is never a pass."""

    PROVED = "proved"  # by algebra, for symbolic N and D
    AGREED = "agreed"  # numerically, at every point tried
    REFUTED = "refuted"  # a point shows the difference
    UNDECIDED = "undecided"

    @property
    def passed(self) -> bool:
        return self in (Verdict.PROVED, Verdict.AGREED)
