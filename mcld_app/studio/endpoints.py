"""What the endpoints for other programs have in common.

An endpoint keeps nothing between two calls. It takes a recipe (JSON text, with its pictures) and gives the recipe with
one more edit, so the caller holds all there is. The edits are the very actions of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mcld_app.editing import History, Look
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.output.recipe_file import open_recipe
from mcld_app.studio.state import EditorState


def edited(
    recipe: str, action: Callable[[EditorState, Mapping[str, Any]], EditorState], data: Mapping[str, Any]
) -> str:
    """The recipe whose look is what an action of the page makes of that of another.

    Raises:
        StudioError: what the action raises, or for a text that is no recipe.
    """
    made = open_recipe(recipe)
    state = action(EditorState(History(made.look), agreed=True), data)
    return write_recipe(replace(made, look=state.look, drawn_with=None), pictures=True)


def written(look: Look) -> str:
    """The recipe of a look, with its pictures."""
    return write_recipe(Recipe(look), pictures=True)
