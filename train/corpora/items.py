"""What a reader yields: a row's cells, or the reason why there is no row."""

from collections.abc import Iterator
from enum import StrEnum


class Reason(StrEnum):
    """Why a line or a row is left out, in the order in which the counts are shown."""

    UNDECODABLE = "undecodable"
    MALFORMED = "malformed"
    MISSING = "with a missing column"
    EMPTY = "empty"
    OVERLONG = "over-long"
    REPEATED = "repeated"
    BEYOND = "beyond --max-sentences"


# One cell: a sentence. Two: an anchor and its positive. Three: and a hard negative.
Cells = tuple[str, ...]
# The number of the line (of a data set: of the row), counted from 1, and what is in it.
Items = Iterator[tuple[int, Cells | Reason]]
