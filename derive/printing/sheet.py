"""What there is to say about one objective, as sections; renderers draw them."""

from collections.abc import Iterator
from dataclasses import dataclass

from derive.conditions import Equality
from derive.nodes import (
    H_PRIME,
    H,
    View,
)
from derive.objective import Objective
from derive.paradigm import Decomposition, revealed
from derive.printed import compare_printed, own_equality
from derive.printing.boxes import (
    MINUS,
    PLUS,
    SUM,
    UNEQUAL,
    Big,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Row,
    Script,
    equation,
    leaf,
    row,
    view_leaf,
)
from derive.printing.layout import Typesetter
from derive.printing.legend import at_free_indices, legend, named_intermediates


@dataclass(frozen=True)
class Formula:
    """A formula on lines of its own."""

    box: Box


@dataclass(frozen=True)
class Table:
    """Rows of equal length; the first is the heading, unless `heading` is False."""

    rows: tuple[tuple[str, ...], ...]
    heading: bool = True


Item = str | Formula | Table


@dataclass(frozen=True)
class Section:
    title: str
    items: tuple[Item, ...]


I_, J_ = leaf("i"), leaf("j")
GD, W, R, RHO = leaf("GD", r"\mathrm{GD}"), leaf("W"), leaf("R"), leaf("ρ", r"\rho")
REMAINDER = Leaf("remainder", r"\text{remainder}")


def build_sheet(d: Decomposition) -> tuple[Section, ...]:
    """Every section of `derive show`, in order."""
    sheet = _Sheet(d)
    sections = (
        Section("", tuple(sheet.heading())),
        Section("Objective", tuple(sheet.objective())),
        Section("Gradient", tuple(sheet.gradient())),
        Section("Dissipation, weight, ratio", tuple(sheet.split())),
        Section("Remainder", tuple(sheet.remainder())),
        Section("Equality", tuple(sheet.equality())),
        Section("Hyper-parameters", tuple(sheet.hyper())),
        Section("Notation", tuple(legend(d, sheet.set))),
    )
    return tuple(x for x in sections if x.items)


def scalar_name(objective: Objective) -> Box:
    """L_i, or L for a scalar of the batch."""
    return Script(leaf("L"), (I_,)) if objective.differentiated == "anchor" else leaf("L")


def paradigm_box(d: Decomposition) -> Box:
    """GD_i Σ_{j≠i} W_ij (n_j − R_i h'_i)."""
    views = list(d.weight)
    negative = Script(view_leaf(views[0]), (J_,)) if len(views) == 1 else Script(leaf("n"), (J_,))
    positive = Row((Script(R, (I_,)), leaf(" ", r"\,"), Script(view_leaf(H_PRIME), (I_,))))
    inner = Fenced("(", Row((negative, MINUS, positive)), ")")
    total = over_negatives(Row((Script(W, (I_, J_)), leaf(" ", r"\,"), inner)))
    return Row((Script(GD, (I_,)), leaf(" ", r"\,"), total))


def over_negatives(body: Box) -> Box:
    """Σ_{j≠i} of a body."""
    return Big(SUM, Row((J_, UNEQUAL, I_)), body)


