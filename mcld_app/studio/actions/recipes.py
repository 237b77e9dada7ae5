"""What a visitor can do with recipes, and with what was drawn from them."""

from __future__ import annotations

import numpy as np

from mcld_app.editing import Cover, MapPose
from mcld_app.editing.examples import EXAMPLES, look_of
from mcld_app.editing.person import Person, content_of
from mcld_app.editing.recipe import Recipe, read_recipe
from mcld_app.errors import StudioError
from mcld_app.output.provenance import read_recipe_text
from mcld_app.studio import parsing
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState

_PNG = b"\x89PNG"


def open_recipe(state: EditorState, data: Data) -> EditorState:
    """The look of a recipe, from a JSON file or from a picture that was drawn here."""
    file = parsing.file_bytes(data.get("file"))
    if file[:4] == _PNG:
        text = read_recipe_text(file)
    else:
        try:
            text = file.decode("utf-8")
        except UnicodeDecodeError as error:
            raise StudioError("This file is no recipe. Choose a recipe, or a picture, that was saved here.") from error
    return use_recipe(state, read_recipe(text, lambda key: at_hand(state, key)))


def show_example(state: EditorState, data: Data) -> EditorState:
    """The look of one of the examples; the page then generates it."""
    name = parsing.text(data, "id")
    if name not in EXAMPLES:
        raise StudioError("There is no such example. Choose another one.")
    return state.to(look_of(name), "Undo brings back what was here.")


def use_recipe(state: EditorState, recipe: Recipe) -> EditorState:
    """The editor state with a recipe's look, and its people among the visitor's own; its settings go to the page."""
    for person in people_of(recipe):
        state = state.with_own(person)
    return state.to(recipe.look, "The recipe is open. Undo brings back what was here.").with_recipe(recipe)


def at_hand(state: EditorState, key: str) -> Person | MapPose | np.ndarray | None:
    """What the visitor brought in this visit, by the key of its content: one of their people, a pose of a picture, or a
    pattern."""
    for person in state.own:
        if person.key == key:
            return person
    history = state.history
    for look in (history.now, *reversed(history.before), *history.after):
        if isinstance(look.pose, MapPose) and content_of(look.pose.iuv) == key:
            return look.pose
        for edit in look.edits:
            if isinstance(edit, Cover) and edit.pattern is not None and content_of(edit.pattern) == key:
                return edit.pattern
    return None


def people_of(recipe: Recipe) -> list[Person]:
    """The people of a recipe that are no samples."""
    from mcld_app.editing import Swap, Wear

    look = recipe.look
    donors = [edit.garment.donor for edit in look.edits if isinstance(edit, Wear)]
    donors += [edit.donor for edit in look.edits if isinstance(edit, Swap) and edit.donor]
    return [person for person in (look.person, *look.appearance.others, *donors) if not person.sample]
