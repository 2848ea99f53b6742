"""What a page says of one loss: computed in a process of its own, kept as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from derive.conservation import ConservativeResult, examine
from derive.nodes import Step
from derive.objective import Objective
from derive.paradigm import Decomposition, decompose
from derive.printing.layout import Typesetter
from derive.printing.mathml import to_mathml
from derive.printing.sections import Section, Table
from derive.printing.sheet import build_sheet
from derive.properties import properties
from derive.properties.by_convention import CONVENTION
from derive.properties.result import Property
from derive.sources import find
from derive.verdict import Verdict
from reports.atlas.code import standalone_code, usage
from reports.atlas.folded import SPLIT, Part, folded, words_of
from reports.atlas.fragments import lean, section_html
from reports.atlas.limits import limit_rows
from reports.atlas.plots import plot_section
from reports.sections.prose import typeset
from reports.sections.sheet import as_part


@dataclass(frozen=True)
class Facts:
    """Of one loss, as text and HTML.

    gate: "hard" (GD can be exactly 0), "soft", "none" (the push is free of the positive: GD is 1)
    or "convention" (GD is set to 1); scalar: whether its field is the gradient of one, "yes",
    "no", "at the defaults" or "undecided"; words: for GD, W and R what is known in sentences;
    parts: of the sheet, by title; plot: (HTML, script, why none).
    """

    title: str
    source: str
    stated: tuple[tuple[str, str], ...]
    pool: str
    gate: str
    scalar: str
    dissipation: str
    ratio: str
    words: tuple[Part, ...]
    formula: str
    split: str
    notes: tuple[str, ...]
    hyper: str
    limits: tuple[Part, ...]
    open: tuple[str, ...]
    parts: tuple[Part, ...]
    plot: tuple[str, str, str]
    usage: str
    standalone: str

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> "Facts":
        """As `dataclasses.asdict` and JSON left it."""
        fields: dict[str, Any] = {
            name: tuple(tuple(x) if isinstance(x, list) else x for x in value)
            if isinstance(value, list)
            else value
            for name, value in data.items()
        }
        for name in ("words", "limits", "parts"):
            fields[name] = tuple(Part(**x) for x in data[name])
        return cls(**fields)


def facts_of(spec: str, typed: str) -> Facts:
    """Derive a loss and say everything that its page does. spec: what `--loss` takes; typed: the
    same in the code to copy."""
    d = decompose(find(spec))
    o, known = d.objective, properties(d)
    sections = {x.title: x for x in build_sheet(d)}
    plot = plot_section(d)
    setter = Typesetter(o.hyper)
    answer = examine(d.coefficients)
    return Facts(
        title=o.title,
        source=o.source,
        stated=tuple(_stated(o, d)),
        pool=o.pool,
        gate=gate_of(d, known.entries),
        scalar=scalar_of(answer),
        dissipation=lean(to_mathml(setter(d.dissipation), display=False)),
        ratio="" if d.ratio is None else lean(to_mathml(setter(d.ratio), display=False)),
        words=tuple(words_of(known.entries)),
        formula=section_html(as_part(sections["Objective"])),
        split=section_html(as_part(sections[SPLIT])) if SPLIT in sections else "",
        notes=tuple(_notes(d)),
        hyper=_hyper(sections.get("Hyper-parameters")),
        limits=tuple(Part(*x) for x in limit_rows(o)),
        open=tuple(str(typeset(f"{x.statement} [{x.evidence}]")) for x in known.open),
        parts=tuple(folded(sections, known.entries, answer)),
        plot=(str(plot.html), plot.script, plot.reason),
        usage=usage(o, typed),
        standalone=standalone_code(d),
    )


def _stated(o: Objective, d: Decomposition) -> Iterator[tuple[str, str]]:
    """The specification, as (label, HTML)."""
    what = "one anchor's term L_i" if o.differentiated == "anchor" else "one scalar of the batch L"
    yield "differentiated", str(typeset(f"{what}, by the anchor {o.anchor}_i"))
    yield "training scalar", str(typeset(o.reduction))
    views = " and ".join(f"{v}_j" for v in d.weight)
    yield "negatives", str(typeset(f"{o.pool}: {views}, j ≠ i" if views else "none"))
    yield "embeddings", "unit vectors" if o.embeddings == "unit" else "raw, of any norm"
    yield "stop-gradients", str(typeset(o.stop_gradients))
    if o.inputs:
        yield "further inputs", str(escape(", ".join(o.inputs)))
    for name, values in o.presets.items():
        text = ", ".join(f"{x} = {value}" for x, value in values.items())
        yield f"preset {name}", str(escape(text))


def _hyper(section: Section | None) -> str:
    """The table, with a heading over every column; empty where there are none."""
    if section is None:
        return ""
    table, *rest = section.items
    assert isinstance(table, Table)
    named = Table((("symbol", *table.rows[0][1:]), *table.rows[1:]), table.heading)
    return section_html(as_part(Section("", (named, *rest))))


def gate_of(d: Decomposition, entries: Sequence[Property]) -> str:
    """hard: GD_i holds a step, so that it can be exactly 0; none or convention: it is 1; else soft.

    Other indicators (of equal labels, of the hardest) choose negatives, and gate nothing.
    """
    if d.dissipation == 1:
        answers = {x.answer for x in entries if x.name == "dissipation_range"}
        return "convention" if CONVENTION in answers else "none"
    return "hard" if d.dissipation.atoms(Step) else "soft"


def scalar_of(answer: ConservativeResult) -> str:
    """Of all anchors together."""
    if answer.verdict is Verdict.PROVED:
        return "yes"
    if answer.verdict is Verdict.UNDECIDED:
        return "undecided"
    defaults = answer.at_defaults
    held = defaults is not None and defaults.verdict is Verdict.PROVED
    return "at the defaults" if held else "no"


def _notes(d: Decomposition) -> Iterator[str]:
    o = d.objective
    if o.differentiated == "anchor" and o.anchor in d.coefficients.push:
        yield str(
            typeset(
                "In the training scalar h_i is also a negative h_j of the other anchors. That part "
                "of its gradient flows too; the fast objective has it, the derivative of L_i by "
                "h_i does not."
            )
        )
    yield from (str(typeset(x)) for x in o.notes)
    if d.ratio_condition:
        yield str(typeset(f"W and R exist where {d.ratio_condition}."))
