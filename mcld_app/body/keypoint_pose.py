"""The mannequin in the pose of a skeleton's points.

Points on a picture do not say what is in front. The named pose, seen from where it looks most like the points, says
that; inverse kinematics then brings each joint to its point.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from mcld_app.body.framing import TARGET, plan_frame
from mcld_app.body.keypoints import Skeleton
from mcld_app.body.mannequin.dragging import drag
from mcld_app.body.mannequin.handles import HANDLES, handle_places
from mcld_app.body.mannequin.pose import SETTINGS, Pose, named_poses
from mcld_app.body.mannequin.rendering import to_picture
from mcld_app.errors import PoseError

_HANDLE = {"nose": "face"}  # of points that are called otherwise; all others have their handle's name
_LIMBS = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("elbow", "wrist", "knee", "ankle", "toes"))
_WEIGHT = {"face": 0.7, "left_toes": 0.3, "right_toes": 0.3, "left_shoulder": 2.0, "right_shoulder": 2.0,
           "left_hip": 1.5, "right_hip": 1.5}  # fmt: skip
_FEWEST = 4
_TRIED = 2  # named poses that are brought to the points; the one that comes nearer is taken further
_ROUNDS = 2
_YAWS = tuple(range(-180, 180, 30))
_LYING = 50.0  # degrees a trunk leans; beyond that the picture is turned, as for somebody who lies
_NECK = 0.05  # metres that the neck's handle is above the middle between the shoulders
_HEAD, _FEET = 0.14, 0.06  # of the figure's height: how far it reaches beyond the nose and the ankles
_MARGIN = 0.08


def pose_of_skeleton(skeleton: Skeleton, body: Pose | None = None, *, name: str = "skeleton") -> Pose:
    """The mannequin in the pose of a skeleton, seen as the 11:16 picture around that person shows it.

    Args:
        skeleton: some of a person's joints on their picture.
        body: whose height and build are kept; None is the usual body.
        name: what the pose is called.

    Raises:
        PoseError: for fewer than four points, or neither both shoulders nor both hips among them.
    """
    points = _targets(skeleton)
    roll = _roll(points)
    centre = np.mean(list(points.values()), 0)
    upright = {handle: _turned(at - centre, -roll) + centre for handle, at in points.items()}
    shape = {} if body is None else {"height": body.height, "build": body.build}
    begun = [_round(_moved_to(start.replace(**shape, name=name), upright), upright) for start in _likeliest(upright)]
    pose = min(begun, key=lambda fit: _error(fit, upright))
    for _ in range(_ROUNDS - 1):
        pose = _round(pose, upright)
    if roll:
        pose = _moved_to(pose.replace(roll=_within("roll", roll)), points)
    return pose


def _targets(skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Handle -> (x, y) in pixels of the studio's picture, 512 x 352."""
    known = {_HANDLE.get(name, name): np.array(at) for name, at in skeleton.points.items()}
    known = {name: at for name, at in known.items() if name in HANDLES and name not in ("neck", "pelvis")}
    pairs = [pair for pair in ("shoulder", "hip") if f"left_{pair}" in known and f"right_{pair}" in known]
    if len(known) < _FEWEST or not pairs:
        raise PoseError(
            "This skeleton has too few points for a pose: both shoulders or both hips, and two joints more, are needed."
        )
    top, left, scale = _frame(skeleton, np.stack(list(known.values())))
    return {name: (at - (left, top)) * scale for name, at in known.items()}


def _frame(skeleton: Skeleton, points: np.ndarray) -> tuple[float, float, float]:
    """Upper edge, left edge and scale of the 11:16 picture around a person, as a photo of them would be framed."""
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    tall = max(y1 - y0, 1e-6)
    y0, y1 = y0 - _HEAD * tall, y1 + _FEET * tall
    size = skeleton.size if _is_seen((x0, y0, x1, y1), skeleton.size) else None
    if size is None and x0 >= 0 and y1 <= TARGET[0] * 1.02 and x1 <= TARGET[1] and tall > 0.3 * TARGET[0]:
        return 0.0, 0.0, 1.0  # points on a picture of the studio's own size
    if size is None:
        height = max(y1 - y0, (x1 - x0) * TARGET[0] / TARGET[1]) * (1 + 2 * _MARGIN)
        middle = (x0 + x1) / 2, (y0 + y1) / 2
        return middle[1] - height / 2, middle[0] - height * TARGET[1] / TARGET[0] / 2, TARGET[0] / height
    small = TARGET[0] / max(size)
    rows, columns = (max(16, round(side * small)) for side in size)
    box = np.zeros((rows, columns, 3), np.uint8)
    box[max(0, int(y0 * small)) : max(1, int(y1 * small)), max(0, int(x0 * small)) : max(1, int(x1 * small))] = 1
    top, left, height, _ = plan_frame(box, target=None).box
    return top / small, left / small, TARGET[0] * small / height


def _is_seen(box: tuple[float, float, float, float], size: tuple[float, float] | None) -> bool:
    """Whether half of a person's height and width is in their picture: else its size is of another picture."""
    if size is None:
        return False
    x0, y0, x1, y1 = box
    tall, wide = min(y1, size[0]) - max(y0, 0), min(x1, size[1]) - max(x0, 0)
    return tall >= 0.5 * (y1 - y0) and wide >= 0.5 * (x1 - x0)


