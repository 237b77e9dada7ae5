"""What a visitor can do with the pose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from mcld_app.body.iuv_painting import paint_part
from mcld_app.body.mannequin.dragging import drag as reach
from mcld_app.body.mannequin.dragging import nudge, pose_from_json
from mcld_app.body.mannequin.manual_fit import fit_by_hand
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.editing import MapPose, pose_as, pose_map
from mcld_app.editing import look as looks
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.editing.series import series_of
from mcld_app.errors import StudioError
from mcld_app.request import within
from mcld_app.studio import parsing, pose_sliders
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note

AS_IN_PHOTO = "photo"
_ORBIT = ("yaw", "pitch", "zoom")


def choose_pose(state: EditorState, data: Data) -> EditorState:
    """One of the named poses, or the photo's own."""
    choice, poses = parsing.text(data, "id"), named_poses()
    if choice not in poses and choice != AS_IN_PHOTO:
        raise StudioError("There is no such pose. Choose another one.")
    pose = poses.get(choice)
    if state.fitting is not None:  # where the mannequin stands on the photo is kept
        there = state.fitting.fit.pose
        kept = {name: getattr(there, name) for name in ("zoom", "shift_x", "shift_y", "height", "build", "roll")}
        return stand(state, (pose or pose_sliders.resting()).replace(**kept))
    return state if pose == state.look.pose else stand(state, pose)


def turn(state: EditorState, data: Data) -> EditorState:
    """The mannequin's joints and camera, as the sliders stand; or some of them further by so much ("by"), counted from
    where the gesture began on the page."""
    by = data.get("by")
    if isinstance(by, Mapping):
        pose = _by_hand(state, "turned")
        now = pose_sliders.to_sliders(pose)
        values = {**now, **{name: now[name] + parsing.number(by, name) for name in by if name in _ORBIT}}
        values["yaw"] = (values["yaw"] + 180) % 360 - 180
        return stand(state, pose_sliders.from_sliders(values), data)
    values = data.get("values")
    if not isinstance(values, Mapping):
        raise StudioError("The sliders' positions did not arrive. Move one again.")
    numbers = {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    return stand(state, pose_sliders.from_sliders(numbers), data)


def mirror(state: EditorState, data: Data) -> EditorState:
    """The pose seen in a mirror."""
    pose = _by_hand(state, "mirrored")
    return stand(state, pose.mirrored().replace(name=pose_sliders.OWN))


def as_in_photo(state: EditorState, data: Data) -> EditorState:
    """Back to the photo's own pose; the clothes stay. A mannequin laid over a photo goes back to where it began."""
    if state.fitting is not None:
        fit = state.fitting.fit
        return stand(state, fit_by_hand(fit.name, fit.photo, pose_sliders.resting()).pose)
    return state if state.look.pose is None else stand(state, None)


def drag(state: EditorState, data: Data) -> EditorState:
    """Move a handle of the mannequin to a place in the picture, 0..1 of its width and height; with "by", that far."""
    pose, handle = _by_hand(state, "dragged"), parsing.text(data, "handle")
    x, y = parsing.number(data, "x"), parsing.number(data, "y")
    pose = (nudge if data.get("by") is True else reach)(pose, handle, x, y, PICTURE_SIZE)
    return stand(state, pose.replace(name=pose_sliders.OWN), data)


def begin_by_hand(state: EditorState, data: Data) -> EditorState:
    """A mannequin to drag, where the pose has none yet."""
    return state if isinstance(state.pose, Pose) else stand(state, pose_sliders.resting())


def open_pose(state: EditorState, data: Data) -> EditorState:
    """A pose from a JSON file."""
    try:
        told = parsing.file_bytes(data.get("file")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise StudioError("This file is no pose. Choose a pose that was saved here, a .json file.") from error
    return stand(state, pose_from_json(told))


def pose_of(state: EditorState, data: Data) -> EditorState:
    """The pose of another picture: of a sample or of one of the visitor's own people, from its IUV map."""
    other = state.person(parsing.text(data, "id"))
    return stand(state, pose_as(other))


def paint_map(state: EditorState, data: Data) -> EditorState:
    """Paint a body part (1..24; 0 takes away) on the pose's IUV map."""
    strokes = parsing.strokes(data, PICTURE_SIZE)
    part = data.get("part")
    if not isinstance(part, int) or isinstance(part, bool) or not 0 <= part <= 24:
        raise StudioError("Choose a body part to paint: they have the numbers 1 to 24.")
    iuv = paint_part(pose_map(state.look), strokes[..., 3] > 127, part)
    return stand(state, MapPose("painted", iuv))


def add_pose(state: EditorState, data: Data) -> EditorState:
    """Add the pose as it stands to the series."""
    poses = (*state.series, state.look.pose)
    series_of(poses, state.between)
    return replace(state, series=poses, note=Note())


def drop_pose(state: EditorState, data: Data) -> EditorState:
    """Take the pose at `index` out of the series."""
    at = parsing.index(data)
    return replace(state, series=tuple(p for i, p in enumerate(state.series) if i != at), note=Note())


def set_between(state: EditorState, data: Data) -> EditorState:
    """How many poses are put in between each two of the series."""
    count = data.get("count")
    within("The number of poses in between", count, 0, 8, whole=True)
    series_of(state.series, count)
    return replace(state, between=count, note=Note())


def stand(state: EditorState, pose: Pose | MapPose | None, data: Data | None = None) -> EditorState:
    """The editor state with another pose: the look's, or that of the mannequin being laid over a photo. What the
    page sent says whether a hand is still on it, and which gesture it is."""
    live, gesture = (data.get("live") is True, parsing.gesture(data)) if data else (False, None)
    if state.fitting is None or not isinstance(pose, Pose):
        return replace(state.to(looks.stand(state.look, pose), gesture=gesture), live=live)
    return replace(state, fitting=state.fitting.to(pose, gesture), live=live, note=Note())


def _by_hand(state: EditorState, what: str) -> Pose:
    pose = state.pose
    if not isinstance(pose, Pose):
        raise StudioError(f"Only the mannequin can be {what}, not the pose of a picture. Choose a named pose first.")
    return pose
