"""Every form by its role and name."""

from derive.components import dissipations, ratios, weights
from derive.components.component import ROLES, Form

_ALL = (*dissipations.FORMS, *weights.FORMS, *ratios.FORMS)


def forms(role: str) -> dict[str, Form]:
    """The forms of a role ("dissipation", "weight" or "ratio"), by name, in order."""
    assert role in ROLES, role
    return {x.name: x for x in _ALL if x.role == role}
