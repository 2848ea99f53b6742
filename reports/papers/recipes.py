"""Which published runs (`train recipes`) a figure or table is drawn from."""

from collections.abc import Sequence

# The losses before their modification, with BERT: of Table 5 only what Tables 3 and 4 print, too.
_BEFORE = tuple(f"001-table-5-{x}$" for x in ("mhe", "mhs", "barlow_twins", "vicreg"))
# Prefixes of recipe names; with a $ at the end, a whole name. The runs of one figure often serve
# another.
PREFIXES: dict[str, Sequence[str]] = {
    "001-figure-1": ("001-table-5", "001-table-3-before", "001-table-6", "001-table-7"),
    "001-figure-5": ("001-figure-5",),
    "001-figure-6": ("001-figure-6",),
    "001-figure-7": ("001-figure-7",),
    "001-figure-8": ("001-figure-8",),
    "001-figure-9": ("001-figure-9",),
    "001-table-3": ("001-table-3", *_BEFORE, "001-table-6", "001-table-7"),
    "001-table-4": ("001-table-3", *_BEFORE, "001-table-6", "001-table-7"),
    "001-table-5": ("001-table-5", "001-table-6"),
    "001-table-6": ("001-table-6",),
    "001-table-7": ("001-table-7",),
    "002-uniformity-tolerance": ("001-figure-6-tau",),
    "003-figure-1": ("003-table-2",),
    "003-figure-3": ("003-figure-3", "003-table-2"),
    "003-table-1": ("003-table-2", "001-table-3-mpt-roberta$", "001-table-3-met-roberta$"),
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
    """The names of all recipes that one of the prefixes means, in the order of the recipes."""
    from train.recipes import names

    return tuple(x for x in names() if any(_meant(x, p) for p in prefixes))


def _meant(recipe: str, prefix: str) -> bool:
    if prefix.endswith("$"):
        return recipe == prefix[:-1]
    return recipe == prefix or recipe.startswith(f"{prefix}-")
