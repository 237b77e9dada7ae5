"""The mannequin's joints as pose estimators write them: JSON with OpenPose's 18 or 25 points, or COCO's 17.

See OpenPose's "JSON output format" and COCO's "data format" (keypoint detection). `keypoints` reads them again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mcld_app.body.fitting.landmark_places import places
from mcld_app.body.framing import TARGET
from mcld_app.body.keypoints import COCO_17, OPENPOSE_18, OPENPOSE_25
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.handles import HANDLES, joint_points, nearest_skin
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES, joint_places
from mcld_app.errors import PoseError

_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")  # an estimator does not find them from behind
_FLESH = {"eye": 0.03, "ear": 0.03, "heel": 0.05, "toe": 0.05}  # metres between the point and the skin, at most
_SMALL_TOE = (0.035, 0.0, -0.03)  # metres from the middle of the toes, of the left foot
_SURE = {True: 1.0, False: 0.5}  # of a point that is seen, and of one that the body hides

Points = Mapping[str, tuple[float, float, bool]]
"""Name -> x, y in pixels from the upper left, and whether it is seen or hidden by the body."""


def skeleton_points(pose: Pose, size: tuple[int, int] = TARGET) -> dict[str, tuple[float, float, bool]]:
    """Where the mannequin's points are on its picture of `size` (height, width), by the names that `keypoints` uses.
    Left out is what lies outside of the picture, and what of a face is not seen."""
    found = {point.name: (point.x * size[1], point.y * size[0], point.front) for point in joint_points(pose, size)}
    found["nose"] = found.pop("face")
    for middle, pair in (("neck", "shoulder"), ("pelvis", "hip")):
        (x0, y0, front), (x1, y1, other) = (found[f"{side}_{pair}"] for side in ("left", "right"))
        found[middle] = (x0 + x1) / 2, (y0 + y1) / 2, front or other
    found |= _further(pose, size)
    return {
        name: point
        for name, point in found.items()
        if 0 <= point[0] <= size[1] and 0 <= point[1] <= size[0] and (point[2] or name not in _FACE)
    }


def _further(pose: Pose, size: tuple[int, int]) -> dict[str, tuple[float, float, bool]]:
    """Eyes, ears, heels and small toes, which have no handle."""
    bones, joints = list(BONES), joint_places(pose.build, pose.shape)
    rest, carriers = {}, {}
    for name, place in places().items():
        if name.rpartition("_")[2] in ("eye", "ear", "heel"):
            rest[name] = joints[bones.index(place.joint)] + place.offset
            carriers[name] = place.joint
    for side, sign in (("left", 1.0), ("right", -1.0)):
        handle = HANDLES[f"{side}_toes"]
        away = np.array(handle.place) - BONES[handle.joint][1] + np.array(_SMALL_TOE) * (sign, 1.0, 1.0)
        rest[f"{side}_small_toe"] = joints[bones.index(handle.joint)] + away
        carriers[f"{side}_small_toe"] = handle.bone
    mesh = body_mesh()
    weights = np.eye(len(bones), dtype=np.float32)[[bones.index(bone) for bone in carriers.values()]]
    skin = mesh.shaped(pose.build, pose.shape)
    posed, _ = posed_vertices(
        pose, np.concatenate([skin, np.float32(list(rest.values()))]), np.concatenate([mesh.weights, weights])
    )
    pixels = to_picture(posed, pose, size)
    nearest = nearest_skin(pixels[: len(skin)], size)
    out = {}
    for name, (x, y, depth) in zip(rest, pixels[len(skin) :].tolist(), strict=True):
        x, y = x + 0.5, y + 0.5
        row, column = int(y / size[0] * nearest.shape[0]), int(x / size[1] * nearest.shape[1])
        inside = 0 <= x < size[1] and 0 <= y < size[0]
        flesh = _FLESH[name.rpartition("_")[2]] * pose.height
        out[name] = x, y, not inside or bool(nearest[row, column] <= depth + flesh)
    return out


def write_skeleton(pose: Pose, layout: str, size: tuple[int, int] = TARGET) -> str:
    """A pose's joints as JSON.

    Args:
        pose: the mannequin's.
        layout: one of `LAYOUTS`.
        size: (height, width) of the picture, in whose pixels the points are.

    Raises:
        PoseError: for another layout, and where nothing of the figure is in the picture.
    """
    if layout not in LAYOUTS:
        raise PoseError(f"There is no skeleton called {layout[:40]!r}. Choose one of: {', '.join(LAYOUTS)}.")
    points = skeleton_points(pose, size)
    if not points:
        raise PoseError("Nothing of the figure is in the picture. Move it there first.")
    return json.dumps(LAYOUTS[layout](points, size))


def _openpose(names: tuple[str, ...]) -> Callable[[Points, tuple[int, int]], Any]:
    def written(points: Points, size: tuple[int, int]) -> Any:
        rows = [(*_rounded(points[name]), _SURE[points[name][2]]) if name in points else (0, 0, 0) for name in names]
        person = {"person_id": [-1], "pose_keypoints_2d": [number for row in rows for number in row]}
        empty = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")
        person |= {name: [] for name in empty}
        return {"version": 1.3, "people": [person], "canvas_height": size[0], "canvas_width": size[1]}

    return written


def _coco(points: Points, size: tuple[int, int]) -> Any:
    rows = [(*_rounded(points[name]), 2 if points[name][2] else 1) if name in points else (0, 0, 0) for name in COCO_17]
    here = np.array([row[:2] for row in rows if row[2]] or [(0.0, 0.0)])
    (left, top), (right, bottom) = here.min(0).tolist(), here.max(0).tolist()
    box = [left, top, round(right - left, 2), round(bottom - top, 2)]
    annotation = {
        "id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "num_keypoints": sum(row[2] > 0 for row in rows),
        "keypoints": [number for row in rows for number in row], "bbox": box, "area": round(box[2] * box[3], 2),
    }  # fmt: skip
    links = (("ankle", "knee"), ("knee", "hip"), ("shoulder", "hip"), ("shoulder", "elbow"), ("elbow", "wrist"))
    bones = [[f"{side}_{a}", f"{side}_{b}"] for side in ("left", "right") for a, b in links]
    bones += [[f"left_{pair}", f"right_{pair}"] for pair in ("hip", "shoulder")]
    person = {
        "id": 1, "name": "person", "supercategory": "person", "keypoints": list(COCO_17),
        "skeleton": [[COCO_17.index(name) + 1 for name in bone] for bone in bones],
    }  # fmt: skip
    image = {"id": 1, "file_name": "mcld-picture.png", "height": size[0], "width": size[1]}
    return {"images": [image], "annotations": [annotation], "categories": [person]}


def _rounded(point: tuple[float, float, bool]) -> tuple[float, float]:
    return round(point[0], 2), round(point[1], 2)


LAYOUTS: Mapping[str, Callable[[Points, tuple[int, int]], Any]] = {
    "openpose-18": _openpose(OPENPOSE_18),
    "openpose-25": _openpose(OPENPOSE_25),
    "coco-17": _coco,
}
"""Name of a layout -> how its points are written."""
