"""The page: computed and read first, then laid out, then written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from derive.api import decompose
from derive.objective import Objective
from derive.objectives import names
from derive.sources import find
from derive.verdict import Verdict
from reports.errors import ReportError
from reports.heatmap import Heatmap, Settings, dissipation_heatmap
from reports.runs import Run, read_run
from reports.sections.loss import LossMaterial, loss_section
from reports.sections.runs import run_section
from reports.tables import csv_name, heatmap_csv
from reports.templating import render as render_template
from reports.writing import PACKAGES, installed, make_folder, write_text
from train.identity import label
from verify.inputs import check_inputs
from verify.ladder import verify_loss

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Request:
    """What to build. losses: what `--loss` takes, the catalogue if empty; runs: folders;
    examples: of each property test, None to leave verification out."""

    losses: Sequence[str] = ()
    runs: Sequence[Path] = ()
    heatmap: Settings = field(default_factory=Settings)
    examples: int | None = 20

    def __post_init__(self) -> None:
        if self.examples is not None and self.examples < 1:
            raise ReportError(
                f"--examples {self.examples}: without examples nothing is shown. Give at least 1, "
                "or leave the verification out with --no-verify."
            )


@dataclass(frozen=True)
class Material:
    """Everything the page shows, computed and read."""

    request: Request
    losses: tuple[LossMaterial, ...]
    runs: tuple[Run, ...]


def build(request: Request, out: Path, progress: Progress | None = None) -> tuple[Path, Material]:
    """Write `out`/index.html and a CSV a heatmap; where the page is, and what it shows.

    progress: told (what is being done, losses done, losses) before each piece of work.
    Raises `ContragradError`s: an unknown loss, a folder that is no run, a place one cannot write.
    """
    tell = progress or (lambda what, done, of: None)
    chosen = list(dict.fromkeys(request.losses)) or names()
    objectives = {spec: find(spec) for spec in chosen}
    for objective in objectives.values():
        check_inputs(objective)
    runs = tuple(read_run(path) for path in request.runs)
    make_folder(out)  # what bad input makes fail fails before the long part
    losses = []
    for place, (spec, name) in enumerate(_names(objectives).items()):
        part = partial(_tell_part, tell, name, place, len(chosen))
        losses.append(compute(spec, name, request, part))
    tell("the page", len(chosen), len(chosen))
    material = Material(request, tuple(losses), runs)
    for loss in losses:
        if isinstance(loss.heatmap, Heatmap):
            write_text(out / csv_name(loss.heatmap), heatmap_csv(loss.heatmap))
    page = out / "index.html"
    write_text(page, render(material))
    return page, material


def _tell_part(tell: Progress, name: str, done: int, of: int, what: str) -> None:
    tell(f"{name}: {what}", done, of)


def _names(objectives: Mapping[str, Objective]) -> dict[str, str]:
    """What each loss is called on the page, fit for an anchor and a file: its name, numbered where
    two files have one of the same."""
    names: dict[str, str] = {}
    for spec, objective in objectives.items():
        own, number = label(objective), 1
        while (name := own if number == 1 else f"{own}-{number}") in names.values():
            number += 1
        names[spec] = name
    return names


def compute(spec: str, name: str, request: Request, tell: Callable[[str], None]) -> LossMaterial:
    """Derive, verify and evaluate one objective. spec: what `--loss` was; name: on the page."""
    tell("deriving")
    d = decompose(spec)
    report = None
    if request.examples is not None:
        report = verify_loss(
            spec,
            examples=request.examples,
            seed=request.heatmap.seed,
            progress=lambda _, check: tell(f"verifying, {check}"),
        )
    tell("heatmap")
    heatmap = replace(dissipation_heatmap(d, request.heatmap), loss=name)
    return LossMaterial(d, report, heatmap, spec)


def render(material: Material) -> str:
    """The page as HTML; pure."""
    return render_template(
        "page.html.jinja",
        losses=[loss_section(x) for x in material.losses],
        runs=[run_section(x, number) for number, x in enumerate(material.runs, 1)],
        meanings=MEANINGS,
        examples=material.request.examples,
        seed=material.request.heatmap.seed,
        versions=[(name, installed(name)) for name in PACKAGES],
    )


MEANINGS = {
    Verdict.PROVED.value: "by algebra, for symbolic N and D",
    Verdict.AGREED.value: "numerically, at every point tried",
    Verdict.REFUTED.value: "a point shows the difference",
    Verdict.UNDECIDED.value: "neither shown nor refuted: never a pass",
}
