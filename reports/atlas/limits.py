"""What a loss becomes as each hyper-parameter goes to an end of its domain."""

from collections.abc import Iterator

from derive.asymptotics.limit import ends_of, limit
from derive.objective import Objective
from derive.printing.limit import arrow
from reports.atlas.fragments import section_html
from reports.sections.sheet import as_part


def limit_rows(objective: Objective) -> Iterator[tuple[str, str]]:
    """(τ → 0, the leading terms as HTML) of every end, as `derive limit` finds them."""
    for hyper in objective.hyper:
        for end in ends_of(hyper):
            found = limit(objective, hyper.name, end)
            title = f"As {arrow(hyper, end)}"
            (section,) = (x for x in found.sections() if x.title == title)
            yield arrow(hyper, end), section_html(as_part(section))
