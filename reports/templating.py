"""The templates of this package, rendered strictly: a name that is missing is an error."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.sections.prose import typeset


def environment() -> Environment:
    """Everything is escaped but `Markup`; `typeset` sets indices below the line."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["typeset"] = typeset
    return made


def render(template: str, **values: Any) -> Markup:
    """A template of reports/templates as HTML; pure."""
    return Markup(environment().get_template(template).render(**values))
