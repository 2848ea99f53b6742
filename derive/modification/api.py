"""Take a loss apart and build another: components replaced, or composed from nothing.

>>> from derive.modification import modify
>>> loss = modify("vicreg", gd="hinge:m=0.3", weight="softmax:tau=0.05", ratio="1.5")
>>> [x.name for x in loss.hyper]
['m', 'tau', 'r']
"""

from derive.components import DISSIPATION, RATIO, WEIGHT
from derive.modification.modified import Modified
from derive.modification.recipes import build, from_recipe, recipe_of
from derive.modification.result import ModifyResult, explain
from derive.objective import CROSS, Objective, Pool

__all__ = ["Modified", "ModifyResult", "compose", "explain", "from_recipe", "modify", "recipe_of"]


def modify(
    loss: str | Objective,
    *,
    gd: str | None = None,
    weight: str | None = None,
    ratio: str | float | None = None,
    **settings: object,
) -> Modified:
    """A loss with components of its derived gradient replaced, as a trainable surrogate.

    loss: a name that `derive.sources.find` takes, or an `Objective`. gd, weight, ratio: a
    component of the library ("hinge:m=0.3", "softmax:tau=0.05", a number), or None to keep the
    loss's own; ratio "pull" keeps its pull to the positive instead of its ratio. settings: other
    defaults for hyper-parameters of the result. One anchor's term over the loss's own negatives;
    the loss's remainder and radial part are dropped (Eq. 5 of arXiv:2402.18281).

    Raises `UnknownNameError`, `HyperparameterError` or `ComponentError`.
    """
    components = {DISSIPATION: gd, WEIGHT: weight, RATIO: _text(ratio)}
    return build(loss, components, settings=settings)


def compose(
    *,
    gd: str = "one",
    weight: str,
    ratio: str | float,
    pool: Pool = CROSS,
    **settings: object,
) -> Modified:
    """The paradigm's loss with these components: one anchor's term, all components stopped.

    pool: "cross-view" (negatives h'_j), "same-view" (h_j) or "both views". Raises as `modify`.

    >>> compose(gd="hinge:m=0.3", weight="softmax", ratio=1).pool
    'cross-view'
    """
    components = {DISSIPATION: gd, WEIGHT: weight, RATIO: _text(ratio)}
    return build(None, components, pool=pool, settings=settings)


def _text(ratio: str | float | None) -> str | None:
    return ratio if ratio is None or isinstance(ratio, str) else str(ratio)
