"""What the endpoints for other programs have in common.

An endpoint takes a recipe and gives the recipe with one more edit; the edits are the very actions of the page. The
recipe goes back and forth as JSON text, with its pictures, and then nothing is kept between two calls. Or it stays on
the server, and its key goes back and forth (`kept_looks`): an endpoint then is given the recipe itself, and gives one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mcld_app.editing import History, Look
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.output.recipe_file import open_recipe
from mcld_app.studio import parsing
from mcld_app.studio.state import EditorState

Given = str | Recipe
"""A recipe as an endpoint takes and gives it: JSON text, or the one that is kept. Outside it is text: JSON or a key."""

Picture = str | bytes
"""A file as an endpoint takes it: in base64, as a data: URL, or its bytes. Outside, bytes are a file that was sent."""


def opened(recipe: Given) -> Recipe:
    """The recipe; StudioError for a text that is none."""
    return recipe if isinstance(recipe, Recipe) else open_recipe(recipe)


def content(file: Picture) -> bytes:
    """A file's bytes; PictureError where they did not arrive, or are too many."""
    return file if isinstance(file, bytes) else parsing.file_bytes({"data": file})


def edited(
    recipe: Given, action: Callable[[EditorState, Mapping[str, Any]], EditorState], data: Mapping[str, Any]
) -> Given:
    """The recipe whose look is what an action of the page makes of that of another.

    Raises:
        StudioError: what the action raises, or for a text that is no recipe.
    """
    state = action(EditorState(History(opened(recipe).look), agreed=True), data)
    return with_look(recipe, state.look)


def with_look(recipe: Given, look: Look) -> Given:
    """The recipe with another look, in the form it was given."""
    made = replace(opened(recipe), look=look, drawn_with=None)
    return made if isinstance(recipe, Recipe) else write_recipe(made, pictures=True)


def written(look: Look, keep: bool = False) -> Given:
    """The recipe of a look, with its pictures; the recipe itself where it is to be kept."""
    return Recipe(look) if keep else write_recipe(Recipe(look), pictures=True)
