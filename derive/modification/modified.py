"""An objective that is another one with its components replaced, or is built from components.

A file of the catalogue is a recipe:

    class MMHE(Modified):
        base = "mhe"
        gd, weight, ratio = "hinge:m=0.3", "energy:tau=0.05", "1.75"

`base`: a name, whatever `derive.sources.find` takes, or an objective (None: from components
alone, with `pool`). `gd`, `weight`, `ratio`: components as `derive.components` reads them; None
keeps the base's, ratio "pull" keeps the base's pull to the positive while the push changes.
`settings`: other defaults of hyper-parameters. The base's remainder (what is no multiple of one
embedding) and its radial part are dropped.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from sympy import Expr

from derive.components import DISSIPATION, RATIO, WEIGHT
from derive.modification.ingredients import Ingredients, ingredients_of
from derive.modification.per_class import per_class
from derive.modification.plan import Plan, read_plan
from derive.modification.surrogate import surrogate
from derive.objective import CROSS, Objective


def _base(cls: "type[Modified]") -> Objective | None:
    if isinstance(cls.base, str):
        from derive.sources import find

        return find(cls.base)
    return cls.base


def _plan(cls: "type[Modified]") -> Plan:
    pool = cls.pool if cls.base is None else CROSS
    return read_plan(_base(cls), cls.specs(), pool=pool, settings=cls.settings)


def _of_base(name: str, default: object) -> Any:
    """An attribute that is the base's."""
    return per_class(lambda cls: getattr(_base(cls), name) if cls.base is not None else default)


def _inputs(cls: "type[Modified]") -> tuple[str, ...]:
    base: Objective | None = _base(cls)
    if base is None or not base.inputs or cls.plan.kept is None:
        return ()
    inputs: tuple[str, ...] = cls.plan.kept.inputs
    return inputs


def _title(cls: "type[Modified]") -> str:
    said = [f"{role} {text}" for role, text in cls.specs().items() if text is not None]
    start = "the paradigm with" if cls.base is None else f"{cls._base_name()} with"
    return f"{start} {', '.join(said) or 'nothing replaced'}"


def _notes(cls: "type[Modified]") -> tuple[str, ...]:
    plan, notes = cls.plan, list(cls.remarks)
    if plan.base is not None and plan.kept is not None and plan.base.differentiated == "batch":
        notes.append(
            f"{plan.base.name} is one scalar of the batch: what is kept of it has the size of its "
            "gradient by h_i, and the mean over anchors is 1/N of that."
        )
    return tuple(notes)


class Modified(Objective):
    """The surrogate of Eq. 5 with components of a base, of the library, or of both."""

    base: ClassVar[str | Objective | None] = None
    gd: ClassVar[str | None] = None
    weight: ClassVar[str | None] = None
    ratio: ClassVar[str | None] = None
    settings: ClassVar[Mapping[str, object]] = {}
    remarks: ClassVar[tuple[str, ...]] = ()

    title = per_class(_title)
    source = "components as in Li et al. 2024, arXiv:2402.18281, Eq. 5"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = _of_base("pool", CROSS)
    embeddings = _of_base("embeddings", "unit")
    inputs = per_class(_inputs)
    stop_gradients = per_class(lambda cls: cls.ingredients.stopped)
    plan: ClassVar[Plan] = per_class(_plan)
    ingredients: ClassVar[Ingredients] = per_class(lambda cls: ingredients_of(cls.plan))
    hyper = per_class(lambda cls: cls.plan.hyper)
    notes = per_class(_notes)

    @classmethod
    def specs(cls) -> dict[str, str | None]:
        """Role → the text of the component that is put in (None: the base's)."""
        return {DISSIPATION: cls.gd, WEIGHT: cls.weight, RATIO: cls.ratio}

    @classmethod
    def _base_name(cls) -> str:
        return cls.base.name if isinstance(cls.base, Objective) else str(cls.base)

    def terms(self, i: Expr, x: Any) -> Expr:
        values = {h.symbol: getattr(x, h.name) for h in self.hyper}
        return surrogate(self.ingredients, i, values)
