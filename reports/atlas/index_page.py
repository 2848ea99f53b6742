"""The page that lists every loss, with search and filters."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.atlas.families import aliases_of, families
from reports.atlas.loss_page import Entry
from reports.atlas.shell import shell

_VERIFIED = {"proved": "yes", "agreed": "yes", "refuted": "no", "undecided": "undecided"}


@dataclass(frozen=True)
class Filter:
    """A choice of one value: key in the page's address, label, the values that occur."""

    key: str
    label: str
    values: tuple[tuple[str, str], ...]


def index_page(entries: Sequence[Entry]) -> str:
    """The page as HTML; pure."""
    by_name = {x.name: x for x in entries}
    groups = {
        family: [by_name[name] for name in members]
        for family, members in families([x.name for x in entries]).items()
    }
    return shell(
        "atlas/index.html.jinja",
        page="index.html",
        title="Atlas of losses",
        groups=groups,
        filters=filters(entries),
        marks=marks,
        searched=searched,
        count=len(entries),
    )


def marks(entry: Entry) -> dict[str, str]:
    """What the filters look at."""
    return {
        "family": entry.family,
        "pool": entry.facts.pool,
        "gate": entry.facts.gate,
        "scalar": entry.facts.scalar,
        "verified": _VERIFIED[entry.report.verdict.value],
    }


def searched(entry: Entry) -> str:
    """What the search looks at, in small letters."""
    facts = entry.facts
    words = (entry.name, entry.name.replace("_", " "), facts.title, facts.source)
    return " · ".join([*words, *aliases_of(entry.name)]).lower()


_LABELS = {
    "family": "Family",
    "pool": "Negatives",
    "gate": "Dissipation",
    "scalar": "Gradient of a scalar",
    "verified": "Verified",
}
_GATES = {
    "hard": "hard gate",
    "soft": "soft",
    "none": "none (GD = 1)",
    "convention": "1 by convention",
}


def filters(entries: Sequence[Entry]) -> list[Filter]:
    """One a mark, with the values that occur, in the order of the site."""
    found = []
    for key, label in _LABELS.items():
        values = dict.fromkeys(marks(x)[key] for x in entries)
        shown = tuple((x, _GATES.get(x, x) if key == "gate" else x) for x in values)
        found.append(Filter(key, label, shown))
    return found
