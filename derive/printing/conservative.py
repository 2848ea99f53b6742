"""The answer to "is it a gradient?", for reading."""

from collections.abc import Iterator

from sympy import Expr

from derive.conservation import ConservativeResult
from derive.integrability.answers import Reading, Witness
from derive.integrability.field import Cosine
from derive.printing.boxes import (
    EQUALS,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Row,
    Script,
    equation,
    leaf,
    row,
)
from derive.printing.instance import instance_items
from derive.printing.layout import Typesetter
from derive.printing.legend import legend
from derive.printing.parts import scalar_name
from derive.printing.sections import Formula, Item, Section
from derive.verdict import Verdict

_PHI = leaf("Φ", r"\Phi")
_NEGATIVE = Leaf("−", "-")  # a sign, without the space around an operator
_ANSWERS = {
    Verdict.PROVED: "Yes, it is the gradient of a scalar",
    Verdict.REFUTED: "No, it is the gradient of no scalar",
    Verdict.UNDECIDED: "Undecided",
}
_READINGS = {
    "batch": "All anchors together",
    "anchor": "One anchor",
    "paradigm": "Without the remainder",
}


def conservative_sections(result: ConservativeResult) -> tuple[Section, ...]:
    """The question, an answer a reading, and the notation used."""
    page = _Page(result)
    readings = [Section(_READINGS[x.name], tuple(page.reading(x))) for x in result.readings]
    sections = (
        Section("", tuple(page.question())),
        *readings,
        Section("At the defaults", tuple(page.at_defaults())),
        Section("Notation", tuple(legend(page.set, page.objective))),
    )
    return tuple(x for x in sections if x.items)


class _Page:
    """The items of each section."""

    def __init__(self, result: ConservativeResult):
        self.result = result
        self.objective = result.objective
        self.set = Typesetter(self.objective.hyper)

    def question(self) -> Iterator[Item]:
        yield f"{self.objective.title}  [{self.objective.name}]"
        yield (
            "Is the field of its gradient by h_i, Σ_{j≠i} a_ij n_j − b_i h'_i, the gradient of a "
            "scalar Φ? It is if the Jacobian of its entries, a_ij for c_ij and −b_i for c_ii', is "
            "symmetric in all the cosines."
        )
        if self.objective.embeddings == "raw":
            yield "The embeddings are not normalised: only the loss itself is tried as Φ."
            return
        yield (
            f"Where these are independent, {self.result.independent}, that is necessary too; "
            "elsewhere it is sufficient only. Gates and arg max are constant off their jumps."
        )

    def reading(self, x: Reading) -> Iterator[Item]:
        yield self._moves(x)
        if x.name == "anchor" and x.scalar is not None and x.scalar == self._shared:
            yield f"{_ANSWERS[x.verdict]}: of the same Φ_i."
            return
        again = x is not self.result.readings[-1] and x.witness is self.result.readings[-1].witness
        below = " (below)" if x.witness is not None and again else ""
        yield f"{self._answer(x)}: {x.reason}{below}."
        if x.verdict is Verdict.PROVED:
            yield from self._scalar(x)
        if x.witness is not None and not again:
            yield from self._witness(x.witness)

    def _answer(self, x: Reading) -> str:
        if x.verdict is Verdict.REFUTED and self.result.at_defaults is not None:
            return "No, not for all values of the hyper-parameters (at the end: at the defaults)"
        return _ANSWERS[x.verdict]

    @property
    def _shared(self) -> Expr | None:
        """The Φ_i that was shown with the first reading."""
        return self.result.readings[0].summand

    @property
    def _left_out(self) -> bool:
        c = self.result.coefficients
        return bool(c.remainder) or c.diagonal != 0

    def _moves(self, x: Reading) -> str:
        if x.name == "anchor":
            return "h_i moves by its field, all other embeddings are constant."
        if x.name == "paradigm":
            return "As above, with GD Σ W (n − R h') alone."
        if self.objective.differentiated == "batch":
            return "Every h_i moves by its field; one scalar for all of them."
        left = " (the remainder is left out)" if self._left_out else ""
        return f"Every h_i moves at once by the gradient of its own term{left}; one scalar for all."

    def _scalar(self, x: Reading) -> Iterator[Item]:
        if x.scalar is None:
            yield (
                "No rule found the scalar in closed form. Where the cosines are scaled by t from 0 "
                "to 1 without meeting a jump or a pole, it is the integral of Σ c · entry(t c) dt "
                "over the cosines c."
            )
            return
        one = x.name == "anchor" or x.summand is not None
        name = Script(_PHI, (leaf("i"),)) if one else _PHI
        if x.own:
            loss = scalar_name(self.objective)
            yield "The scalar is the loss itself" + (", summed over the anchors:" * _sums(x) or ":")
            yield Formula(equation(name, Row((loss, EQUALS, self.set(_shown(x))))))
        else:
            yield "Differentiated, it has the field:" + (" Φ = Σ_i Φ_i with" * _sums(x))
            yield Formula(equation(name, self.set(_shown(x))))
        if x.piecewise:
            yield (
                "Piecewise: where a gate opens or closes Φ may jump, and there the field is not "
                "its gradient."
            )

    def _witness(self, w: Witness) -> Iterator[Item]:
        yield "The two entries:" if w.one_cosine else "The smallest pair of cosines that shows it:"
        for box, side in zip(self._names(w), (w.left, w.right), strict=True):
            yield Formula(equation(box, self.set(side)))
        yield "They differ by"
        yield Formula(self.set(w.difference))
        yield from instance_items(w, self.objective)

    def _names(self, w: Witness) -> tuple[Box, Box]:
        """∂a_ij/∂c_ii' and ∂(−b_i)/∂c_ij, or a_ij and a_ji."""
        if w.one_cosine:
            return self._entry(w.first), self._entry(Cosine(w.first.view, w.first.q, w.first.p))
        return self._slope(w.first, w.second), self._slope(w.second, w.first)

    def _slope(self, of: Cosine, by: Cosine) -> Box:
        bottom = row(leaf("∂", r"\partial "), self.set(by.node(self.objective.anchor)))
        return Fraction(row(leaf("∂", r"\partial "), self._entry(of)), bottom)

    def _entry(self, c: Cosine) -> Box:
        second = c.view == self.objective.positive
        p, q = leaf(c.p.name), leaf(c.q.name + "'" * second)
        if second and c.p == c.q:
            return Fenced("(", Row((_NEGATIVE, Script(leaf("b"), (p,)))), ")")
        return Script(leaf("a"), (p, q))

    def at_defaults(self) -> Iterator[Item]:
        if self.result.at_defaults is None:
            return
        yield "With the defaults of the hyper-parameters:"
        shown: list[Expr] = []
        for x in self.result.at_defaults.readings:
            yield f"{_READINGS[x.name]}: {_ANSWERS[x.verdict].lower()}."
            if x.scalar is not None and _shown(x) not in shown:
                shown.append(_shown(x))
                yield from self._scalar(x)


def _sums(x: Reading) -> bool:
    return x.summand is not None


def _shown(x: Reading) -> Expr:
    shown = x.scalar if x.summand is None else x.summand
    assert shown is not None
    return shown
