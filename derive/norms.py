"""How long the pull and the pushes of a gradient are, by the raw embedding, in angles.

With h_i = x_i/‖x_i‖ the gradient by x_i is (1/‖x_i‖)(I − h_i h_iᵀ) times that by h_i, and
‖(I − h_i h_iᵀ) v_j‖ = sin θ of h_i and v_j. So

    ‖x_i‖ ‖pull_i‖ = |b_i| sin θ_ii'        ‖x_i‖ ‖push_ij‖ = |a_ij| sin θ_ij'
    ‖x_i‖² ‖push_i‖² = Σ_{j≠i} Σ_{k≠i} a_ij a_ik (⟨n_j, n_k⟩ − ⟨h_i, n_j⟩⟨h_i, n_k⟩)

the alignment and the uniformity part of Nie et al. 2023 (ICLR), Eq. 7-22, who draw them with every
negative at one angle. The radial part has no norm here; a remainder is left out, and said to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sympy import Expr, S

from derive.angles.equal import NotAtEqualAnglesError, at_equal_angles
from derive.angles.form import in_angles
from derive.angles.signs import sign_of
from derive.errors import ObjectiveError
from derive.nodes import ANCHOR, NEGATIVE, Angle, Delta, HardestIndex, Inner, Sin, View
from derive.objective import Objective
from derive.paradigm import Decomposition, revealed
from derive.simplify import simplified

if TYPE_CHECKING:
    from derive.printing.layout import Typesetter
    from derive.printing.sections import Section


@dataclass(frozen=True)
class Norm:
    """The absolute value of an expression, in angles. signed: it may be negative as it stands."""

    value: Expr
    signed: bool

    @classmethod
    def of(cls, coefficient: Expr, cosine: Inner) -> "Norm":
        """|coefficient| sin θ."""
        value = in_angles(simplified(revealed(coefficient) * Sin(Angle(cosine))))
        return cls.absolute(value)

    @classmethod
    def absolute(cls, value: Expr) -> "Norm":
        sign = sign_of(value)
        return cls(-value if sign < 0 else value, signed=sign == 0)


@dataclass(frozen=True)
class Norms:
    """Each times ‖x_i‖. pull: of h'_i; push: per view, of one negative j; positives: per view, of
    a further positive j; hardest: the view's only negative that is pushed, where it is one.
    curves: pull and push with every negative at one angle, or none and `no_curves` says why.
    left_out: what of the gradient is in none of them.
    """

    objective: Objective
    pull: Norm
    push: Mapping[View, Norm]
    positives: Mapping[View, Norm]
    hardest: Mapping[View, HardestIndex]
    curves: Mapping[str, Norm]
    no_curves: str = ""
    left_out: tuple[str, ...] = field(default=())


def norms(d: Decomposition) -> Norms:
    """The norms of a decomposition. Raises `ObjectiveError` for embeddings without a norm of 1."""
    o, c = d.objective, d.coefficients
    if o.embeddings == "raw":
        raise ObjectiveError(
            f"{o.name} does not normalise its embeddings: there is no raw embedding behind them, "
            "and its norms are no functions of angles. Ask for the sheet without --norms."
        )
    hardest = {view: x for view, a in c.push.items() if (x := _only(a)) is not None}
    push = {view: _push(o, view, a, hardest.get(view)) for view, a in c.push.items()}
    positives = {view: Norm.of(b, _cosine(o, view)) for view, b in c.positives.items()}
    pull = Norm.of(c.pull, _cosine(o, o.positive, ANCHOR))
    curves, reason = _curves(d)
    left_out = (*(x.summand for x in d.remainder), *(("the diagonal",) * (c.diagonal != 0)))
    return Norms(o, pull, push, positives, hardest, curves, reason, left_out)


def _cosine(o: Objective, view: View, other: Expr = NEGATIVE) -> Inner:
    return Inner(o.anchor, ANCHOR, view, other)


def _push(o: Objective, view: View, a: Expr, hardest: HardestIndex | None) -> Norm:
    if hardest is None:
        return Norm.of(a, _cosine(o, view))
    own = a.xreplace(dict.fromkeys(_picks(a), S.One))
    return Norm.of(own.xreplace({NEGATIVE: hardest}), _cosine(o, view, hardest))


def _picks(a: Expr) -> list[Delta]:
    """1[j = j*]."""
    picks = [x for x in a.atoms(Delta) if NEGATIVE in x.args]
    return [x for x in picks if any(isinstance(k, HardestIndex) for k in x.args)]


def _only(a: Expr) -> HardestIndex | None:
    """The hardest index of the anchor that a is zero without."""
    for x in _picks(a):
        (index,) = [k for k in x.args if isinstance(k, HardestIndex)]
        if index.args[2] == ANCHOR and a.xreplace({x: S.Zero}) == 0:
            return index
    return None


def _curves(d: Decomposition) -> tuple[dict[str, Norm], str]:
    """At equal angles: "pull", and "push" of one negative (by view where there are two)."""
    o, c = d.objective, d.coefficients
    parts = {"pull": (c.pull, _cosine(o, o.positive, ANCHOR))}
    for view, a in c.push.items():
        name = "push" if len(c.push) == 1 else f"push {view.name}_j"
        parts[name] = (a, _cosine(o, view))
    try:
        values = {
            name: simplified(at_equal_angles(revealed(x))) * Sin(Angle(cosine))
            for name, (x, cosine) in parts.items()
        }
    except NotAtEqualAnglesError as error:
        return {}, error.reason
    return {name: Norm.absolute(in_angles(x)) for name, x in values.items()}, ""


def norm_sections(d: Decomposition, typesetter: "Typesetter") -> "tuple[Section, ...]":
    """The section "Norms" of `derive show --norms`."""
    from derive.printing.norms import sections_of

    return sections_of(d, typesetter)


def norm_data(d: Decomposition) -> dict[str, Any]:
    """The norms for JSON: `pull`, `push` and `positives` by view, `curves`, `left_out`."""
    from derive.printing.norms import data_of

    return data_of(d)
