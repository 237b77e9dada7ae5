"""What a visitor can do with the list of edits."""

from __future__ import annotations

from dataclasses import replace

from mcld_app.editing import look as looks
from mcld_app.studio import parsing
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note


def remove(state: EditorState, data: Data) -> EditorState:
    """Delete the edit at `index` of the list."""
    return state.to(looks.remove(state.look, parsing.index(data)))


def switch(state: EditorState, data: Data) -> EditorState:
    """Switch the edit at `index` on or off."""
    return state.to(looks.switch(state.look, parsing.index(data), data.get("on") is True))


def move(state: EditorState, data: Data) -> EditorState:
    """Move the edit at `index` to the place `to`."""
    return state.to(looks.move(state.look, parsing.index(data), parsing.index(data, "to")))


def undo(state: EditorState, data: Data) -> EditorState:
    """One step back."""
    if state.fitting is not None:
        return replace(state, fitting=state.fitting.undo(), note=Note(), live=False)
    if not state.history.before:
        return replace(state, note=Note("There is nothing to undo.", "info"))
    return replace(state, history=state.history.undo(), note=Note(), live=False)


def redo(state: EditorState, data: Data) -> EditorState:
    """One step forward again."""
    if not state.history.after or state.fitting is not None:
        return replace(state, note=Note("There is nothing to redo.", "info"))
    return replace(state, history=state.history.redo(), note=Note(), live=False)


def reset(state: EditorState, data: Data) -> EditorState:
    """The person as in their photo; undo brings everything back."""
    return state.to(looks.of(state.look.person), "Everything is as in the photo again. Undo brings it back.")


def guess(state: EditorState, data: Data) -> EditorState:
    """How texels that no picture shows are guessed."""
    return state.to(looks.guess(state.look, parsing.text(data, "how")))
