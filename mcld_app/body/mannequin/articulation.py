"""The bones' rotations and transforms for the angles of a pose."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mcld_app.body.mannequin.skeleton import BONES, COS, REST_ARM_ANGLE, SIN

_X, _Y, _Z, _BACK = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)


_ALONG_ARM, _ACROSS_ARM = (float(SIN), -float(COS), 0.0), (-float(COS), -float(SIN), 0.0)


def bone_transforms(angles: Mapping[str, float], joints: np.ndarray) -> np.ndarray:
    """(21, 3, 4) float32: where each bone (in the order of `BONES`) takes a rest point.

    Args:
        angles: "joint.axis" -> degrees.
        joints: (21, 3) metres, where the bones begin in the rest pose, see `skeleton.joint_places`.
    """
    out = np.zeros((len(BONES), 3, 4), np.float32)
    index: dict[str, int] = {}
    for k, (name, (parent, _)) in enumerate(BONES.items()):
        index[name] = k
        local = _local_rotation(name, angles)
        pivot = joints[k]
        move = np.concatenate([local, (pivot - local @ pivot)[:, None]], 1)
        if parent is not None:
            above = out[index[parent]].astype(np.float64)
            move = np.concatenate([above[:, :3] @ move[:, :3], (above[:, :3] @ move[:, 3] + above[:, 3])[:, None]], 1)
        out[k] = move
    return out


def bone_turns(name: str, angles: Mapping[str, float]) -> list[tuple[tuple[float, float, float], float]]:
    """A bone's own rotation as turns about fixed axes of the rest pose through its joint: (axis, degrees), the
    outermost first. Each number of degrees is piecewise linear in the pose's angles."""

    def angle(key: str) -> float:
        return float(angles.get(key, 0.0))

    side, _, kind = name.rpartition("_")
    if kind == "pelvis":
        return []
    if kind in ("spine", "chest", "neck", "head"):
        return [
            (_Y, angle(f"{name}.twist")),
            (_Z, -angle(f"{name}.side")),
            (_X, angle(f"{name}.bend")),
        ]
    # A limb is worked out on the left; the right one is its mirror image.
    raised = angle(f"{side}_shoulder.raise")
    carried = 0.4 * max(raised - 60.0, 0.0)  # an arm cannot rise past the horizontal without its shoulder
    if kind == "clavicle":
        turns = [(_Z, angle(f"{name}.raise") + carried)]
    elif kind == "shoulder":
        turns = [
            (_X, -angle(f"{name}.forward")),
            (_Z, raised - carried - REST_ARM_ANGLE + 6.0),
            (_ALONG_ARM, angle(f"{name}.twist")),
        ]
    elif kind == "elbow":
        turns = [(_ACROSS_ARM, angle(f"{name}.bend") + 8.0), (_ALONG_ARM, angle(f"{name}.twist"))]
    elif kind == "wrist":
        turns = [(_BACK, angle(f"{name}.bend")), (_ACROSS_ARM, angle(f"{name}.side"))]
    elif kind == "hip":
        turns = [
            (_X, -angle(f"{name}.forward")),
            (_Z, angle(f"{name}.side")),
            (_Y, -angle(f"{name}.twist")),
        ]
    elif kind == "knee":
        turns = [(_X, angle(f"{name}.bend"))]
    else:  # ankle, toes
        turns = [(_X, -angle(f"{name}.bend"))]
    if side == "right":
        turns = [((x, -y, -z), degrees) for (x, y, z), degrees in turns]
    return turns


def _local_rotation(name: str, angles: Mapping[str, float]) -> np.ndarray:
    out = np.eye(3)
    for axis, degrees in bone_turns(name, angles):
        out = out @ rotation(axis, degrees)
    return out


def rotation_about(axis: str, degrees: float) -> np.ndarray:
    return rotation({"x": _X, "y": _Y, "z": _Z}[axis], degrees)


def rotation(axis: tuple[float, float, float], degrees: float) -> np.ndarray:
    """(3, 3) float64 matrix of a turn about a unit axis through the origin (Rodrigues' formula), right-handed."""
    x, y, z = axis
    a = math.radians(degrees)
    s, c = math.sin(a), 1 - math.cos(a)
    return np.array(
        [
            [1 - c * (y * y + z * z), c * x * y - s * z, c * x * z + s * y],
            [c * x * y + s * z, 1 - c * (x * x + z * z), c * y * z - s * x],
            [c * x * z - s * y, c * y * z + s * x, 1 - c * (x * x + y * y)],
        ]
    )
