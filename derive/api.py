"""The Python interface; the command line is a thin layer on it."""

from derive.objective import Objective
from derive.objectives import load, names
from derive.paradigm import Decomposition
from derive.paradigm import decompose as _decompose

__all__ = ["decompose", "load", "names", "show"]


def decompose(loss: str | Objective, **settings: object) -> Decomposition:
    """The canonical decomposition of a loss, derived from its formula.

    loss: a name of the catalogue or an `Objective`; settings: hyper-parameters to fix (tau=0.1),
    the others stay symbolic. Raises `UnknownNameError`, `HyperparameterError`.
    """
    objective = load(loss) if isinstance(loss, str) else loss
    return _decompose(objective, settings)


def show(
    loss: str | Objective, *, format: str = "text", steps: bool = False, **settings: object
) -> str:
    """What `derive show` prints: format "text", "latex" or "json"."""
    from derive.printing import render

    return render(decompose(loss, **settings), format=format, steps=steps)
