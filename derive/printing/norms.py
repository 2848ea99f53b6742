"""The norms of a gradient's parts for reading, and as plain data."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations_with_replacement
from typing import Any

from derive.errors import ObjectiveError
from derive.nodes import ANCHOR, NEGATIVE, Angle, Cos, Inner, SampleIndex, View
from derive.norms import Norm, Norms, norms
from derive.paradigm import Decomposition
from derive.printing.boxes import (
    MINUS,
    PLUS,
    SUM,
    UNEQUAL,
    Big,
    Box,
    Fenced,
    Leaf,
    Power,
    Row,
    Script,
    equation,
    leaf,
    number,
)
from derive.printing.latex import to_latex
from derive.printing.layout import Typesetter
from derive.printing.parts import THIN, A, of_negative
from derive.printing.sections import Formula, Item, Section
from derive.printing.standard import to_sympy_text
from derive.printing.text import inline

_OTHER = SampleIndex("k")
_PULL, _PUSH = Leaf("pull", r"\mathrm{pull}"), Leaf("push", r"\mathrm{push}")
_RAW = Fenced("‖", Script(leaf("x"), (leaf("i"),)), "‖")


def sections_of(d: Decomposition, typesetter: Typesetter) -> tuple[Section, ...]:
    """One section; for embeddings that are not normalised, why there are no norms."""
    try:
        page = _Page(d, norms(d), replace(typesetter, angles=True))
    except ObjectiveError as error:
        return (Section("Norms", (str(error),)),)
    return (Section("Norms", tuple(page.items())),)


class _Page:
    """The items of the section."""

    def __init__(self, d: Decomposition, found: Norms, typesetter: Typesetter):
        self.d, self.norms, self.set = d, found, typesetter

    def items(self) -> Iterator[Item]:
        yield (
            "By the raw embedding x_i, h_i = x_i/‖x_i‖, the gradient is (1/‖x_i‖)(I − h_i h_iᵀ) "
            "times the one above: every part keeps what is orthogonal to h_i."
        )
        yield from self._parts()
        yield from self._together()
        yield from self._curves()
        if self.norms.left_out:
            yield f"Not included: {', '.join(self.norms.left_out)} (no multiple of one embedding)."

    def _parts(self) -> Iterator[Item]:
        if self.norms.pull.value != 0:
            yield Formula(self._of(Script(_PULL, (leaf("i"),)), self.norms.pull))
        for view, norm in self.norms.positives.items():
            yield Formula(self._of(self._indexed(_PULL, view), norm))
        for view, norm in self.norms.push.items():
            yield Formula(self._of(self._indexed(_PUSH, view), norm))

    def _indexed(self, part: Leaf, view: View) -> Box:
        """push_ij, push_ij' for h'_j where there are two views; of the only negative, push_ij*."""
        hardest = self.norms.hardest.get(view)
        if hardest is None:
            return of_negative(part, view, self.d)
        second = len(self.norms.push) > 1 and view.name.endswith("'")
        name = self.set.notation.name_of(hardest)
        return Script(part, (leaf("i"), leaf(name + "'" * second)))

    def _of(self, part: Box, norm: Norm) -> Box:
        """‖x_i‖ ‖part‖ = the norm."""
        return equation(Row((_RAW, THIN, Fenced("‖", part, "‖"))), self._norm(norm))

    def _norm(self, norm: Norm) -> Box:
        box = self.set(norm.value)
        return Fenced("|", box, "|") if norm.signed else box

    # ---- all the pushes ----

    def _together(self) -> Iterator[Item]:
        if not self.norms.push:
            return
        if len(self.norms.push) == 1 and self.norms.hardest:
            yield "Only one negative is pushed: this is the norm of the whole push."
            return
        yield "All the pushes together, with their directions:"
        left = Row((Power(_RAW, number(2)), THIN, self._squared(Script(_PUSH, (leaf("i"),)))))
        yield Formula(equation(left, self._gram()))
        yield (
            "It is at most Σ_{j≠i} of the single norms (equal where what is orthogonal to h_i "
            "points one way), and at least twice the largest of them less that sum."
        )

    def _squared(self, part: Box) -> Box:
        return Power(Fenced("‖", part, "‖"), number(2))

    def _gram(self) -> Box:
        """Σ_j Σ_k a_ij a_ik (⟨n_j, n_k⟩ − ⟨h_i, n_j⟩⟨h_i, n_k⟩), a sum for each pair of views."""
        parts: list[Box] = []
        for v, w in combinations_with_replacement(self.norms.push, 2):
            parts += [PLUS] if parts else []
            twice: tuple[Box, ...] = () if v == w else (number(2), THIN)
            summand = Row(
                (self._weight(v, "j"), THIN, self._weight(w, "k"), THIN, self._angle(v, w))
            )
            inner = Big(SUM, Row((leaf("k"), UNEQUAL, leaf("i"))), summand)
            parts.append(Row((*twice, Big(SUM, Row((leaf("j"), UNEQUAL, leaf("i"))), inner))))
        return Row(tuple(parts))

    def _others(self, index: str, body: Box) -> Box:
        return Big(SUM, Row((leaf(index), UNEQUAL, leaf("i"))), body)

    def _weight(self, view: View, index: str) -> Box:
        second = len(self.norms.push) > 1 and view.name.endswith("'")
        return Script(A, (leaf("i"), leaf(index + "'" * second)))

    def _angle(self, v: View, w: View) -> Box:
        anchor = self.norms.objective.anchor
        ends = [Cos(Angle(Inner(anchor, ANCHOR, x, k))) for x, k in ((v, NEGATIVE), (w, _OTHER))]
        between = Cos(Angle(Inner(v, NEGATIVE, w, _OTHER)))
        return Fenced("(", Row((self.set(between), MINUS, self.set(ends[0] * ends[1]))), ")")

    # ---- at equal angles ----

    def _curves(self) -> Iterator[Item]:
        if self.norms.no_curves:
            yield f"With every negative at one angle there is no value: {self.norms.no_curves}."
            return
        yield (
            "With every negative at one angle and every positive at θ_ii', as Nie et al. 2023 draw "
            "it (of the push, one negative's part):"
        )
        for name, norm in self.norms.curves.items():
            if norm.value != 0:
                yield Formula(self._of(self._curve(name), norm))

    def _curve(self, name: str) -> Box:
        if name == "pull":
            return Script(_PULL, (leaf("i"),))
        view = next(v for v in self.norms.push if name in ("push", f"push {v.name}_j"))
        return of_negative(_PUSH, view, self.d)


def data_of(d: Decomposition) -> dict[str, Any]:
    """Each norm as text, LaTeX and SymPy, times ‖x_i‖; `signed`: to be taken absolutely."""
    try:
        found = norms(d)
    except ObjectiveError as error:
        return {"undefined": str(error)}
    form = _form(Typesetter(d.objective.hyper, angles=True))
    return {
        "pull": form(found.pull),
        "push": {view.name: form(x) for view, x in found.push.items()},
        "positives": {view.name: form(x) for view, x in found.positives.items()},
        "only_the_hardest": [view.name for view in found.hardest],
        "equal_angles": {name: form(x) for name, x in found.curves.items()},
        "no_equal_angles": found.no_curves,
        "left_out": list(found.left_out),
    }


def _form(typesetter: Typesetter) -> Any:
    def form(norm: Norm) -> dict[str, Any]:
        box = typesetter(norm.value)
        return {
            "text": inline(box),
            "latex": to_latex(box),
            "sympy": to_sympy_text(norm.value),
            "signed": norm.signed,
        }

    return form
