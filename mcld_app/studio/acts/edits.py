"""What a visitor can do with the list of edits."""

from __future__ import annotations

from dataclasses import replace

from mcld_app.editing import look as looks
from mcld_app.studio.acts import sent
from mcld_app.studio.acts.sent import Data
from mcld_app.studio.desk import Desk, Note


def remove(desk: Desk, data: Data) -> Desk:
    """Delete the edit at `index` of the list."""
    return desk.to(looks.remove(desk.look, sent.index(data)))


def switch(desk: Desk, data: Data) -> Desk:
    """Switch the edit at `index` on or off."""
    return desk.to(looks.switch(desk.look, sent.index(data), data.get("on") is True))


def move(desk: Desk, data: Data) -> Desk:
    """Move the edit at `index` to the place `to`."""
    return desk.to(looks.move(desk.look, sent.index(data), sent.index(data, "to")))


def undo(desk: Desk, data: Data) -> Desk:
    """One step back."""
    if desk.laying is not None:
        return replace(desk, laying=desk.laying.undo(), note=Note(), live=False)
    if not desk.history.before:
        return replace(desk, note=Note("There is nothing to undo.", "info"))
    return replace(desk, history=desk.history.undo(), note=Note(), live=False)


def redo(desk: Desk, data: Data) -> Desk:
    """One step forward again."""
    if not desk.history.after or desk.laying is not None:
        return replace(desk, note=Note("There is nothing to redo.", "info"))
    return replace(desk, history=desk.history.redo(), note=Note(), live=False)


def reset(desk: Desk, data: Data) -> Desk:
    """The person as in their photo; undo brings everything back."""
    return desk.to(looks.of(desk.look.person), "Everything is as in the photo again. Undo brings it back.")


def guess(desk: Desk, data: Data) -> Desk:
    """How texels that no picture shows are guessed."""
    return desk.to(looks.guess(desk.look, sent.text(data, "how")))
