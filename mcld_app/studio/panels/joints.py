"""The mannequin's joints and the camera."""

from __future__ import annotations

import gradio as gr

from mcld_app.studio import actions, pose_sliders
from mcld_app.studio.dispatcher import POSE, Parts, listen
from mcld_app.studio.panels.widget import widget

_BORROW = """
<div class="borrow">
  <label title="From its IUV map">Pose of another picture <select><option value="">Choose …</option></select></label>
  <button type="button" class="borrow-save" title="The pose as a file, to open again here">Save pose</button>
  <label class="borrow-open">Open pose<input type="file" accept=".json,application/json"></label>
</div>
"""


def render(parts: Parts) -> dict[str, gr.Button]:
    """Sliders in groups, and poses from elsewhere. Events: "turn" {values: slider id -> number, gesture: a name for the
    drag}; "of" {id} and "open" {file}."""
    with gr.Row(elem_classes="quiet-row"):
        buttons = {
            "hand": gr.Button("Pose by hand", size="sm", elem_id="hand-pose"),
            "mirror": gr.Button("Mirror", size="sm", elem_id="mirror-pose"),
            "reset": gr.Button("As in the photo", size="sm", elem_id="reset-pose"),
        }
    parts["borrow"] = widget(_BORROW, "borrow", elem_id="borrow")
    setup = {"groups": pose_sliders.groups()}
    parts["joints"] = widget('<div class="joints"></div>', "joints", setup=setup, elem_id="joints")
    return buttons


def listen_all(parts: Parts, buttons: dict[str, gr.Button]) -> None:
    listen(parts, parts["joints"].turn, actions.turn, *POSE)
    listen(parts, buttons["hand"].click, actions.begin_by_hand, *POSE)
    listen(parts, parts["borrow"].of, actions.pose_of, *POSE)
    listen(parts, parts["borrow"].open, actions.open_pose, *POSE)
    listen(parts, buttons["mirror"].click, actions.mirror, *POSE)
    listen(parts, buttons["reset"].click, actions.as_in_photo, *POSE)
