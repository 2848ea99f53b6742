"""The Python interface; the command line is a thin layer on it.

Every function takes a loss as on the command line (a name of the catalogue, FILE.py:NAME, a saved
loss) or an `Objective`, and hyper-parameters as keywords, and returns a frozen result that prints
as text, renders in a notebook, and has `.render(format)`.
"""

from derive.asymptotics.limit import LimitResult, limit
from derive.comparison.compare import ComparisonResult, compare
from derive.conservation import ConservativeResult, conservative
from derive.gradients import Gradient, gradient
from derive.modification import ModifyResult, explain
from derive.modification import compose as _compose
from derive.modification import modify as _modify
from derive.objective import CROSS, Objective, Pool
from derive.objectives import names
from derive.paradigm import Decomposition
from derive.paradigm import decompose as _decompose
from derive.sheets import Sheet, show
from derive.sources import find

__all__ = [
    "ComparisonResult",
    "ConservativeResult",
    "Decomposition",
    "Gradient",
    "LimitResult",
    "ModifyResult",
    "Sheet",
    "compare",
    "compose",
    "conservative",
    "decompose",
    "gradient",
    "limit",
    "load",
    "modify",
    "names",
    "show",
]


def load(loss: str) -> Objective:
    """The objective of that name: of the catalogue, FILE.py:NAME, an entry point, or a saved one.

    Raises `UnknownNameError` with the nearest names, `SourceError`, `StoreError`.
    """
    return find(loss)


def decompose(loss: str | Objective, **settings: object) -> Decomposition:
    """The canonical decomposition of a loss, derived from its formula and proved.

    settings: hyper-parameters to fix (tau=0.1), the others stay symbolic. Raises
    `UnknownNameError`, `HyperparameterError`, `DecompositionError`.
    """
    return _decompose(find(loss) if isinstance(loss, str) else loss, settings)


def modify(
    loss: str | Objective,
    *,
    gd: str | None = None,
    weight: str | None = None,
    ratio: str | float | None = None,
    **settings: object,
) -> ModifyResult:
    """A loss with components of its derived gradient replaced, and what changed.

    As `derive.modification.modify`; `.objective` of the result is the trainable surrogate, which
    every function here and `derive.torch.objective` accept. Raises `UnknownNameError`,
    `HyperparameterError`, `ComponentError`.

    >>> modify("vicreg", gd="hinge:m=0.3", weight="softmax:tau=0.05", ratio=1.5).decomposition.ratio
    r
    """
    return explain(_modify(loss, gd=gd, weight=weight, ratio=ratio, **settings))


def compose(
    *,
    gd: str = "one",
    weight: str,
    ratio: str | float,
    pool: Pool = CROSS,
    **settings: object,
) -> ModifyResult:
    """A loss of components alone, derived; as `derive.modification.compose`. Raises as `modify`."""
    return explain(_compose(gd=gd, weight=weight, ratio=ratio, pool=pool, **settings))
