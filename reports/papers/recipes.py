"""Which published runs (`train recipes`) a figure or table is drawn from."""

from collections.abc import Sequence

# Prefixes of recipe names. The runs behind one figure often serve another.
PREFIXES: dict[str, Sequence[str]] = {
    "001-figure-1": ("001-table-5", "001-table-3-before", "001-table-6", "001-table-7"),
    "001-figure-5": ("001-figure-5",),
    "001-figure-6": ("001-figure-6",),
    "001-figure-7": ("001-figure-7",),
    "001-figure-8": ("001-figure-8",),
    "001-figure-9": ("001-figure-9",),
    "001-table-3": ("001-table-3", "001-table-6", "001-table-7"),
    "001-table-4": ("001-table-3", "001-table-6", "001-table-7"),
    "001-table-5": ("001-table-5", "001-table-6"),
    "001-table-6": ("001-table-6",),
    "001-table-7": ("001-table-7",),
    "002-uniformity-tolerance": ("001-figure-6-tau",),
    "003-figure-1": ("003-table-2",),
    "003-figure-3": ("003-figure-3", "003-table-2"),
    "003-table-1": ("003-table-2",),
    "003-table-2": ("003-table-2",),
}

# Drawn from measurements on held-out text, which not all of the recipes ask for.
MEASURED = (
    "001-figure-5", "001-figure-7", "001-figure-8", "001-figure-9", "002-uniformity-tolerance",
    "003-figure-1", "003-figure-3",
)  # fmt: skip

# What of `train eval` an item shows beside the scores that a run has itself.
EVALUATED: dict[str, str] = {
    "001-figure-1": "sts",
    "001-table-3": "sts",
    "001-table-4": "transfer",
    "001-table-5": "sts",
    "002-uniformity-tolerance": "diagnostics",
    "003-figure-1": "sts",
    "003-figure-3": "sts,transfer",
    "003-table-1": "sts,transfer",
}


def drawn_from(item: str) -> Sequence[str]:
    """The prefixes of an item's recipes."""
    return PREFIXES[item]


def expanded(prefixes: Sequence[str]) -> tuple[str, ...]:
    """The names of all recipes that begin with one of the prefixes, in the order of the recipes."""
    from train.recipes import names

    return tuple(x for x in names() if any(x == p or x.startswith(f"{p}-") for p in prefixes))
