"""The published runs as data: one TOML file a table or a figure, each row checked as it is read.

>>> from train.recipes import recipe
>>> recipe("001-table-6-mvicreg")["overrides"]
{'batch_size': 128, 'lr': 1e-05}
"""

from train.recipes.listing import names, recipe, recipes
from train.recipes.merging import over
from train.recipes.model import Published, Recipe

__all__ = ["Published", "Recipe", "names", "over", "recipe", "recipes"]
