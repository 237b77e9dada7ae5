"""What is seen around the person: the picture's own ground, a colour, nothing, or a picture of the visitor's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcld_app.body.photo import read_sized_photo
from mcld_app.editing.new_ground import Ground, ground_of_picture
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.photos import check_agreed
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.messages import NOT_UNDERSTOOD
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import whole_thumb
from mcld_app.studio.state import EditorState, Note
from mcld_app.studio.widget import widget

_HTML = """
<div class="ground"><h3 id="ground-title">Background</h3>
  <div class="ground-kinds" role="group" aria-labelledby="ground-title">
    <button type="button" data-kind="own" aria-pressed="true" title="As the picture has it"><i></i>As it is</button>
    <label class="ground-colour" title="One colour"><input type="color" value="#e7e5e4"><i></i><span>Colour</span>
    </label>
    <button type="button" data-kind="transparent" aria-pressed="false" title="Nothing behind the person: what is
      downloaded is a transparent PNG"><i></i>None</button>
    <label class="ground-picture" title="A picture of yours: its middle. It stays in the server’s memory, for this
      visit, like your photos"><input type="file" accept="image/*,.heic,.heif,.avif"><i></i><span>Picture</span></label>
  </div>
</div>
"""


def choose_ground(state: EditorState, data: Data) -> EditorState:
    """Another ground: {kind, colour}; the picture that was brought last is not kept."""
    kind = data.get("kind")
    if kind == "colour":
        return replace(state, ground=Ground("colour", parsing.colour(data)), note=Note())
    if kind not in ("own", "transparent"):
        raise StudioError(NOT_UNDERSTOOD)
    return replace(state, ground=Ground(kind), note=Note())


def bring_ground(state: EditorState, data: Data) -> EditorState:
    """A picture of the visitor's as the ground: {file}. It is read, kept and deleted as their photos are."""
    check_agreed(state)
    picture, _ = read_sized_photo(parsing.file_bytes(data.get("file")))
    return replace(state, ground=ground_of_picture(picture), note=Note())


def render(page: Dispatcher) -> None:
    """Four choices. Events: "choose" {kind, colour} and "bring" {file}."""
    page["ground"] = widget(_HTML, "ground", elem_id="ground")


def listen(page: Dispatcher) -> None:
    page.listen(page["ground"].choose, choose_ground)
    page.listen(page["ground"].bring, bring_ground)


def key(state: EditorState) -> Key:
    return (state.ground,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """Which ground is chosen."""
    ground = state.ground
    return {
        "kind": ground.kind,
        "colour": "#{:02x}{:02x}{:02x}".format(*ground.colour) if ground.kind == "colour" else None,
        "picture": whole_thumb(ground.picture) if ground.picture is not None else None,
    }


PANEL = Panel("ground", render, listen, key, view)
