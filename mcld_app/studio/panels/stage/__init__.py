"""The person on whom clothes are dropped, the slider between photo and preview, and the IUV map under it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from mcld_app.body.photo import encode_png
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.new_ground import OWN_GROUND, preview_before
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.editing.preview import LARGE_SIZE
from mcld_app.errors import StudioError
from mcld_app.studio import parsing, regions
from mcld_app.studio.actions.adjusting import undo_mark
from mcld_app.studio.actions.fitting import adjust_body, leave_body, paint_outline, turn_round, use_body
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, opened
from mcld_app.studio.panel import Panel
from mcld_app.studio.panels.stage.live_preview import (
    begin_drawing,
    drawn_picture,
    grounded_picture,
    large_picture,
    live_picture,
)
from mcld_app.studio.panels.stage.values import key, view
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note
from mcld_app.studio.widget import widget

_HTML = """
<div class="stage">
  <div class="stage-bar">
    <div class="segments" role="group" aria-label="What to show">
      <button type="button" class="stage-show-preview" aria-pressed="true">Preview</button>
      <button type="button" class="stage-show-compare" aria-pressed="false">Before / after</button>
      <button type="button" class="stage-show-drawn" aria-pressed="false" hidden>Drawn</button>
    </div>
    <div class="stage-fitting" hidden>
      <span class="stage-fitting-what"></span>
      <span class="stage-outline" hidden>
        <button type="button" class="stage-outline-add" aria-pressed="false" title="Paint what belongs to the person and
          lies outside of the line">Add</button>
        <button type="button" class="stage-outline-less" aria-pressed="false" title="Paint what does not belong to the
          person: a bag, a neighbour">Take away</button>
      </span>
      <button type="button" class="stage-turn-round" title="Read the person from the other side: a front as a back, a
        back as a front">Turn round</button>
      <button type="button" class="stage-use-body">Use this body</button>
      <button type="button" class="stage-leave-body">Leave it</button>
    </div>
    <div class="stage-history">
      <button type="button" data-act="undo" aria-label="Undo" title="Undo (Ctrl+Z)"><svg viewBox="0 0 24 24"
        aria-hidden="true"><path d="M8 5 4 9l4 4M4.500 9H14a5 5 0 0 1 0 10h-4"/></svg></button>
      <button type="button" data-act="redo" aria-label="Redo" title="Redo (Ctrl+Y)"><svg viewBox="0 0 24 24"
        aria-hidden="true"><path d="m16 5 4 4-4 4M19.500 9H10a5 5 0 0 0 0 10h4"/></svg></button>
      <button type="button" data-act="reset" title="Back to the photo: its pose and its clothes">Reset</button>
    </div>
  </div>
  <div class="stage-row">
    <div class="stage-frame">
      <img class="stage-after" alt="" draggable="false" width="352" height="512">
      <img class="stage-drawn" alt="" draggable="false" width="352" height="512">
      <img class="stage-map" alt="" draggable="false" width="352" height="512">
      <canvas class="stage-light" aria-hidden="true"></canvas>
      <svg class="stage-joints" viewBox="0 0 352 512" role="group" aria-label="Joints of the mannequin"></svg>
      <canvas class="stage-brush" width="352" height="512" aria-label="Picture to paint on"></canvas>
      <div class="stage-cut"><img class="stage-before" alt="" draggable="false" width="352" height="512"></div>
      <div class="stage-handle" aria-hidden="true"><span></span></div>
      <span class="stage-tag left" aria-hidden="true">Photo</span>
      <span class="stage-tag right" aria-hidden="true">Preview</span>
      <input class="stage-slider" type="range" min="0" max="100" value="50" step="1" aria-label="Photo or preview">
      <span class="stage-badge"></span>
      <button type="button" class="stage-enlarge" aria-label="Look at it large" title="Look at it large"><svg
        viewBox="0 0 24 24" aria-hidden="true"><path d="M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13M15.200
        15.200 20 20M10.500 7.800v5.400M7.800 10.500h5.400"/></svg></button>
      <div class="stage-hint" aria-hidden="true"></div>
    </div>
  </div>
  <div class="stage-under">
  <div class="stage-found" hidden>
    <button type="button" class="stage-adjust" title="Move the mannequin that gave this person their body">Adjust the
      body</button>
    <button type="button" class="stage-adjust-garment" title="Where neck, sleeves and hems are in its picture, and what
      of the picture is the garment" hidden>Adjust the garment</button>
    <button type="button" class="stage-turn-person" title="Read the person from the other side: a front as a back, a
      back as a front">Turn round</button>
  </div>
  <details class="stage-sees"><summary>What the model sees</summary>
    <figure><img class="stage-iuv" alt="IUV map of the pose" width="352" height="512">
      <figcaption title="Which part of the body each pixel shows, and where on it: the pose as the network reads it"
        >The pose, as an IUV map</figcaption></figure>
  </details>
  </div>
  <div class="stage-live" aria-live="polite"></div>
  <dialog class="stage-large" aria-label="The preview, large">
    <div class="stage-large-acts">
      <button type="button" class="stage-large-zoom" aria-pressed="false" title="Each of its pixels is one of the
        screen: drag the picture to look around">100%</button>
      <button type="button" class="stage-large-full" title="The whole screen">Full screen</button>
      <button type="button" class="stage-large-close" aria-label="Close">&times;</button>
    </div>
    <div class="stage-large-view"><img alt="" width="704" height="1024" draggable="false"></div>
  </dialog>