def _roll(points: dict[str, np.ndarray]) -> float:
    """Degrees the picture is turned, clockwise: none but for trunks that lie."""
    if not all(f"{side}_{joint}" in points for side in ("left", "right") for joint in ("shoulder", "hip")):
        return 0.0
    dx, dy = _middle(points, "shoulder") - _middle(points, "hip")
    lean = math.degrees(math.atan2(dx, -dy))
    return lean if abs(lean) > _LYING else 0.0


def _turned(at: np.ndarray, degrees: float) -> np.ndarray:
    """(2,) pixels turned clockwise about the origin."""
    s, c = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return np.array([c * at[0] - s * at[1], s * at[0] + c * at[1]])


def _likeliest(points: dict[str, np.ndarray]) -> list[Pose]:
    """Named poses, turned, moved and enlarged to look as much like the points as they can; the best first."""
    handles, wanted = list(points), np.stack(list(points.values()))
    weight = np.array([_WEIGHT.get(handle, 1.0) for handle in handles])
    weight = weight / weight.sum()
    chosen = [list(HANDLES).index(handle) for handle in handles]
    middle = weight @ wanted
    around = wanted - middle
    tried = []
    for name, places in _named_places().items():
        for yaw in _YAWS:
            s, c = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
            x, y, z = places[chosen].T
            seen = np.stack([c * x + s * z, -y], 1)
            seen = seen - weight @ seen
            scale = max((weight @ (seen * around).sum(1)) / max(weight @ (seen**2).sum(1), 1e-9), 1e-3)
            tried.append((float(weight @ ((scale * seen - around) ** 2).sum(1)), scale, name, yaw))
    tried.sort()
    best: dict[tuple[str, bool], Pose] = {}
    for _, scale, (named, mirrored), yaw in tried:
        if len(best) == _TRIED:
            break
        pose = named_poses()[named].mirrored() if mirrored else named_poses()[named]
        zoom = _within("zoom", scale * 2 / TARGET[0])
        best.setdefault(
            (named, mirrored), pose.replace(yaw=float(yaw), pitch=0.0, roll=0.0, zoom=zoom, shift_x=0.0, shift_y=0.0)
        )
    return list(best.values())


@lru_cache(maxsize=1)
def _named_places() -> dict[tuple[str, bool], np.ndarray]:
    """Where the handles of each named pose and of its mirror image are, seen from the front: (20, 3) metres."""
    found = {}
    for name, pose in named_poses().items():
        for mirrored in (False, True):
            turned = (pose.mirrored() if mirrored else pose).replace(yaw=0.0)
            found[name, mirrored] = np.stack(list(handle_places(turned).values()))
    return found


def _round(pose: Pose, points: dict[str, np.ndarray]) -> Pose:
    """The pose with every joint pulled to its point once, from the trunk outwards."""
    if {"left_shoulder", "right_shoulder"} <= set(points):
        neck = _middle(points, "shoulder") - (0.0, _NECK * pose.height * pose.zoom * TARGET[0] / 2)
        pose = _pulled(pose, "neck", neck)
    for handle in ("left_shoulder", "right_shoulder"):
        if handle in points:
            pose = _pulled(pose, handle, points[handle])
    if "face" in points:  # sideways only: a nose is as high as that head is long, which is no nod
        pose = _pulled(pose, "face", np.array([points["face"][0], _seen(pose)["face"][1]]))
    pose = _moved_to(pose, points)
    for handle in _LIMBS:
        if handle in points:
            pose = _pulled(pose, handle, points[handle])
    return pose


def _error(pose: Pose, points: dict[str, np.ndarray]) -> float:
    """How far the points are off, mean of squares, pixels."""
    seen = _seen(pose)
    return float(np.mean([np.sum((seen[handle] - at) ** 2) for handle, at in points.items()]))


def _pulled(pose: Pose, handle: str, at: np.ndarray) -> Pose:
    return drag(pose, handle, *((at + 0.5) / (TARGET[1], TARGET[0])).tolist(), TARGET)


def _moved_to(pose: Pose, points: dict[str, np.ndarray]) -> Pose:
    """The pose moved over the points: shoulders where they are, which clothes hang from; else the hips."""
    pair = "shoulder" if {"left_shoulder", "right_shoulder"} <= set(points) else "hip"
    away = (_middle(points, pair) - _middle(_seen(pose), pair)) / (pose.zoom * TARGET[0] / 2)
    return pose.replace(
        shift_x=_within("shift_x", pose.shift_x + away[0]), shift_y=_within("shift_y", pose.shift_y - away[1])
    )


def _seen(pose: Pose) -> dict[str, np.ndarray]:
    """Handle -> (x, y) in pixels of the studio's picture."""
    places = np.stack(list(handle_places(pose).values()))
    return dict(zip(HANDLES, to_picture(places, pose, TARGET)[:, :2].astype(np.float64), strict=True))


def _middle(points: dict[str, np.ndarray], joint: str) -> np.ndarray:
    return (points[f"left_{joint}"] + points[f"right_{joint}"]) / 2


def _within(setting: str, value: float) -> float:
    low, high, _ = SETTINGS[setting]
    return float(min(max(value, low), high))
