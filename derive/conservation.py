"""Is the gradient of a loss the gradient of a scalar, also where stop-gradients made it?

The field Σ_{j≠i} a_ij n_j − b_i h'_i of every anchor i is ∂Φ/∂h_i, on the sphere (up to a multiple
of h_i), if its entries, a_ij for the cosine c_ij and −b_i for c_ii', have a symmetric Jacobian in
all the cosines; c_ij = c_ji within one view also needs a_ij = a_ji. Where the cosines are
independent that is necessary too: for D > N if only cosines between the views are in play (their
derivatives by h_i are N vectors), else for D ≥ 2N. Gates and arg max are constant off their jumps:
the scalar of a gated field is piecewise, and may jump where the field does.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from derive.coefficients import Coefficients, differentiate
from derive.integrability.answers import Reading, Witness
from derive.integrability.examination import readings
from derive.nodes import Inner
from derive.objective import Objective
from derive.presentable import Presentable
from derive.verdict import Verdict

if TYPE_CHECKING:
    from derive.printing.sections import Section

__all__ = ["ConservativeResult", "Reading", "Witness", "conservative", "examine"]


@dataclass(frozen=True)
class ConservativeResult(Presentable):
    """Whether the field of a loss is the gradient of a scalar.

    readings: "batch" first; then "anchor" where the loss is one anchor's term, or "paradigm" where
    the gradient of a batch scalar has a remainder. at_defaults: the answer with every
    hyper-parameter at its default, where some other value had to be taken to refute.
    """

    coefficients: Coefficients
    readings: tuple[Reading, ...]
    at_defaults: "ConservativeResult | None" = None

    @property
    def objective(self) -> Objective:
        return self.coefficients.objective

    @property
    def verdict(self) -> Verdict:
        """Of the first reading."""
        return self.readings[0].verdict

    @property
    def independent(self) -> str:
        """Where the cosines of the field are independent: there the test is exact."""
        c, anchor = self.coefficients, self.objective.anchor
        entries = [*c.push.values(), *c.positives.values(), c.pull]
        within = any(
            {x.args[0].name, x.args[2].name} == {anchor.name} and x.args[1] != x.args[3]
            for e in entries
            for x in e.atoms(Inner)
        )
        return "D ≥ 2N" if within or anchor in {*c.push, *c.positives} else "D > N"

    def sections(self) -> "tuple[Section, ...]":
        from derive.printing.conservative import conservative_sections

        return conservative_sections(self)

    def data(self) -> dict[str, Any]:
        from derive.printing.conservative_json import conservative_data

        return conservative_data(self)


def conservative(loss: str | Objective, **settings: object) -> ConservativeResult:
    """Whether the field of a loss's gradient by h_i is the gradient of a scalar.

    loss: what `--loss` takes, or an `Objective`; settings: hyper-parameters to fix (tau=0.1), the
    others stay symbols. Raises `UnknownNameError`, `HyperparameterError`, `ObjectiveError`.

    >>> conservative("infonce").verdict.value, conservative("mvicreg").verdict.value
    ('proved', 'refuted')
    """
    if isinstance(loss, str):
        from derive.sources import find

        loss = find(loss)
    return examine(differentiate(loss, settings))


def examine(coefficients: Coefficients) -> ConservativeResult:
    """`conservative`, of coefficients that are derived."""
    found = readings(coefficients)
    witnesses = [x.witness for x in found if x.witness is not None]
    moved = any(not x.instance.at_defaults for x in witnesses)
    return ConservativeResult(coefficients, found, _at_defaults(coefficients) if moved else None)


def _at_defaults(coefficients: Coefficients) -> ConservativeResult:
    defaults = coefficients.objective.defaults(coefficients.settings)
    fixed = {name: x for name, x in defaults.items() if x.is_number}
    return examine(differentiate(coefficients.objective, fixed))
