"""Poses that somebody keeps: a file of several, and poses read back from files of any kind this studio knows.

Of a person only how they stand is kept, not their build and height.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields

from mcld_app.body.keypoint_pose import pose_of_skeleton
from mcld_app.body.keypoints import is_keypoints, read_skeletons
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.errors import PoseError, StudioError
from mcld_app.files import read_text

FORMAT = "mcld-poses"
VERSION = 1

MOST_POSES = 200
"""Poses kept at once, and in one file."""

LARGEST_FILE = 2 << 20
"""Bytes; two hundred poses have about 300,000."""

_FIELDS = {field.name for field in fields(Pose)}


def kept(pose: Pose, name: str) -> Pose:
    """A pose as it is kept: under a name, of nobody's shape.

    Raises:
        PoseError: for a name that is empty or longer than 100 letters.
    """
    name = " ".join(name.split())
    if not name:
        raise PoseError("A pose that is kept needs a name. Write one beside the button.")
    return pose.of(BodyShape()).replace(name=name)


def write_poses(poses: Iterable[Pose]) -> str:
    """Poses as one JSON text, to be read by `read_poses`."""
    told = {"format": FORMAT, "version": VERSION, "poses": [json.loads(pose.to_json()) for pose in poses]}
    return json.dumps(told, indent=1)


def read_poses(name: str, file: bytes) -> tuple[Pose, ...]:
    """The poses of a file, as they are kept: of one that `write_poses` made, of a single pose that was saved here, or
    the largest person's in a file of skeletons.

    Args:
        name: of the file, without its ending: what a skeleton's pose is called.
        file: its bytes.

    Raises:
        StudioError: where there are none, too many, or some that cannot be used.
    """
    if len(file) > LARGEST_FILE:
        raise PoseError(f"“{name}” is larger than {LARGEST_FILE >> 20} MB, which no file of poses is.")
    try:
        text = read_text(file)
        values = json.loads(text)
    except (ValueError, RecursionError) as error:  # among them what is no text at all
        raise PoseError(f"“{name}” is no file of poses: it is not JSON. Choose one that was saved here.") from error
    try:
        if isinstance(values, dict) and values.get("format") == FORMAT:
            return _of_collection(values)
        if isinstance(values, dict) and values and set(values) <= _FIELDS:
            pose = Pose.from_json(text)
            return (kept(pose, pose.name if "name" in values else name),)
        if is_keypoints(values):
            return (kept(pose_of_skeleton(read_skeletons(text)[0]), name),)
    except StudioError as error:
        raise PoseError(f"“{name}”: {error}") from error
    raise PoseError(f"There are no poses in “{name}”. Choose poses that were saved here, or a skeleton.")


def is_collection(file: bytes) -> bool:
    """Whether a file means to be one that `write_poses` made, by its first bytes."""
    begins = file[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    return begins.startswith(b"{") and f'"{FORMAT}"'.encode() in begins


def _of_collection(values: dict) -> tuple[Pose, ...]:
    version, poses = values.get("version"), values.get("poses")
    if version != VERSION:
        raise PoseError("it was made by a newer version of this studio.")
    if not isinstance(poses, list) or not all(isinstance(pose, dict) for pose in poses):
        raise PoseError("it is damaged: its list of poses is missing.")
    if len(poses) > MOST_POSES:
        raise PoseError(f"it holds {len(poses)} poses; at most {MOST_POSES} are kept.")
    read = (Pose.from_json(json.dumps(pose)) for pose in poses)
    return tuple(kept(pose, pose.name) for pose in read)
