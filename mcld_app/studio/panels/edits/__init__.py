"""The list of edits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcld_app.editing import Edit
from mcld_app.editing import look as looks
from mcld_app.editing.area import CLOTHES
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.skin import Skin
from mcld_app.editing.edits.wear import Wear
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.own_items import edit_label
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, edited
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import sign, thumb
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = """
<div class="edits-box"><h3>Edits</h3><p class="edits-none">None yet: everything is as in the photo.</p>
<ol class="edits-list"></ol></div>
"""


def remove(state: EditorState, data: Data) -> EditorState:
    """Delete the edit at `index` of the list; a face takes the skin that followed it along."""
    index = parsing.index(data)
    look = looks.remove(state.look, index)
    return state.to(looks.without(look, Skin) if isinstance(state.look.edits[index], FaceSwap) else look)


def switch(state: EditorState, data: Data) -> EditorState:
    """Switch the edit at `index` on or off; with a face also the skin that follows it."""
    index, on = parsing.index(data), data.get("on") is True
    look = looks.switch(state.look, index, on)
    if isinstance(look.edits[index], FaceSwap):
        for place in [k for k, edit in enumerate(look.edits) if isinstance(edit, Skin)]:
            look = looks.switch(look, place, on)
    return state.to(look)


def move(state: EditorState, data: Data) -> EditorState:
    """Move the edit at `index` to the place `to`."""
    return state.to(looks.move(state.look, parsing.index(data), parsing.index(data, "to")))


def stand_off(state: EditorState, data: Data) -> EditorState:
    """Whether what stands off the body of the garment at `index` does so."""
    at, edits = parsing.index(data), state.look.edits
    if not 0 <= at < len(edits) or not isinstance(edits[at], Wear):
        raise StudioError("There is no garment at this place of the list any more.")
    changed = replace(edits[at], stands_off=data.get("on") is True)
    return state.to(looks.with_edits(state.look, (*edits[:at], changed, *edits[at + 1 :])))


def place(state: EditorState, data: Data) -> EditorState:
    """The garment at `index` on another region, or on any set of body parts."""
    at, edits = parsing.index(data), state.look.edits
    if not 0 <= at < len(edits) or not isinstance(edits[at], Wear):
        raise StudioError("There is no garment at this place of the list any more.")
    moved = replace(edits[at], area=parsing.area(data))
    return state.to(looks.with_edits(state.look, (*edits[:at], moved, *edits[at + 1 :])))


def render(page: Dispatcher) -> None:
    """A list with the events "switch" {index, on}, "move" {index, to}, "standoff" {index, on} and "remove" {index};
    "adjust" {index} and "place" {index, region or parts} of a garment."""
    page["edits"] = widget(_HTML, "edits", setup={"regions": dict(CLOTHES)}, elem_id="edits")


def listen(page: Dispatcher) -> None:
    page.listen(page["edits"].switch, switch)
    page.listen(page["edits"].move, move)
    page.listen(page["edits"].remove, remove)
    page.listen(page["edits"].standoff, stand_off)
    page.listen(page["edits"].place, place)


def key(state: EditorState) -> Key:
    return (state.look.edits, state.names)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The list of edits, in the order they are made."""
    return {
        "edits": [
            {"label": edit_label(state, edit), "place": edit.place, "on": edit.on, "src": _edit_thumb(edit),
             "off": _off(edit), "region": _region(edit),
             "adjust": isinstance(edit, Wear) and edit.garment.marking is not None}
            for edit in state.look.edits
        ]
    }


def _region(edit: Edit) -> str | None:
    """The region a garment is worn on, "parts" for chosen parts; None for what has a place of its own."""
    if not isinstance(edit, Wear) or edit.garment.kind:
        return None
    return edit.area if isinstance(edit.area, str) and edit.area in CLOTHES else "parts"


def _off(edit: Edit) -> bool | None:
    """Whether a garment's cloth stands off the body; None for what has none that could."""
    return edit.stands_off if isinstance(edit, Wear) and edit.garment.shells else None


def _edit_thumb(edit: Edit) -> str:
    """A small picture of what an edit brings."""
    small = edit.thumbnail
    return sign("none") if small is None else thumb(small.picture, small.shown, closest=small.closest)


def api_switch(recipe: Given, index: int, on: bool) -> Given:
    """Switch the edit at a place of the list on or off."""
    return edited(recipe, switch, {"index": index, "on": on})


def api_move(recipe: Given, index: int, to: int) -> Given:
    """Move the edit at a place of the list to another one: later edits lie over earlier ones."""
    return edited(recipe, move, {"index": index, "to": to})


def api_remove(recipe: Given, index: int) -> Given:
    """Delete the edit at a place of the list."""
    return edited(recipe, remove, {"index": index})


PANEL = Panel(
    "edits", render, listen, key, view, endpoints={"switch": api_switch, "move": api_move, "remove": api_remove}
)
