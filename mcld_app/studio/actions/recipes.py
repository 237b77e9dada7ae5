"""What a visitor can do with recipes, and with what was drawn from them."""

from __future__ import annotations

import numpy as np

from mcld_app.editing import MapPose
from mcld_app.editing.examples import EXAMPLES, look_of
from mcld_app.editing.person import Person
from mcld_app.editing.recipe import Recipe
from mcld_app.errors import StudioError
from mcld_app.output import recipe_file
from mcld_app.studio import parsing
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState


def open_recipe(state: EditorState, data: Data) -> EditorState:
    """The look of a recipe, from a JSON file or from a picture that was drawn here."""
    file = parsing.file_bytes(data.get("file"))
    return use_recipe(state, recipe_file.open_recipe(file, lambda key: at_hand(state, key)))


def show_example(state: EditorState, data: Data) -> EditorState:
    """The look of one of the examples; the page then generates it."""
    name = parsing.text(data, "id")
    if name not in EXAMPLES:
        raise StudioError("There is no such example. Choose another one.")
    return state.to(look_of(name), "Undo brings back what was here.")


def use_recipe(state: EditorState, recipe: Recipe) -> EditorState:
    """The editor state with a recipe's look, and its people among the visitor's own; its settings go to the page."""
    for person in recipe.look.people:
        if not person.sample:
            state = state.with_own(person)
    return state.to(recipe.look, "The recipe is open. Undo brings back what was here.").with_recipe(recipe)


def at_hand(state: EditorState, key: str) -> Person | MapPose | np.ndarray | None:
    """What the visitor brought in this session, by the hash of its content: one of their people, a pose of a picture,
    or a pattern."""
    for person in state.own:
        if person.key == key:
            return person
    history = state.history
    for look in (history.now, *reversed(history.before), *history.after):
        if (found := look.picture(key)) is not None:
            return found
    return None
