"""The mannequin's joints and the camera: sliders, and the handles over the picture."""

from __future__ import annotations

import math
from typing import Any

import gradio as gr

from mcld_app.body.mannequin.manual_fit import fit_by_hand
from mcld_app.body.mannequin.pose import Pose
from mcld_app.errors import StudioError
from mcld_app.studio import pose_sliders
from mcld_app.studio.actions.poses import by_hand, drag, stand, turn
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import edited
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget


def mirror(state: EditorState, data: Data) -> EditorState:
    """The pose seen in a mirror."""
    pose = by_hand(state, "mirrored")
    return stand(state, pose.mirrored().replace(name=pose_sliders.OWN))


def as_in_photo(state: EditorState, data: Data) -> EditorState:
    """Back to the photo's own pose; the clothes stay. A mannequin laid over a photo goes back to where it began."""
    if state.fitting is not None:
        fit = state.fitting.fit
        return stand(state, fit_by_hand(fit.name, fit.photo, pose_sliders.resting()).pose)
    return state if state.look.pose is None else stand(state, None)


def begin_by_hand(state: EditorState, data: Data) -> EditorState:
    """A mannequin to drag, where the pose has none yet."""
    return state if isinstance(state.pose, Pose) else stand(state, pose_sliders.resting())


def render(page: Dispatcher) -> None:
    """Three buttons, and sliders in groups. Event: "turn" {values: slider id -> number, gesture: a name for the
    drag}."""
    with gr.Row(elem_classes="quiet-row"):
        page["hand-pose"] = gr.Button("Pose by hand", size="sm", elem_id="hand-pose")
        page["mirror-pose"] = gr.Button("Mirror", size="sm", elem_id="mirror-pose")
        page["reset-pose"] = gr.Button("As in the photo", size="sm", elem_id="reset-pose")
    setup = {"groups": pose_sliders.groups()}
    page["joints"] = widget('<div class="joints"></div>', "joints", setup=setup, elem_id="joints")


def listen(page: Dispatcher) -> None:
    page.listen(page["joints"].turn, turn)
    page.listen(page["stage"].turn, turn)
    page.listen(page["stage"].drag, drag)
    page.listen(page["hand-pose"].click, begin_by_hand)
    page.listen(page["mirror-pose"].click, mirror)
    page.listen(page["reset-pose"].click, as_in_photo)


def key(state: EditorState) -> Key:
    return (state.pose,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The sliders' positions."""
    return {"values": pose_sliders.to_sliders(state.pose)}


def api_turn(recipe: str, values: dict[str, float]) -> str:
    """Set the mannequin's joints and camera, in degrees: {"left_elbow.bend": 90, "yaw": 30, ...}."""
    known = pose_sliders.to_sliders(None)
    for name, value in values.items():
        if name not in known:
            raise StudioError(f"The mannequin has no angle or setting called {str(name)[:60]!r}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise StudioError(f"{name} must be a number.")
    return edited(recipe, turn, {"values": values})


def api_drag(recipe: str, handle: str, x: float, y: float) -> str:
    """Move a handle of the mannequin to a place in the picture, 0..1 of its width and height."""
    return edited(recipe, drag, {"handle": handle, "x": x, "y": y})


def api_mirror(recipe: str) -> str:
    """Mirror the mannequin's pose."""
    return edited(recipe, mirror, {})


PANEL = Panel(
    "joints", render, listen, key, view, endpoints={"turn": api_turn, "drag": api_drag, "mirror": api_mirror}
)
