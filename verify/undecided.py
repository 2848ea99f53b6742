"""What verification is allowed to leave undecided, and why.

An entry is (loss, check) → the reason. `verify run` exits with 3 for anything undecided that is
not listed here; what is listed is still printed as undecided, never as a pass. Of the proof of the
identity, rung 1, at most MOST_UNPROVED losses may be listed.
"""

MOST_UNPROVED = 3

ALLOWED: dict[tuple[str, str], str] = {}


def is_allowed(loss: str, check: str) -> bool:
    """Whether this check of this loss may be undecided."""
    return (loss, check) in ALLOWED
