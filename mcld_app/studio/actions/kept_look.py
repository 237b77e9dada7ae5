"""The look that a visitor's window keeps, for the case that the studio is started again: it has no pictures in it."""

from __future__ import annotations

from dataclasses import replace

from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import NotAtHand, StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.recipes import at_hand, use_recipe
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note, initial_state

MOST = 200_000
"""Characters of a look that a window keeps at most."""

BACK = "The studio was started again. Your look is back; pictures that were drawn are not."
WITHOUT = "The studio was started again."
DROP_AGAIN = (
    "The studio was started again, and your photo is not kept anywhere. Drop the photo again, and your edits come back."
)


def look_to_keep(state: EditorState) -> str:
    """The recipe of what is on the page, without pictures; "" where it is what a fresh page shows, or too much."""
    if not state.is_edited and state.look.person.key == initial_state().look.person.key:
        return ""
    text = write_recipe(Recipe(state.look))
    return text if len(text) <= MOST else ""


def fits(state: EditorState, text: str) -> bool:
    """Whether a look can be shown by now: all pictures that it needs are here."""
    try:
        read_recipe(text[: MOST + 1], lambda key: at_hand(state, key))
    except StudioError:
        return False
    return True


def use_kept_look(state: EditorState, data: Data) -> EditorState:
    """The look {look} that the window kept, and what is said of it. Where it needs pictures of the visitor's own, they
    are asked for, by a note that "offers" them; where it can be read no more, nothing is restored."""
    try:
        recipe = read_recipe(parsing.text(data, "look")[: MOST + 1], lambda key: at_hand(state, key))
    except NotAtHand:
        return replace(state, note=Note(DROP_AGAIN, "warning", "photo"))
    except StudioError:
        return replace(state, note=Note(WITHOUT, "warning"))
    return replace(use_recipe(state, recipe), note=Note(BACK, "warning"))
