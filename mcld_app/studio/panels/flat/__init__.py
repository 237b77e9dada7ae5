"""Whether the person's own hair and loose clothes stand off the body."""

from __future__ import annotations

from typing import Any

from mcld_app.editing import look as looks
from mcld_app.editing.edits.flat import Flat
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, edited
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = """
<div class="flat" hidden>
  <label class="switch" title="In previews, and for the model that comes with the studio"><input type="checkbox"
    data-name="hair" checked> Hair stands off the head</label>
  <label class="switch" title="In previews, and for the model that comes with the studio"><input type="checkbox"
    data-name="clothes" checked> Skirts and wide clothes stand off the body</label>
</div>
"""


def stand_off(state: EditorState, data: Data) -> EditorState:
    """Whether the person's own "hair" and "clothes" stand off their body."""
    flat = Flat(data.get("hair") is False, data.get("clothes") is False)
    if not flat.hair and not flat.clothes:
        return state.to(looks.without(state.look, Flat))
    return state.to(looks.add(state.look, flat))


def render(page: Dispatcher) -> None:
    """Two switches. Event: "off" {hair, clothes}."""
    page["flat"] = widget(_HTML, "flat", elem_id="flat")


def listen(page: Dispatcher) -> None:
    page.listen(page["flat"].off, stand_off)


def key(state: EditorState) -> Key:
    return (state.look.person, state.look.edits_of(Flat))


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """Which of the two there are, and which of them stand off."""
    places = {shell.hangs_on == "head" for shell in state.look.person.shells}
    flat = next((edit for edit in state.look.edits_of(Flat) if edit.on), Flat())
    return {
        "hair": {"there": True in places, "on": not flat.hair},
        "clothes": {"there": False in places, "on": not flat.clothes},
    }


def api_stand_off(recipe: Given, hair: bool = True, clothes: bool = True) -> Given:
    """Whether the person's own hair, and their skirts and wide clothes, stand off the body in previews."""
    return edited(recipe, stand_off, {"hair": hair, "clothes": clothes})


PANEL = Panel("flat", render, listen, key, view, turn="last", endpoints={"stand_off": api_stand_off})
