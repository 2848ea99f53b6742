"""One objective: its sheet, its verification, its heatmap, its line in the overview."""

import shlex
import sys
from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup

from derive.paradigm import Decomposition
from derive.printed import own_equality
from derive.printing.layout import Typesetter
from derive.printing.mathml import to_mathml
from reports.figures import heatmap_svg
from reports.heatmap import Heatmap, NoHeatmap
from reports.sections.caption import caption
from reports.sections.prose import typeset
from reports.sections.sheet import Part, sheet_parts
from reports.tables import csv_name
from verify.checks import CHECKS
from verify.report import LossReport

OWN_FORMULA = (
    "The numerical checks compare with the formula itself, in plain torch under autograd: there is "
    "no oracle of this loss. They check what is derived from the formula, not that it is the "
    "formula meant."
)


@dataclass(frozen=True)
class LossMaterial:
    """Everything computed about one objective. verification: None where it was not run; spec:
    what `--loss` was, if that is not its name."""

    decomposition: Decomposition
    verification: LossReport | None
    heatmap: Heatmap | NoHeatmap
    spec: str = ""

    @property
    def name(self) -> str:
        """What it is called on the page."""
        return self.heatmap.loss

    @property
    def command(self) -> str:
        """How it is verified from the command line."""
        return f"verify run --loss {shlex.quote(self.spec or self.name)}"


@dataclass(frozen=True)
class CheckRow:
    """A check, in words: name, what it does, its verdict, detail, wall time in seconds."""

    name: str
    what: Markup
    verdict: str
    detail: str
    seconds: str


@dataclass(frozen=True)
class Picture:
    """svg, alternative text inside; caption; the file with its values."""

    svg: Markup
    caption: Markup
    csv: str


@dataclass(frozen=True)
class LossSection:
    """What the template shows of one objective. command: verifies it; reference: what the checks
    compared with, where it is no oracle; verdict: a word, or "not run"; counts: how many checks
    came to which."""

    name: str
    command: str
    reference: str
    title: str
    differentiated: str
    dissipation: Markup
    ratio: Markup
    equality: str
    verdict: str
    counts: str
    parts: tuple[Part, ...]
    checks: tuple[CheckRow, ...]
    picture: Picture | None
    no_picture: Markup


def loss_section(material: LossMaterial) -> LossSection:
    """Pure: the same material gives the same section."""
    d, heatmap = material.decomposition, material.heatmap
    o, report = d.objective, material.verification
    setter = Typesetter(o.hyper)
    ratio = "undefined" if d.ratio is None else to_mathml(setter(d.ratio), display=False)
    picture, no_picture = _picture(heatmap)
    return LossSection(
        name=material.name,
        command=material.command,
        reference=OWN_FORMULA if report and report.reference == "formula" else "",
        title=o.title,
        differentiated="one anchor" if o.differentiated == "anchor" else "the batch",
        dissipation=Markup(to_mathml(setter(d.dissipation), display=False)),
        ratio=Markup(ratio),
        equality=own_equality(d).name,
        verdict=report.verdict.value if report else "not run",
        counts=_counts(report) if report else "",
        parts=sheet_parts(d),
        checks=check_rows(report) if report else (),
        picture=picture,
        no_picture=no_picture,
    )


def check_rows(report: LossReport) -> tuple[CheckRow, ...]:
    """The checks in the order they ran."""
    return tuple(
        CheckRow(x.check, _what(x.check), x.verdict.value, x.detail, f"{x.seconds:.2f}")
        for x in report.results
    )


def _counts(report: LossReport) -> str:
    """ "1 proved, 4 agreed"."""
    counts = Counter(x.verdict.value for x in report.results)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def _what(check: str) -> Markup:
    """The first line of the check's own description."""
    function = CHECKS.get(check)
    text = sys.modules[function.__module__].__doc__ if function else None
    return typeset((text or "").strip().split("\n")[0].rstrip("."))


def _picture(heatmap: Heatmap | NoHeatmap) -> tuple[Picture | None, Markup]:
    """The picture, or none and why."""
    if isinstance(heatmap, NoHeatmap):
        return None, typeset(heatmap.reason)
    picture = Picture(Markup(heatmap_svg(heatmap)), caption(heatmap), csv_name(heatmap))
    return picture, Markup()
