"""A recipe: all that made a picture, as JSON. The same recipe gives the same picture.

By default a recipe names samples, and says of a visitor's own pictures only which they were (by a hash of their
content): whoever opens it must have them. With pictures it carries them, and their faces with them.
"""

from mcld_app.editing.recipe.read import read_recipe
from mcld_app.editing.recipe.recipe import LARGEST, VERSION, Recipe
from mcld_app.editing.recipe.write import write_recipe

__all__ = ["LARGEST", "VERSION", "Recipe", "read_recipe", "write_recipe"]
