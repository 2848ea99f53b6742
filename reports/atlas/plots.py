"""The interactive plot of a loss's page: its markup, and the loss as JavaScript.

The widget itself is static/atlas.js; it draws what the generated program computes of anchor 0 of
a small batch that the page makes.
"""

import json
from dataclasses import dataclass

from markupsafe import Markup

from derive.errors import LoweringError
from derive.hyper import Hyper
from derive.paradigm import Decomposition
from reports.atlas.javascript.batch import EXTRAS, FEATURES, SAMPLES, defaults, described, inputs
from reports.atlas.javascript.batch import scale as range_of
from reports.atlas.javascript.program import program
from reports.sections.prose import typeset
from reports.templating import render

_LOSSES = "((globalThis.contragrad??={}).losses??={})"  # before atlas.js or after it


@dataclass(frozen=True)
class PlotSection:
    """html: the widget's markup; script: the loss, which registers itself under its name with
    `contragrad.losses`, before or after static/atlas.js; reason: why there is no plot, a sentence
    (then both are empty)."""

    html: Markup
    script: str
    reason: str = ""


@dataclass(frozen=True)
class Quantity:
    """One of the curves to choose: key in atlas.js, what is chosen, what the axis says, and why
    the loss has none of it (empty: it has)."""

    key: str
    choice: str
    axis: str
    reason: str = ""


def plot_section(d: Decomposition) -> PlotSection:
    """The plot of a loss: of every quantity against the angle of anchor 0 and its positive."""
    try:
        code = program(d)
    except LoweringError as error:
        return PlotSection(Markup(""), "", f"It is not computed in the page: {error}")
    shown = quantities(d)
    html = render(
        "atlas/plot.html.jinja",
        name=d.objective.name,
        title=d.objective.title,
        quantities=shown,
        notes=[typeset(x) for x in dict.fromkeys(x.reason for x in shown if x.reason)]
        + [typeset(x) for x in notes(d)],
        samples=SAMPLES,
        features=FEATURES,
    )
    return PlotSection(html, f"{_LOSSES}[{_json(d.objective.name)}]={_record(d, code)};\n")


def quantities(d: Decomposition) -> list[Quantity]:
    """What can be drawn, in the order of the choice; with why it is not drawn for this loss."""
    no_negatives = "" if d.coefficients.push else "There are no negatives, and so no pushes."
    no_ratio = "" if d.ratio is not None else "There is no R: the pushes sum to zero."
    of = "L_0" if d.objective.differentiated == "anchor" else "L, the scalar of the batch"
    return [
        Quantity("gd", "gradient dissipation GD", "GD_0", no_negatives),
        Quantity("ratio", "ratio R", "R_0", no_negatives or no_ratio),
        Quantity("push", "sum of the pushes Σ a", "Σ_j a_0j", no_negatives),
        Quantity("pull", "pull to the positive b", "b_0"),
        Quantity("pushes", "push on each negative a", "a_0j", no_negatives),
        Quantity("share", "share of the hardest negative", "max |W_0j| / Σ_j |W_0j|", no_negatives),
        Quantity("loss", "loss L", of),
    ]


def notes(d: Decomposition) -> list[str]:
    """What has to be known to read the curves."""
    said = []
    if d.no_gauge and d.coefficients.push:
        said.append(f"GD is 1 everywhere: {d.no_gauge}.")
    if d.ratio_condition:
        said.append(f"W and R exist where {d.ratio_condition}.")
    if d.coefficients.diagonal != 0:
        said.append("R and b are diagonal matrices: the mean of their entries is drawn.")
    if d.coefficients.positives:
        said.append("b is the pull to the other view of the anchor; further positives have theirs.")
    if d.objective.embeddings == "raw":
        said.append("The loss takes raw embeddings: the vectors have norm √D.")
    if described(d.objective):
        said.append(described(d.objective))
    return said


def _record(d: Decomposition, code: str) -> str:
    """The loss as atlas.js reads it."""
    fixed = d.coefficients.settings
    fields = {
        "raw": d.objective.embeddings == "raw",
        "M": EXTRAS,
        "inputs": inputs(d.objective),
        "hyper": [_slider(d, x) for x in d.objective.hyper if x.name not in fixed],
        "axes": {x.key: x.axis for x in quantities(d) if not x.reason},
        "condition": d.ratio_condition,
    }
    return f"{{...{_json(fields)},program:{code}}}"


def _slider(d: Decomposition, hyper: Hyper) -> dict[str, object]:
    value = defaults(d)[hyper.name]
    low, high, by_factors = range_of(hyper, value)
    return {
        "name": hyper.name,
        "label": hyper.display,
        "meaning": hyper.meaning,
        "value": value,
        "low": low,
        "high": high,
        "log": by_factors,
    }


def _json(x: object) -> str:
    """As a literal that can stand in a <script>."""
    return json.dumps(x, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
