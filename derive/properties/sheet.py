"""All properties of a decomposition, as one result that prints itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from derive.paradigm import Decomposition
from derive.presentable import Presentable
from derive.printing.sections import Section, Table
from derive.properties.conjectures import conjecture_properties
from derive.properties.dissipation import dissipation_properties
from derive.properties.hardness import hardness_properties
from derive.properties.infimum import infimum_property
from derive.properties.invariance import invariance_properties
from derive.properties.negative import negative_property
from derive.properties.ratio import ratio_properties
from derive.properties.result import Property
from derive.properties.scale import scale_properties
from derive.properties.subject import Subject
from derive.properties.values import value_properties
from derive.properties.weight import weight_properties


@dataclass(frozen=True)
class Properties(Presentable):
    """The sheet of properties of a loss. entries: in the order of the sheet."""

    decomposition: Decomposition
    entries: tuple[Property, ...]

    def __getitem__(self, name: str) -> Property:
        """The property of that name. Raises `KeyError`."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise KeyError(name)

    @property
    def open(self) -> tuple[Property, ...]:
        """What is sampled or undecided: not proved, and not refuted."""
        return tuple(x for x in self.entries if x.status_text in ("sampled", "undecided"))

    def sections(self) -> tuple[Section, ...]:
        o = self.decomposition.objective
        return (Section("", (f"Properties of {o.title}  [{o.name}]",)), *property_sections(self))

    def data(self) -> dict[str, Any]:
        """`name`, and `properties`: for each its name, answer, statement, status and evidence;
        an exact value also as text, LaTeX and a form that SymPy reads."""
        o = self.decomposition.objective
        return {"name": o.name, "properties": [self._entry(x) for x in self.entries]}

    def _entry(self, x: Property) -> dict[str, Any]:
        data = {"topic": x.topic, **x.data()}
        if x.value is not None:
            from derive.printing.latex import to_latex
            from derive.printing.layout import Typesetter
            from derive.printing.standard import to_sympy_text
            from derive.printing.text import inline

            box = Typesetter(self.decomposition.objective.hyper)(x.value)
            data["value"] = {
                "text": inline(box),
                "latex": to_latex(box),
                "sympy": to_sympy_text(x.value),
            }
        return data


def properties(d: Decomposition) -> Properties:
    """Everything that is known of a loss from its formula and its components.

    Each entry is proved, refuted by a point, sampled (with sizes and seed) or undecided (with the
    reason). Takes up to a few seconds; needs no torch.
    """
    s = Subject(d)
    weights = weight_properties(s)
    found = (
        *dissipation_properties(s),
        *weights,
        *ratio_properties(s),
        *value_properties(s),
        infimum_property(s),
        negative_property(s),
        *invariance_properties(s),
        *scale_properties(s),
        *hardness_properties(s, weights),
    )
    return Properties(d, (*found, *conjecture_properties(s, found)))


def property_sections(sheet: Properties) -> tuple[Section, ...]:
    """One section a topic; each row gives the status, then the statement and its ground."""
    return tuple(_sections(sheet))


def _sections(sheet: Properties) -> Iterator[Section]:
    topics = dict.fromkeys(x.topic for x in sheet.entries)
    for topic in topics:
        rows = tuple(
            (x.status_text, f"{x.statement} [{x.evidence}]")
            for x in sheet.entries
            if x.topic == topic
        )
        yield Section(topic, (Table(rows, heading=False),))
