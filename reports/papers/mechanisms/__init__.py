"""001, Figure 12: what GD, W and R do, by computed steps on the unit sphere."""

from collections.abc import Sequence

from reports.context import Context
from reports.outputs import Picture
from reports.papers.mechanisms import dissipation, ratio, weight


def figure_12(context: Context) -> Sequence[Picture]:
    """a: dissipation; b: weight; c: ratio."""
    made: list[Picture] = []
    for part in (dissipation, weight, ratio):
        context.tell(part.NAME, len(made), 3)
        made.append(part.picture(context.seed))
    return made
