"""The mannequin's joints and the camera."""

from __future__ import annotations

import gradio as gr

from mcld_app.studio import acts, posing
from mcld_app.studio.answers import POSE, Parts, listen
from mcld_app.studio.components.widget import widget


def render(parts: Parts) -> dict[str, gr.Button]:
    """Sliders in groups. Event: "turn" {values: slider id -> number, gesture: a name for the drag}."""
    with gr.Row(elem_classes="quiet-row"):
        buttons = {
            "mirror": gr.Button("Mirror", size="sm", elem_id="mirror-pose"),
            "reset": gr.Button("As in the photo", size="sm", elem_id="reset-pose"),
        }
    setup = {"groups": posing.groups()}
    parts["joints"] = widget('<div class="joints"></div>', "joints", setup=setup, elem_id="joints")
    return buttons


def listen_all(parts: Parts, buttons: dict[str, gr.Button]) -> None:
    listen(parts, parts["joints"].turn, acts.turn, *POSE)
    listen(parts, buttons["mirror"].click, acts.mirror, *POSE)
    listen(parts, buttons["reset"].click, acts.as_in_photo, *POSE)
