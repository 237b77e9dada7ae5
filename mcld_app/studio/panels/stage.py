"""The person on whom clothes are dropped, the slider between photo and preview, and the IUV map beside them."""

from __future__ import annotations

from mcld_app.studio import actions, regions
from mcld_app.studio.dispatcher import EDITS, EVERYTHING, PERSON, POSE, Parts, listen, prepare
from mcld_app.studio.live_preview import live_picture
from mcld_app.studio.panels.widget import widget

_HTML = """
<div class="stage">
  <div class="stage-bar">
    <div class="segments" role="group" aria-label="What to show">
      <button type="button" class="stage-show-preview" aria-pressed="true">Preview</button>
      <button type="button" class="stage-show-compare" aria-pressed="false">Before / after</button>
      <button type="button" class="stage-show-drawn" aria-pressed="false" hidden>Drawn</button>
    </div>
    <div class="stage-laying" hidden>
      <span class="stage-laying-what"></span>
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
      <div class="stage-hint" aria-hidden="true"></div>
    </div>
    <div class="stage-side">
      <figure><img class="stage-iuv" alt="IUV map of the pose" width="352" height="512">
        <figcaption>IUV map</figcaption></figure>
      <figure><img class="stage-photo" alt="The photo" width="352" height="512"><figcaption>Photo</figcaption></figure>
    </div>
  </div>
  <div class="stage-wear">
    <p class="stage-prompt"></p>
    <div class="stage-regions" role="toolbar" aria-label="Where to wear the garment"></div>
  </div>
  <div class="stage-live" aria-live="polite"></div>
</div>
"""

_LIGHT = (20, 184, 166)  # teal: not the colour of anybody's clothes here, and seen on dark and light ones


def render(parts: Parts, value: dict | None) -> None:
    """The drop target. Events: "wear" {id, region or parts} for a garment of the list, "files" {files, region} for
    files from the desktop, "lift" {id} when a garment is taken in hand; "drag" {handle, x, y, live, by, gesture} for
    the mannequin's joints, "turn" {by} where the picture's ground is dragged; "use_body" and "leave_body" of the
    mannequin over a photo; "paint" {on, strokes, erase} and "part" {strokes, part} for the brush; "undo", "redo" and
    "reset"."""
    parts["stage"] = widget(
        _HTML,
        "stage",
        value,
        also=("brush", "handles"),
        server_functions=[live_picture(parts.sessions)],
        setup={"regions": regions.for_page(), "at": regions.under_pointer(), "colour": list(_LIGHT)},
        elem_id="stage",
    )


def listen_all(parts: Parts) -> None:
    listen(parts, parts["stage"].wear, actions.wear, *EDITS)
    listen(parts, parts["stage"].files, actions.wear_files, *dict.fromkeys((*EDITS, *PERSON)))
    prepare(parts, parts["stage"].lift, actions.lift)
    listen(parts, parts["stage"].drag, actions.drag, *POSE)
    listen(parts, parts["stage"].turn, actions.turn, *POSE)
    listen(parts, parts["stage"].use_body, actions.use_body, *EVERYTHING)
    listen(parts, parts["stage"].leave_body, actions.leave_body, *EVERYTHING)
    listen(parts, parts["stage"].paint, actions.paint, *EDITS)
    listen(parts, parts["stage"].part, actions.paint_map, *POSE)
    listen(parts, parts["stage"].undo, actions.undo, *EVERYTHING)
    listen(parts, parts["stage"].redo, actions.redo, *EVERYTHING)
    listen(parts, parts["stage"].reset, actions.reset, *EVERYTHING)
