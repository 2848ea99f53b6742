"""What there is to say about one objective, as sections; renderers draw them."""

from collections.abc import Callable, Iterator

from sympy import Expr

from derive.conditions import Equality
from derive.nodes import NEGATIVE, SampleIndex
from derive.paradigm import Decomposition, revealed
from derive.printed import compare_printed, own_equality
from derive.printing.boxes import (
    MINUS,
    PLUS,
    SUM,
    UNEQUAL,
    Big,
    Box,
    Fraction,
    Row,
    Script,
    equation,
    leaf,
    row,
    view_leaf,
)
from derive.printing.layout import Typesetter
from derive.printing.legend import (
    at_free_indices,
    legend,
    named_intermediates,
    once_a_statistic,
)
from derive.printing.parts import (
    GD,
    I_,
    J_,
    K_,
    REMAINDER,
    RHO,
    THIN,
    A,
    R,
    W,
    of_negative,
    of_other,
    over_negatives,
    paradigm_box,
    scalar_name,
    why_undefined,
)
from derive.printing.sections import Formula, Item, Section, Table
from derive.printing.steps import derivation
from derive.printing.text import inline
from derive.simplify import is_nonnegative, one_fraction

_K = SampleIndex("k")
__all__ = ["Formula", "Item", "Section", "Table", "build_sheet", "render_sheet"]


Extra = Callable[[Typesetter], tuple[Section, ...]]


