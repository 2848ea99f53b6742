"""The page of one loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.atlas.bench import Benchmarks
from reports.atlas.claims import Shown
from reports.atlas.facts import Facts
from reports.atlas.families import family_of
from reports.atlas.relations import Relation, relations_of
from reports.atlas.shell import shell
from reports.sections.loss import OWN_FORMULA, check_rows
from reports.sections.prose import typeset
from verify.report import LossReport

GATES = {
    "hard": "hard gate: the gradient can be exactly 0",
    "soft": "soft gate: the gradient fades as the positive gets near",
    "none": "no gate: GD = 1",
    "convention": "GD = 1 by convention",
}
SCALARS = {
    "yes": "the gradient of a scalar",
    "no": "the gradient of no scalar",
    "at the defaults": "the gradient of a scalar at the defaults alone",
    "undecided": "undecided whether it is the gradient of a scalar",
}


@dataclass(frozen=True)
class Entry:
    """What was computed of one loss alone. name: on the site; spec: what was given with
    `--loss`."""

    name: str
    spec: str
    facts: Facts
    report: LossReport

    @property
    def family(self) -> str:
        return family_of(self.name)


@dataclass(frozen=True)
class Around:
    """What the pages of a site share: names in order, relations, who was compared, claims,
    benchmarks, the settings of the verification; commands: name → what a command line takes."""

    names: Sequence[str]
    relations: Sequence[Relation]
    compared: Sequence[tuple[str, str]]
    claims: Sequence[Shown]
    benchmarks: Benchmarks
    examples: int
    seed: int
    titles: Mapping[str, str]
    commands: Mapping[str, str]


def loss_page(entry: Entry, around: Around) -> str:
    """The page as HTML; pure."""
    name, facts = entry.name, entry.facts
    related = relations_of(name, around.relations)
    others = [b if a == name else a for a, b in around.compared if name in (a, b)]
    known = {other for other, _ in related}
    html, script, reason = facts.plot
    at = list(around.names).index(name)
    return shell(
        "atlas/loss.html.jinja",
        depth=1,
        title=f"{facts.title}: its gradient",
        name=name,
        entry=entry,
        facts=facts,
        gate=GATES[facts.gate],
        scalar=SCALARS[facts.scalar],
        checks=check_rows(entry.report),
        own_formula=OWN_FORMULA if entry.report.reference == "formula" else "",
        plot=Markup(html),
        script=Markup(script),
        no_plot=typeset(reason),
        related=related,
        unrelated=[x for x in others if x not in known],
        claims=[x for x in around.claims if name in x.losses],
        timings=around.benchmarks.timings.get(name, ()),
        around=around,
        previous=around.names[at - 1] if at else "",
        following=around.names[at + 1] if at + 1 < len(around.names) else "",
    )
