"""What a visitor can do with the pose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from mcld_app.body.iuv_paint import paint_part
from mcld_app.body.laid import lay
from mcld_app.body.mannequin import Pose, named_poses
from mcld_app.body.reach import drag as reach
from mcld_app.body.reach import nudge, pose_from_json
from mcld_app.conditions import PICTURE_SIZE
from mcld_app.editing import MapPose, pose_as, pose_map
from mcld_app.editing import look as looks
from mcld_app.editing.series import series_of
from mcld_app.errors import StudioError
from mcld_app.request import within
from mcld_app.studio import posing
from mcld_app.studio.acts import sent
from mcld_app.studio.acts.sent import Data
from mcld_app.studio.desk import Desk, Note

AS_IN_PHOTO = "photo"
_ORBIT = ("yaw", "pitch", "zoom")


def choose_pose(desk: Desk, data: Data) -> Desk:
    """One of the named poses, or the photo's own."""
    choice, poses = sent.text(data, "id"), named_poses()
    if choice not in poses and choice != AS_IN_PHOTO:
        raise StudioError("There is no such pose. Choose another one.")
    pose = poses.get(choice)
    if desk.laying is not None:  # where the mannequin stands on the photo is kept
        there = desk.laying.laid.pose
        kept = {name: getattr(there, name) for name in ("zoom", "shift_x", "shift_y", "height", "build", "roll")}
        return stand(desk, (pose or posing.resting()).replace(**kept))
    return desk if pose == desk.look.pose else stand(desk, pose)


def turn(desk: Desk, data: Data) -> Desk:
    """The mannequin's joints and camera, as the sliders stand; or some of them further by so much ("by"), counted from
    where the gesture began on the page."""
    by = data.get("by")
    if isinstance(by, Mapping):
        pose = _by_hand(desk, "turned")
        now = posing.to_sliders(pose)
        values = {**now, **{name: now[name] + sent.number(by, name) for name in by if name in _ORBIT}}
        values["yaw"] = (values["yaw"] + 180) % 360 - 180
        return stand(desk, posing.from_sliders(values), data)
    values = data.get("values")
    if not isinstance(values, Mapping):
        raise StudioError("The sliders' positions did not arrive. Move one again.")
    numbers = {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    return stand(desk, posing.from_sliders(numbers), data)


def mirror(desk: Desk, data: Data) -> Desk:
    """The pose seen in a mirror."""
    pose = _by_hand(desk, "mirrored")
    return stand(desk, pose.mirrored().replace(name=posing.OWN))


def as_in_photo(desk: Desk, data: Data) -> Desk:
    """Back to the photo's own pose; the clothes stay. A mannequin laid over a photo goes back to where it began."""
    if desk.laying is not None:
        laid = desk.laying.laid
        return stand(desk, lay(laid.name, laid.photo, posing.resting()).pose)
    return desk if desk.look.pose is None else stand(desk, None)


def drag(desk: Desk, data: Data) -> Desk:
    """Move a handle of the mannequin to a place in the picture, 0..1 of its width and height; with "by", that far."""
    pose, handle = _by_hand(desk, "dragged"), sent.text(data, "handle")
    x, y = sent.number(data, "x"), sent.number(data, "y")
    pose = (nudge if data.get("by") is True else reach)(pose, handle, x, y, PICTURE_SIZE)
    return stand(desk, pose.replace(name=posing.OWN), data)


def begin_by_hand(desk: Desk, data: Data) -> Desk:
    """A mannequin to drag, where the pose has none yet."""
    return desk if isinstance(desk.pose, Pose) else stand(desk, posing.resting())


def open_pose(desk: Desk, data: Data) -> Desk:
    """A pose from a JSON file."""
    try:
        told = sent.file_bytes(data.get("file")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise StudioError("This file is no pose. Choose a pose that was saved here, a .json file.") from error
    return stand(desk, pose_from_json(told))


def pose_of(desk: Desk, data: Data) -> Desk:
    """The pose of another picture: of a sample or of one of the visitor's own people, from its IUV map."""
    other = desk.person(sent.text(data, "id"))
    return stand(desk, pose_as(other))


def paint_map(desk: Desk, data: Data) -> Desk:
    """Paint a body part (1..24; 0 takes away) on the pose's IUV map."""
    strokes = sent.strokes(data, PICTURE_SIZE)
    part = data.get("part")
    if not isinstance(part, int) or isinstance(part, bool) or not 0 <= part <= 24:
        raise StudioError("Choose a body part to paint: they have the numbers 1 to 24.")
    iuv = paint_part(pose_map(desk.look), strokes[..., 3] > 127, part)
    return stand(desk, MapPose("painted", iuv))


def add_pose(desk: Desk, data: Data) -> Desk:
    """Add the pose as it stands to the series."""
    poses = (*desk.series, desk.look.pose)
    series_of(poses, desk.between)
    return replace(desk, series=poses, note=Note())


def drop_pose(desk: Desk, data: Data) -> Desk:
    """Take the pose at `index` out of the series."""
    at = sent.index(data)
    return replace(desk, series=tuple(p for i, p in enumerate(desk.series) if i != at), note=Note())


def set_between(desk: Desk, data: Data) -> Desk:
    """How many poses are put in between each two of the series."""
    count = data.get("count")
    within("The number of poses in between", count, 0, 8, whole=True)
    series_of(desk.series, count)
    return replace(desk, between=count, note=Note())


def stand(desk: Desk, pose: Pose | MapPose | None, data: Data | None = None) -> Desk:
    """The desk with another pose on it: the look's, or that of the mannequin being laid over a photo. What the page
    sent says whether a hand is still on it, and which gesture it is."""
    live, gesture = (data.get("live") is True, sent.gesture(data)) if data else (False, None)
    if desk.laying is None or not isinstance(pose, Pose):
        return replace(desk.to(looks.stand(desk.look, pose), gesture=gesture), live=live)
    return replace(desk, laying=desk.laying.to(pose, gesture), live=live, note=Note())


def _by_hand(desk: Desk, what: str) -> Pose:
    pose = desk.pose
    if not isinstance(pose, Pose):
        raise StudioError(f"Only the mannequin can be {what}, not the pose of a picture. Choose a named pose first.")
    return pose
