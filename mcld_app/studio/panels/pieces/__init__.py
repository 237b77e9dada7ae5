"""What somebody on a dropped photo wears: the piece that is meant is chosen by a click on it."""

from __future__ import annotations

from typing import Any

from mcld_app.body.wearer.pieces import PIECES
from mcld_app.editing import look as looks
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.worn_garment import outlines, pieces_of, worn_piece
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = '<div class="pieces" role="group" aria-label="What they wear"></div>'


def wear_piece(state: EditorState, data: Data) -> EditorState:
    """Put on one piece of what somebody on the dropped photo wears."""
    if state.wearer is None:
        raise StudioError("This photo is not here any more. Drop it again.")
    return state.to(looks.add(state.look, Wear(worn_piece(state.wearer, parsing.text(data, "piece")))))


def render(page: Dispatcher) -> None:
    """The photo, each piece outlined. Event: "wear" {piece}."""
    page["pieces"] = widget(_HTML, "pieces", elem_id="pieces")


def listen(page: Dispatcher) -> None:
    page.listen(page["pieces"].wear, wear_piece)


def key(state: EditorState) -> Key:
    return (state.wearer,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The photo whose clothes were dropped last, and the outlines of what it shows; "pieces" is empty without one."""
    person = state.wearer
    if person is None:
        return {"name": "", "src": "", "ratio": 1, "pieces": []}
    lines = outlines(person)
    pieces = [
        {"id": name, "label": PIECES[name], "lines": [line.round(4).tolist() for line in lines.get(name, ())]}
        for name in pieces_of(person).shown
    ]
    return {"name": person.name, "src": jpeg(person.picture), "ratio": 11 / 16, "pieces": pieces}


PANEL = Panel("pieces", render, listen, key, view)