</div>
"""

_LIGHT = (20, 184, 166)  # teal: not the colour of anybody's clothes here, and seen on dark and light ones


def undo(state: EditorState, data: Data) -> EditorState:
    """One step back."""
    if state.fitting is not None:
        return replace(state, fitting=state.fitting.undo(), note=Note(), live=False)
    if (marked := undo_mark(state)) is not None:
        return marked
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


def outline(state: EditorState, data: Data) -> EditorState:
    """Strokes that belong to the person who is being fitted ("add"), or do not."""
    if state.fitting is None:
        raise StudioError("There is no mannequin over a photo. Press “Adjust the body” first.")
    strokes = parsing.strokes(data, PICTURE_SIZE)
    return paint_outline(state, strokes[..., 3] > 127, add=data.get("add") is True)


def render(page: Dispatcher) -> None:
    """The drop target. Events: "wear" {id, region or parts} for a garment of the list, "files" {files, region} for
    files from the desktop, "lift" {id} when a garment is taken in hand; "drag" {handle, x, y, live, by, gesture} for
    the mannequin's joints, "turn" {by} where the picture's ground is dragged; "use_body", "leave_body", "turn_round"
    and "outline" {strokes, add} of the mannequin over a photo, "adjust" to take it up again; "adjust_garment" {id};
    "paint" {on, strokes, erase} and "part" {strokes, part} for the brush; "undo", "redo" and "reset"."""
    page["stage"] = widget(
        _HTML,
        "stage",
        _first_picture(),
        also=("brush", "handles"),
        server_functions=[
            made(page.sessions) for made in (live_picture, drawn_picture, large_picture, grounded_picture)
        ],
        setup={"regions": regions.for_page(), "at": regions.under_pointer(), "colour": list(_LIGHT)},
        elem_id="stage",
    )


def listen(page: Dispatcher) -> None:
    """What belongs to the picture itself; what else is done on it, the panels it belongs to listen for."""
    page.listen(page["stage"].use_body, use_body)
    page.listen(page["stage"].leave_body, leave_body)
    page.listen(page["stage"].adjust, adjust_body)
    page.listen(page["stage"].turn_round, turn_round)
    page.listen(page["stage"].outline, outline)
    page.listen(page["stage"].undo, undo)
    page.listen(page["stage"].redo, redo)
    page.listen(page["stage"].reset, reset)


def _first_picture() -> dict[str, Any]:
    """The first sample's photo as its file has it, so that somebody is there before anything is computed."""
    sample = next(iter(samples.people().values()))
    data = base64.b64encode(sample.photo_path.read_bytes()).decode()
    kind = "jpeg" if sample.photo_path.suffix.lower() in (".jpg", ".jpeg") else "png"
    picture = f"data:image/{kind};base64,{data}"
    return {"serial": 0, "picture": picture, "before": picture, "person": "", "iuv": None, "parts": None,
            "pose": "as in the photo", "alt": sample.label, "undo": False, "redo": False}  # fmt: skip


def api_preview(recipe: Given, large: bool = False) -> str:
    """The texture preview of a recipe, without any network: a PNG in base64, 352 x 512 pixels or 704 x 1024. “picture”
    gives the same as a picture."""
    return base64.b64encode(api_picture(recipe, large)).decode()


def api_picture(recipe: Given, large: bool = False) -> bytes:
    """Look at the person as they are now: the preview, without any network, as a picture of 352 x 512 pixels or
    704 x 1024."""
    made = opened(recipe)
    return encode_png(preview_before(made.look, made.ground or OWN_GROUND, LARGE_SIZE if large else PICTURE_SIZE))


PANEL = Panel(
    "stage", render, listen, key, view, turn="first", ahead=begin_drawing,
    endpoints={"preview": api_preview, "picture": api_picture},
)  # fmt: skip
