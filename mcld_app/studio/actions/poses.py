"""The pose: what several panels do with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from mcld_app.body.mannequin.dragging import PINS, hold, nudge
from mcld_app.body.mannequin.dragging import drag as reach
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.view import is_cut, seen_whole, within_frame
from mcld_app.editing import MapPose
from mcld_app.editing import look as looks
from mcld_app.editing.look import in_their_shape
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.errors import StudioError
from mcld_app.studio import parsing, pose_sliders
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note

_ORBIT = ("yaw", "pitch", "zoom")


def turn(state: EditorState, data: Data) -> EditorState:
    """The mannequin's joints and camera, as the sliders stand; or some of them further by so much ("by"), counted from
    where the gesture began on the page."""
    by = data.get("by")
    if isinstance(by, Mapping):
        pose = by_hand(state, "turned")
        now = pose_sliders.to_sliders(pose)
        values = {**now, **{name: now[name] + parsing.number(by, name) for name in by if name in _ORBIT}}
        values["yaw"] = (values["yaw"] + 180) % 360 - 180
        return stand(state, pose_sliders.from_sliders(values, pose.shape), data)
    values = data.get("values")
    if not isinstance(values, Mapping):
        raise StudioError("The sliders' positions did not arrive. Move one again.")
    numbers = {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    was = state.pose if isinstance(state.pose, Pose) else pose_sliders.resting()
    pose = pose_sliders.from_sliders(numbers, was.shape)
    return stand(state, pose if state.fitting is not None else seen_whole(was, pose), data)


def drag(state: EditorState, data: Data) -> EditorState:
    """Move a handle of the mannequin to a place in the picture, 0..1 of its width and height; with "by", that far."""
    pose, handle = by_hand(state, "dragged"), parsing.text(data, "handle")
    x, y = parsing.number(data, "x"), parsing.number(data, "y")
    moved = (nudge if data.get("by") is True else reach)(pose, handle, x, y, PICTURE_SIZE)
    moved = hold(pose, moved, [pin for pin in state.pins if handle not in PINS[pin]], PICTURE_SIZE)
    return stand(state, moved.replace(name=pose_sliders.OWN), data)


def stand(state: EditorState, pose: Pose | MapPose | None, data: Data | None = None) -> EditorState:
    """The editor state with another pose: the look's, or that of the mannequin being laid over a photo. What the
    page sent says whether a hand is still on it, and which gesture it is."""
    live, gesture = (data.get("live") is True, parsing.gesture(data)) if data else (False, None)
    if state.fitting is None or not isinstance(pose, Pose):
        if state.follows and not live and isinstance(pose, Pose):
            pose = _in_frame(state.pose, pose, by_hand=data is not None)
        return replace(state.to(looks.stand(state.look, pose), gesture=gesture), live=live)
    return replace(state, fitting=state.fitting.to(pose, gesture), live=live, note=Note())


def take_pose(state: EditorState, pose: Pose | None) -> EditorState:
    """The editor state in a pose of whomever, held by somebody of the shape the mannequin has so far; None is "as in
    the photo". A mannequin that is laid over a photo stays where it stands."""
    if state.fitting is not None:
        there = state.fitting.fit.pose
        view = {name: getattr(there, name) for name in ("zoom", "shift_x", "shift_y", "roll")}
        return stand(state, (pose or pose_sliders.resting()).of(there.body).replace(**view))
    pose = in_their_shape(state.look, pose)
    return state if pose == state.look.pose else stand(state, pose)


def _in_frame(was: Pose | MapPose | None, now: Pose, *, by_hand: bool) -> Pose:
    """A pose that the frame shows all of. A view that somebody chose by hand stays as it is, though: where only that
    was changed, and where it cut the figure before."""
    if by_hand and isinstance(was, Pose):
        only_view = (was.angles, was.body, was.yaw, was.pitch) == (now.angles, now.body, now.yaw, now.pitch)
        if only_view or is_cut(was):
            return now
    return within_frame([now])[0]


def by_hand(state: EditorState, what: str) -> Pose:
    """The mannequin's pose; StudioError where the pose is another picture's, which cannot be `what`."""
    pose = state.pose
    if not isinstance(pose, Pose):
        raise StudioError(f"Only the mannequin can be {what}, not the pose of a picture. Choose a named pose first.")
    return pose
