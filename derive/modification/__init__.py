"""Losses taken apart and built anew: components replaced, or composed from nothing."""

from derive.modification.api import (
    Modified,
    ModifyResult,
    compose,
    explain,
    from_recipe,
    modify,
    recipe_of,
)

__all__ = ["Modified", "ModifyResult", "compose", "explain", "from_recipe", "modify", "recipe_of"]