def build_sheet(
    d: Decomposition, *, steps: bool = False, extra: Extra = lambda _: ()
) -> tuple[Section, ...]:
    """Every section of `derive show`, in order; steps: with the derivation, rule by rule; extra:
    more sections, set with the sheet's notation."""
    sheet = _Sheet(d)
    sections = (
        Section("", tuple(sheet.heading())),
        Section("Objective", tuple(sheet.objective())),
        Section("Derivation", tuple(derivation(d, sheet.set)) if steps else ()),
        Section("Gradient", tuple(sheet.gradient())),
        Section("Dissipation, weight, ratio", tuple(sheet.split())),
        Section("Remainder", tuple(sheet.remainder())),
        Section("Equality", tuple(sheet.equality())),
        *extra(sheet.set),
        Section("Hyper-parameters", tuple(sheet.hyper())),
        # last: it lists what the others used
        Section("Notation", tuple(legend(sheet.set, d.objective))),
    )
    return tuple(x for x in sections if x.items)


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
            ("differentiated", f"{what}, by {view_leaf(o.anchor).text}_i"),
            ("training scalar", o.reduction),
            ("negatives", f"{views}, j ≠ i" if views else "none"),
            ("stop-gradients", o.stop_gradients),
        ]
        if o.inputs:
            rows.append(("further inputs", ", ".join(o.inputs)))
        yield Table(tuple(rows), heading=False)
        if o.differentiated == "anchor" and o.anchor in self.d.coefficients.push:
            yield (
                "In the training scalar h_i is also a negative h_j of the other anchors. That "
                "part of its gradient flows too; the fast objective has it, this sheet "
                "(∂L_i/∂h_i) does not."
            )
        yield from o.notes

    def objective(self) -> Iterator[Item]:
        formula = self.d.coefficients.formula
        yield Formula(equation(scalar_name(self.d.objective), self.set(formula)))
        for definition in once_a_statistic(named_intermediates(formula), self.set):
            named = definition(*at_free_indices(definition))
            yield Formula(equation(self.set(named), self.set(named.value)))

    def gradient(self) -> Iterator[Item]:
        c = self.d.coefficients
        yield Formula(equation(self._derivative(), self._sum_of_parts()))
        for view, push in c.push.items():
            yield Formula(equation(of_negative(A, view, self.d), self.set(revealed(push))))
        yield from self._pull()
        if c.radial != 0:
            yield Formula(equation(Script(RHO, (I_,)), self.set(self.d.radial)))

    def split(self) -> Iterator[Item]:
        d = self.d
        if len(d.weight) > 1:
            self.set.notation.used.add("n_j")
        if d.weight:
            right: list[Box] = [paradigm_box(d), *self._rest()]
            yield Formula(equation(self._derivative(), Row(tuple(right))))
        yield Formula(equation(Script(GD, (I_,)), self.set(d.dissipation)))
        if d.no_gauge:
            yield f"No dissipation: {d.no_gauge}."
        for view, weight in d.weight.items():
            yield Formula(equation(of_negative(W, view, d), self.set(weight)))
        if d.ratio is None:
            yield f"R_i is undefined: {why_undefined(d)}."
        else:
            yield from self._ratio(d.ratio)
        yield from self._totals()

    def _ratio(self, ratio: Expr) -> Iterator[Item]:
        d = self.d
        if d.ratio_diagonal == 0:
            yield Formula(equation(Script(R, (I_,)), self.set(ratio)))
        else:
            yield "R_i is a diagonal matrix; its entry a is"
            yield Formula(
                equation(Script(R, (I_, A)), self.set(one_fraction(ratio + d.ratio_diagonal)))
            )
        for view, other in d.ratios.items():
            yield Formula(equation(of_other(R, view), self.set(other.xreplace({NEGATIVE: _K}))))
        if d.ratio_diagonal == 0 and ratio != 0 and is_nonnegative(-ratio):
            yield "R_i is never positive."

    def _totals(self) -> Iterator[Item]:
        """A_i and V_i, where they stand by name in GD, W and R."""
        totals = self.d.totals
        if totals:
            names = [inline(self.set(x)) for x in totals]
            yield (
                f"{names[0]} is the sum of all pushes, {names[1]} of what is left of them without "
                "the positive:"
            )
        for total in totals:
            yield Formula(equation(self.set(total), self.set(total.value)))

    def _pull(self) -> Iterator[Item]:
        c = self.d.coefficients
        if not self._pulls:
            yield "b_i = 0: no multiple of the positive is in it."
        elif c.diagonal == 0:
            yield Formula(equation(Script(leaf("b"), (I_,)), self.set(revealed(c.pull))))
        else:
            yield "b_i is a diagonal matrix; its entry a is"
            entry = one_fraction(revealed(c.pull) + c.diagonal)
            yield Formula(equation(Script(leaf("b"), (I_, A)), self.set(entry)))
        for view, pull in c.positives.items():
            at = revealed(pull).xreplace({NEGATIVE: _K})
            yield Formula(equation(of_other(leaf("b"), view), self.set(at)))

    def remainder(self) -> Iterator[Item]:
        if self.d.remainder:
            yield "Component a of the vector, by the summand it comes from:"
        for part in self.d.remainder:
            yield Formula(
                equation(leaf(part.summand, rf"\text{{{part.summand}}}"), self.set(part.component))
            )

    def equality(self) -> Iterator[Item]:
        if not self.d.weight:
            yield "Without negatives there is no GD Σ W (n − R h') to compare with the gradient."
            return
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
        for name, values in self.d.objective.presets.items():
            chosen = ", ".join(f"{x} = {value}" for x, value in values.items())
            yield f"--preset {name}: {chosen}."

    # ---- parts ----

    def _derivative(self) -> Box:
        scalar = scalar_name(self.d.objective)
        top = row(leaf("∂", r"\partial "), scalar)
        bottom = row(leaf("∂", r"\partial "), Script(view_leaf(self.d.objective.anchor), (I_,)))
        return Fraction(top, bottom)

    def _sum_of_parts(self) -> Box:
        parts: list[Box] = []
        for view in self.d.coefficients.push:
            parts += [PLUS] if parts else []
            term = (of_negative(A, view, self.d), THIN, Script(view_leaf(view), (J_,)))
            parts.append(over_negatives(Row(term)))
        positive = Script(view_leaf(self.d.objective.positive), (I_,))
        if self._pulls:
            parts += [MINUS, Row((Script(leaf("b"), (I_,)), THIN, positive))]
        for view in self.d.coefficients.positives:
            term = (of_other(leaf("b"), view), THIN, Script(view_leaf(view), (K_,)))
            parts += [MINUS, Big(SUM, Row((K_, UNEQUAL, I_)), Row(term))]
        rest = self._rest()
        return Row((*parts, *(rest if parts else rest[1:])))

    @property
    def _pulls(self) -> bool:
        c = self.d.coefficients
        return bool(c.pull != 0 or c.diagonal != 0)

    def _rest(self) -> list[Box]:
        rest: list[Box] = []
        if self.d.coefficients.radial != 0:
            own = Script(view_leaf(self.d.objective.anchor), (I_,))
            radial = (Script(RHO, (I_,)), THIN, own)
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
    sections = build_sheet(d, steps=steps)
    if format == "latex":
        from derive.printing.document import as_latex

        return as_latex(sections)
    from derive.printing.document import as_text

    return as_text(sections)
