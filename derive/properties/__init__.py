"""Properties of a loss, derived from its formula: `derive show --properties`."""

from derive.properties.result import Property
from derive.properties.sheet import Properties, properties, property_sections

__all__ = ["Properties", "Property", "properties", "property_sections"]
