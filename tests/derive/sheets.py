"""Sheets as text."""

import derive
from derive.objective import Objective


def shown(
    loss: str | Objective, *, format: str = "text", steps: bool = False, **settings: object
) -> str:
    """The sheet of a loss in a format."""
    return derive.show(loss, steps=steps, **settings).render(format)
