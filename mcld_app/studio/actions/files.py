"""Pose files that a visitor opens or drops on the page: poses saved here, and skeletons that pose estimators wrote.

What a JSON file is, it says itself; where it was dropped does not matter.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Literal

from mcld_app.body.keypoint_pose import pose_of_skeleton
from mcld_app.body.keypoints import is_keypoints, read_skeletons
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.part_picture import parts_of
from mcld_app.body.photo import read_photo
from mcld_app.editing.look import body_of
from mcld_app.errors import PictureError, StudioError
from mcld_app.files import read_text
from mcld_app.studio.actions.poses import stand
from mcld_app.studio.state import EditorState, Note

_ENOUGH = 1024  # pixels of the longer side of a picture of parts
_FIELDS = {field.name for field in fields(Pose)}


def holds_pose(file: bytes) -> bool:
    """Whether a file is a pose saved here, or holds skeletons."""
    try:
        return _kind(read_text(file)) is not None
    except UnicodeDecodeError:
        return False


def open_pose_file(state: EditorState, file: bytes) -> EditorState:
    """The editor state with the pose of a file: a pose saved here, the largest skeleton's, or a body's in a picture of
    parts. Of a skeleton and of a picture the pose is taken, and the height and build stay as they are.

    Raises:
        StudioError: where there is no pose in it, or none that can be used.
    """
    try:
        text = read_text(file)
    except UnicodeDecodeError as error:
        posed = _of_parts(state, file)
        if posed is None:
            raise StudioError(
                "This file is no pose. Choose a pose that was saved here, a .json file, or a picture of a body’s parts "
                "in flat colours, as DensePose's dp_segm draws it, a PNG."
            ) from error
        return posed
    if _kind(text) != "skeletons":
        return stand(state, Pose.from_json(text))
    people = read_skeletons(text)
    before = state.pose if isinstance(state.pose, Pose) else None
    posed = stand(state, pose_of_skeleton(people[0], before))
    said = "The mannequin stands as the skeleton does. What points do not say, what is in front and how the hands are "\
           "turned, is guessed: drag the joints where it is wrong."
    if people[0].guessed:
        said = f"The file does not say how wide its picture is: 11:16 is taken. {said}"
    if len(people) > 1:
        said = f"{len(people)} people are in this file: the largest one’s pose is taken. {said}"
    return replace(posed, note=Note(said, "info"))


def _of_parts(state: EditorState, file: bytes) -> EditorState | None:
    """The editor state with the pose of a picture of parts; None where the file is none."""
    from mcld_app.body.fitting.part_fit import fit_parts

    try:
        picture = read_photo(file, max_side=None)
    except PictureError:
        return None
    step = max(1, max(picture.shape[:2]) // _ENOUGH)
    parts = parts_of(picture[::step, ::step])  # single pixels: blended colours are of no part
    if parts is None:
        return None
    before = state.pose.body if isinstance(state.pose, Pose) else body_of(state.look) or BodyShape()
    said = "The mannequin stands as the parts in the picture do. Drag the joints where it does not."
    return replace(stand(state, fit_parts(parts).of(before)), note=Note(said, "info"))


def _kind(text: str) -> Literal["pose", "skeletons"] | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(values, dict) and values and set(values) <= _FIELDS:
        return "pose"
    is_recipe = isinstance(values, dict) and "format" in values
    return "skeletons" if not is_recipe and is_keypoints(values) else None