class _Sheet:
    """The items of each section, for one decomposition."""

    def __init__(self, d: Decomposition):
        self.d = d
        self.set = Typesetter(d.objective.hyper)

    def heading(self) -> Iterator[Item]:
        o = self.d.objective
        yield f"{o.title}  [{o.name}]"
        what = (
            "one anchor's term L_i" if o.differentiated == "anchor" else "one scalar of the batch"
        )
        views = " and ".join(f"{view_leaf(v).text}_j" for v in self.d.weight)
        rows = [
            ("source", o.source),
            ("differentiated", f"{what}, by h_i"),
            ("training scalar", o.reduction),
            ("negatives", f"{views}, j ≠ i" if views else "none"),
            ("stop-gradients", o.stop_gradients),
        ]
        yield Table(tuple(rows), heading=False)
        yield from o.notes

    def objective(self) -> Iterator[Item]:
        formula = self.d.coefficients.formula
        yield Formula(equation(scalar_name(self.d.objective), self.set(formula)))
        shown = set()
        for definition in named_intermediates(formula):
            if definition.name not in shown:
                shown.add(definition.name)
                value = self.set(definition(*at_free_indices(definition)).value)
                name = self.set(definition(*at_free_indices(definition)))
                yield Formula(equation(name, value))

    def gradient(self) -> Iterator[Item]:
        c = self.d.coefficients
        yield Formula(equation(self._derivative(), self._sum_of_parts()))
        for view, push in c.push.items():
            yield Formula(equation(self._a(view), self.set(revealed(push))))
        yield Formula(equation(Script(leaf("b"), (I_,)), self.set(revealed(c.pull))))
        if c.radial != 0:
            yield Formula(equation(Script(RHO, (I_,)), self.set(self.d.radial)))

    def split(self) -> Iterator[Item]:
        d = self.d
        right: list[Box] = [paradigm_box(d), *self._rest()]
        yield Formula(equation(self._derivative(), Row(tuple(right))))
        yield Formula(equation(Script(GD, (I_,)), self.set(d.dissipation)))
        if d.no_gauge:
            yield f"No dissipation: {d.no_gauge}."
        for view, weight in d.weight.items():
            name = Script(W, (I_, J_)) if len(d.weight) == 1 else self._of(W, view)
            yield Formula(equation(name, self.set(weight)))
        if d.ratio is None:
            yield "R_i is undefined: the pushes sum to zero."
        else:
            yield Formula(equation(Script(R, (I_,)), self.set(d.ratio)))
        if d.ratio is not None and d.ratio.could_extract_minus_sign():
            yield "R_i is negative: the pushes sum to less than zero."

    def remainder(self) -> Iterator[Item]:
        if self.d.remainder:
            yield "Component a of the vector, by the summand it comes from:"
        for part in self.d.remainder:
            yield Formula(
                equation(leaf(part.summand, rf"\text{{{part.summand}}}"), self.set(part.component))
            )

    def equality(self) -> Iterator[Item]:
        yield "GD Σ W (n − R h') alone equals the gradient: " + _sense(own_equality(self.d))
        for comparison in compare_printed(self.d):
            yield f"The row printed in {comparison.row.source} equals it: " + _sense(
                comparison.equality
            )

    def hyper(self) -> Iterator[Item]:
        rows = [("", "name", "default", "domain", "meaning")]
        settings = self.d.coefficients.settings
        for x in self.d.objective.hyper:
            default = f"{x.default_text}"
            if x.name in settings:
                default = f"set {settings[x.name]}"
            rows.append((x.display, x.name, default, x.domain.describe(x.display), x.meaning))
        if len(rows) > 1:
            yield Table(tuple(rows))

    # ---- parts ----

    def _derivative(self) -> Box:
        scalar = scalar_name(self.d.objective)
        top = row(leaf("∂", r"\partial "), scalar)
        bottom = row(leaf("∂", r"\partial "), Script(view_leaf(H), (I_,)))
        return Fraction(top, bottom)

    def _a(self, view: View) -> Box:
        return Script(leaf("a"), (I_, J_)) if len(self.d.weight) == 1 else self._of(leaf("a"), view)

    def _of(self, symbol: Leaf, view: View) -> Box:
        mark = "'" if view.name.endswith("'") else ""
        return Script(symbol, (I_, leaf("j" + mark)))

    def _sum_of_parts(self) -> Box:
        parts: list[Box] = []
        for view in self.d.coefficients.push:
            parts += [PLUS] if parts else []
            term = (self._a(view), leaf(" ", r"\,"), Script(view_leaf(view), (J_,)))
            parts.append(over_negatives(Row(term)))
        pull = (Script(leaf("b"), (I_,)), leaf(" ", r"\,"), Script(view_leaf(H_PRIME), (I_,)))
        parts += [MINUS, Row(pull)]
        return Row((*parts, *self._rest()))

    def _rest(self) -> list[Box]:
        rest: list[Box] = []
        if self.d.coefficients.radial != 0:
            radial = (Script(RHO, (I_,)), leaf(" ", r"\,"), Script(view_leaf(H), (I_,)))
            rest += [PLUS, Row(radial)]
        return [*rest, PLUS, REMAINDER] if self.d.remainder else rest


def _sense(equality: Equality) -> str:
    if not equality.holds:
        return "undecided (no set of the known conditions was found to suffice)."
    sense = {"ambient": "as vectors", "tangent": "up to a multiple of h_i (tangent)"}[
        equality.sense
    ]
    if not equality.conditions:
        return f"{sense}{' (ambient)' if equality.sense == 'ambient' else ''}, always."
    given = "; ".join(f"({n}) {x.statement}" for n, x in enumerate(equality.conditions, 1))
    return f"{sense}, on condition that {given}."


def render_sheet(d: Decomposition, *, format: str, steps: bool) -> str:
    """The sheet as text or LaTeX; steps: the derivation, rule by rule, before the result."""
    sections = build_sheet(d)
    if steps:
        from derive.printing.steps import derivation

        sections = (*sections[:2], derivation(d), *sections[2:])
    if format == "latex":
        from derive.printing.document import as_latex

        return as_latex(sections)
    from derive.printing.document import as_text

    return as_text(sections)
