"""What a visitor brought, one by one: another name for it, or away with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mcld_app.editing import History, Look
from mcld_app.editing import look as looks
from mcld_app.editing.edits.edit import Edit
from mcld_app.editing.edits.wear import Wear
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import FITTING, EditorState, Note, initial_state, own_garment_id

_LONGEST = 40  # letters
_NOT_YOURS = "This is not among your own people and clothes any more."


def rename(state: EditorState, data: Data) -> EditorState:
    """Another {name} for the visitor's own person or garment of that {id}; no name gives back the first one."""
    choice, name = parsing.text(data, "id"), " ".join(parsing.text(data, "name").split())[:_LONGEST]
    if choice not in _own(state):
        raise StudioError(_NOT_YOURS)
    others = {known: given for known, given in state.names.items() if known != choice and known in _own(state)}
    return replace(state, names={**others, choice: name} if name else others, note=Note())


def discard(state: EditorState, data: Data) -> EditorState:
    """Delete the visitor's own person or garment of that {id}, and all that shows it: edits, steps to undo, and what
    was not finished. Undo does not bring it back."""
    choice = parsing.text(data, "id")
    name = _own(state).get(choice)
    if name is None:
        raise StudioError(_NOT_YOURS)
    if state.fitting is not None:
        raise StudioError(FITTING)
    shows = _shows(choice)
    kept = [tuple(look for look in side if not _is_in(shows, choice, look))
            for side in (state.history.before, state.history.after)]  # fmt: skip
    if choice == f"own:{state.look.person.key}":
        now = initial_state().look
    else:
        now = looks.with_edits(state.look, tuple(edit for edit in state.look.edits if not shows(edit)))
        others = tuple(other for other in now.appearance.others if choice != f"own:{other.key}")
        if len(others) != len(now.appearance.others):
            now = replace(now, appearance=looks.with_edits(looks.of(now.person), now.edits).appearance)
    return replace(
        state,
        history=History(now, *kept),
        own=tuple(person for person in state.own if choice != f"own:{person.key}"),
        own_garments=tuple(garment for garment in state.own_garments if choice != own_garment_id(garment)),
        names={known: given for known, given in state.names.items() if known != choice},
        in_hand=None, detections=None, wearer=None, adjusting=None, question=None, recipe=None,
        note=Note(f"“{name}” is deleted, and what showed it with it.", "info"),
    )  # fmt: skip


def shown_name(state: EditorState, choice: str, name: str) -> str:
    """What the page calls the visitor's own person or garment of an id, whose first name is `name`."""
    return state.names.get(choice, name)


def edit_label(state: EditorState, edit: Edit) -> str:
    """What the page calls an edit, by the names that the visitor gave."""
    choice = own_garment_id(edit.garment) if isinstance(edit, Wear) and edit.garment.kind else ""
    if choice in state.names:
        return state.names[choice]
    label = edit.label
    for person in edit.people:
        label = label.replace(person.name, state.names.get(f"own:{person.key}", person.name))
    return label


def given_names(state: EditorState) -> dict[str, str]:
    """The names that the visitor gave, by the key of the person who is on the picture, or whose picture is a garment's:
    as recipes have them."""
    people = {person.key: f"own:{person.key}" for person in state.own}
    garments = (*state.own_garments, *(edit.garment for edit in state.look.edits_of(Wear)))
    found = people | {garment.donor.key: own_garment_id(garment) for garment in garments if garment.kind}
    return {key: state.names[choice] for key, choice in found.items() if choice in state.names}


def _own(state: EditorState) -> dict[str, str]:
    """The visitor's own people and garments: id -> name."""
    people = {f"own:{person.key}": person.name for person in state.own}
    found = people | {own_garment_id(garment): garment.label for garment in state.own_garments}
    return {choice: state.names.get(choice, name) for choice, name in found.items()}


def _shows(choice: str) -> Callable[[Edit], bool]:
    """Whether an edit shows what has that id."""

    def shows(edit: Edit) -> bool:
        if isinstance(edit, Wear) and choice == own_garment_id(edit.garment):
            return True
        return any(choice == f"own:{person.key}" for person in edit.people)

    return shows


def _is_in(shows: Callable[[Edit], bool], choice: str, look: Look) -> bool:
    people = (look.person, *look.appearance.others)
    return any(map(shows, look.edits)) or any(choice == f"own:{person.key}" for person in people)
