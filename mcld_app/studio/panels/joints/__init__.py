"""The mannequin's joints and the camera: sliders, and the handles over the picture."""

from __future__ import annotations

import math
from typing import Any

from mcld_app.errors import StudioError
from mcld_app.studio import pose_sliders
from mcld_app.studio.actions.poses import drag, turn
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, edited
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget


def render(page: Dispatcher) -> None:
    """Sliders in groups. Event: "turn" {values: slider id -> number, gesture: a name for the
    drag}."""
    setup = {"groups": pose_sliders.groups()}
    page["joints"] = widget('<div class="joints"></div>', "joints", setup=setup, elem_id="joints")


def listen(page: Dispatcher) -> None:
    page.listen(page["joints"].turn, turn)
    page.listen(page["stage"].turn, turn)
    page.listen(page["stage"].drag, drag)


def key(state: EditorState) -> Key:
    return (state.pose,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The sliders' positions."""
    return {"values": pose_sliders.to_sliders(state.pose)}


def api_turn(recipe: Given, values: dict[str, float]) -> Given:
    """Set the mannequin's joints and camera, in degrees: {"left_elbow.bend": 90, "yaw": 30, ...}."""
    known = pose_sliders.to_sliders(None)
    for name, value in values.items():
        if name not in known:
            raise StudioError(f"The mannequin has no angle or setting called {str(name)[:60]!r}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise StudioError(f"{name} must be a number.")
    return edited(recipe, turn, {"values": values})


def api_drag(recipe: Given, handle: str, x: float, y: float) -> Given:
    """Move a handle of the mannequin to a place in the picture, 0..1 of its width and height."""
    return edited(recipe, drag, {"handle": handle, "x": x, "y": y})


PANEL = Panel("joints", render, listen, key, view, endpoints={"turn": api_turn, "drag": api_drag})
