"""The sentences: Wikipedia's, or made ones of the same lengths."""

import os
from math import log
from pathlib import Path
from random import Random
from string import ascii_lowercase

FILE = "wikipedia_en_100k.txt"
# Of the words a sentence of that file has: e to the mean of their logarithm, and its deviation.
MIDDLE, SPREAD = 18, 0.46


def texts(count: int) -> tuple[list[str], str]:
    """Distinct sentences in a fixed random order, and what they are."""
    folder = os.environ.get("CONTRAGRAD_DATA")
    if folder and Path(folder, FILE).is_file():
        lines = Path(folder, FILE).read_text(encoding="utf-8").splitlines()
        found = list(dict.fromkeys(x.strip() for x in lines if x.strip()))
        Random(0).shuffle(found)
        return found[:count], f"sentences of {FILE}"
    return made(count), "made sentences of the lengths that Wikipedia's have"


def made(count: int) -> list[str]:
    """Random words, as many a sentence as a log-normal number."""
    random = Random(0)
    words = ["".join(random.choices(ascii_lowercase, k=random.randint(2, 7))) for _ in range(4000)]
    lengths = (max(3, round(random.lognormvariate(log(MIDDLE), SPREAD))) for _ in range(count))
    return [" ".join(random.choices(words, k=length)) for length in lengths]
