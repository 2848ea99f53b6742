"""The α-CL view of a gradient for reading, and as plain data."""

from collections.abc import Iterator
from typing import Any

from sympy import Expr

from derive.alpha import AlphaView, alpha_view
from derive.nodes import View
from derive.paradigm import Decomposition
from derive.printing.boxes import (
    MINUS,
    PLUS,
    SUM,
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
from derive.printing.parts import I_, J_, THIN, of_negative, over_negatives
from derive.printing.sections import Formula, Item, Section
from derive.printing.standard import to_sympy_text
from derive.printing.text import inline

_ALPHA = leaf("α", r"\alpha")
_E = Script(leaf("E"), (_ALPHA,))
_D = leaf("d")


def sections_of(d: Decomposition, typesetter: Typesetter) -> tuple[Section, ...]:
    """One section."""
    page = _Page(d, alpha_view(d), typesetter)
    return (Section("Pairwise importance (α-CL)", tuple(page.items())),)


class _Page:
    """The items of the section."""

    def __init__(self, d: Decomposition, view: AlphaView, typesetter: Typesetter):
        self.d, self.view, self.set = d, view, typesetter

    def items(self) -> Iterator[Item]:
        if not self.view.importance:
            yield "There are no negatives, and so no pairs: the loss is not of this form."
            return
        yield from self._energy()
        for view, importance in self.view.importance.items():
            yield Formula(equation(of_negative(_ALPHA, view, self.d), self.set(importance)))
        yield self._origin()
        yield from self._total()
        yield from self._verdict()

    def _energy(self) -> Iterator[Item]:
        yield "With α stopped, d² = ½‖·‖², d_i to h'_i and d_ij to the negative n_j, the energy is"
        yield Formula(equation(_E, Big(SUM, I_, self._summand())))
        yield (
            "the trace of the contrastive covariance ½ Σ α_ij ((h_i − n_j)(h_i − n_j)ᵀ − "
            "(h_i − h'_i)(h_i − h'_i)ᵀ). By h_i as the anchor, −∇E_α = Σ_{j≠i} α_ij (n_j − h'_i)."
        )

    def _summand(self) -> Box:
        parts: list[Box] = []
        for view in self.view.importance:
            parts += [PLUS] if parts else []
            away = Power(Script(_D, (I_, self._index(view))), number(2))
            gap = Fenced("(", Row((away, MINUS, Power(Script(_D, (I_,)), number(2)))), ")")
            weighted = Row((of_negative(_ALPHA, view, self.d), THIN, gap))
            parts.append(over_negatives(weighted))
        return parts[0] if len(parts) == 1 else Fenced("(", Row(tuple(parts)), ")")

    def _index(self, view: View) -> Leaf:
        second = len(self.view.importance) > 1 and view.name.endswith("'")
        return leaf("j'") if second else J_

    def _origin(self) -> str:
        signed = " Where it is negative the pair attracts." if self.view.signed else ""
        if self.view.both_roles:
            return (
                "It is half the push a_ij: h_i is pushed as an anchor by α_ij and as a negative of "
                f"h_j by α_ji, the same.{signed}"
            )
        return f"It is the push a_ij = GD_i W_ij.{signed}"

    def _total(self) -> Iterator[Item]:
        parts: list[Box] = []
        for view in self.view.importance:
            parts += [PLUS] if parts else []
            parts.append(over_negatives(of_negative(_ALPHA, view, self.d)))
        constant = self.view.normalised
        yield "It is normalised over the negatives:" if constant else "It is not normalised:"
        yield Formula(equation(Row(tuple(parts)), self.set(self.view.total)))

    def _verdict(self) -> Iterator[Item]:
        half = "b_i = ½ Σ_j a_ij" if self.view.both_roles else "R_i = 1"
        if self.view.in_family:
            yield (
                f"{half} and nothing is left over: ∇L = −∇E_α, up to a multiple of h_i. The loss "
                "is of the α-CL form."
            )
            return
        yield "∇L = −∇E_α + what follows: the loss is not of the α-CL form."
        if self.view.left_pull != 0:
            yield f"{half} was not proved; where it does not hold −r_i h'_i is left over, with"
            left = Script(leaf("r"), (I_,))
            yield Formula(equation(left, self.set(self.view.left_pull)))
        if self.view.left_out:
            yield f"Left over as well: {', '.join(self.view.left_out)}."
        if self._hidden_roles():
            yield (
                "One scalar of the batch gives h_i other roles beside the anchor's; a_ij sums "
                "over them, and no α of the pairs was read off."
            )

    def _hidden_roles(self) -> bool:
        return self.d.objective.differentiated == "batch" and not self.view.both_roles


def data_of(d: Decomposition) -> dict[str, Any]:
    """`importance` by view, `total`, `normalised`, `both_roles`, `in_family`, `left_pull`,
    `left_out`."""
    view = alpha_view(d)
    form = _form(Typesetter(d.objective.hyper))
    return {
        "importance": {v.name: form(a) for v, a in view.importance.items()},
        "total": form(view.total),
        "normalised": view.normalised,
        "signed": view.signed,
        "both_roles": view.both_roles,
        "in_family": view.in_family,
        "left_pull": form(view.left_pull),
        "left_out": list(view.left_out),
    }


def _form(typesetter: Typesetter) -> Any:
    def form(e: Expr) -> dict[str, str]:
        box = typesetter(e)
        return {"text": inline(box), "latex": to_latex(box), "sympy": to_sympy_text(e)}

    return form
