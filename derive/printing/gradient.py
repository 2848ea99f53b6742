"""A gradient by any embedding, for reading."""

from collections.abc import Iterator
from typing import Any

from derive.gradients import Gradient, Term
from derive.printing.boxes import (
    COMMA,
    MINUS,
    PLUS,
    SUM,
    UNEQUAL,
    Big,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Power,
    Row,
    Script,
    equation,
    leaf,
    number,
    row,
    view_leaf,
)
from derive.printing.latex import to_latex
from derive.printing.layout import Typesetter
from derive.printing.legend import at_free_indices, legend, named_intermediates, once_a_statistic
from derive.printing.parts import REMAINDER, THIN, scalar_name
from derive.printing.sections import Formula, Item, Section
from derive.printing.standard import to_sympy_text
from derive.printing.text import inline

_BY = {
    "anchor": "by the anchor",
    "positive": "by the positive",
    "negative": "by a negative, j ≠ i",
    "raw": "by the raw embedding x_i of h_i = x_i/‖x_i‖",
}


def gradient_sections(g: Gradient) -> tuple[Section, ...]:
    """Heading, objective, the linear combination, notation."""
    sheet = _Sheet(g)
    sections = (
        Section("", (f"{g.objective.title}  [{g.objective.name}]",)),
        Section("Objective", tuple(sheet.objective())),
        Section(f"Gradient {_BY[g.wrt]}", tuple(sheet.gradient())),
        Section("Remainder", tuple(sheet.remainder())),
        Section("Notation", tuple(legend(sheet.set, g.objective))),
    )
    return tuple(x for x in sections if x.items)


def gradient_data(g: Gradient) -> dict[str, Any]:
    """Every coefficient as text, LaTeX and SymPy's form."""
    sheet = _Sheet(g)

    def form(e: Any) -> dict[str, str]:
        box = sheet.set(e)
        return {"text": inline(box), "latex": to_latex(box), "sympy": to_sympy_text(e)}

    return {
        "name": g.objective.name,
        "wrt": g.wrt,
        "embedding": f"{g.view}_{g.index}",
        "terms": [
            {"of": f"{x.view}_{x.index}", "summed": x.summed, "coefficient": form(x.coefficient)}
            for x in g.terms
        ],
        "remainder": [form(x.component) | {"summand": x.summand} for x in g.remainder],
    }


class _Sheet:
    def __init__(self, g: Gradient):
        self.g = g
        self.set = Typesetter(g.objective.hyper)

    def objective(self) -> Iterator[Item]:
        formula = self.g.objective.formula(self.g.settings)
        yield Formula(equation(scalar_name(self.g.objective), self.set(formula)))
        for definition in once_a_statistic(named_intermediates(formula), self.set):
            named = definition(*at_free_indices(definition))
            yield Formula(equation(self.set(named), self.set(named.value)))

    def gradient(self) -> Iterator[Item]:
        g = self.g
        yield Formula(equation(self._derivative(), self._combination()))
        for n, term in enumerate(g.terms, 1):
            yield Formula(equation(_symbol(n), self.set(term.coefficient)))
        if g.wrt == "raw":
            yield (
                "The projection takes the component along h_i out of each embedding: what is left "
                "of v has the length sin of its angle with h_i."
            )
        if g.wrt == "negative" and g.objective.differentiated == "batch":
            yield (
                "In a scalar of the batch every sample is an anchor, a positive and a negative at "
                "once: this is the whole gradient by that embedding."
            )

    def remainder(self) -> Iterator[Item]:
        if self.g.remainder:
            yield "Component a of the vector, by the summand it comes from:"
        for part in self.g.remainder:
            name = leaf(part.summand, rf"\text{{{part.summand}}}")
            yield Formula(equation(name, self.set(part.component)))

    def _derivative(self) -> Box:
        g = self.g
        letter = leaf("x") if g.wrt == "raw" else view_leaf(g.view)
        partial = leaf("∂", r"\partial ")
        bottom = Script(letter, (leaf(str(g.index)),))
        return Fraction(row(partial, scalar_name(g.objective)), row(partial, bottom))

    def _combination(self) -> Box:
        parts: list[Box] = []
        for n, term in enumerate(self.g.terms, 1):
            parts += [PLUS] if parts else []
            parts.append(self._term(n, term))
        if self.g.remainder:
            parts += [PLUS, REMAINDER] if parts else [REMAINDER]
        total: Box = Row(tuple(parts)) if parts else number(0)
        return self._projected(total) if self.g.wrt == "raw" else total

    def _term(self, n: int, term: Term) -> Box:
        vector = Script(view_leaf(term.view), (leaf(str(term.index)),))
        product = Row((_symbol(n), THIN, vector))
        if not term.summed:
            return product
        named = [x for k in self.g.fixed for x in (COMMA, leaf(str(k)))][1:]
        return Big(SUM, Row((leaf(str(term.index)), UNEQUAL, *named)), product)

    def _projected(self, total: Box) -> Box:
        """(1/‖x_i‖) (I − h_i h_iᵀ) (…)."""
        h = Script(leaf("h"), (leaf("i"),))
        norm = Fenced("‖", Script(leaf("x"), (leaf("i"),)), "‖")
        outer = row(h, THIN, Power(h, Leaf("T", r"\top ")))
        projection = Fenced("(", Row((leaf("I"), MINUS, outer)), ")")
        return row(Fraction(number(1), norm), THIN, projection, THIN, Fenced("(", total, ")"))


def _symbol(n: int) -> Box:
    return Script(leaf("f"), (number(n),))
