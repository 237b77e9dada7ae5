"""Recipes: a look that somebody saved, or that a picture was drawn from, becomes the one on the page."""

from __future__ import annotations

import numpy as np

from mcld_app.editing import Cover, MapPose
from mcld_app.editing.person import Person, content_of
from mcld_app.editing.recipe import Recipe
from mcld_app.studio.state import EditorState


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
