"""Joint angles, build and camera to an IUV map: the mannequin.

The real DensePose charts, laid on the figure of `figure.py`, are bent at about 20 joints (linear blend skinning) and
rasterised. All angles are degrees and 0 everywhere is a person standing straight, arms down, facing the camera.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.figure import BONES, COS, REST_ARM_ANGLE, SIN, figure
from mcld_app.body.raster import interpolate, rasterise
from mcld_app.errors import PoseError

POSE_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "poses"

_X, _Y, _Z, _BACK = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
_ALONG_ARM, _ACROSS_ARM = (float(SIN), -float(COS), 0.0), (-float(COS), -float(SIN), 0.0)


@dataclass(frozen=True)
class Joint:
    """A joint a person can turn.

    Attributes:
        name: as in pose files, for instance "left_elbow".
        label: as on the page, for instance "Left elbow".
        axes: axis name -> (lowest, highest) angle in degrees; 0 is always allowed.
    """

    name: str
    label: str
    axes: Mapping[str, tuple[float, float]]


def _joints() -> dict[str, Joint]:
    middle = {
        "spine": {"bend": (-25, 60), "side": (-30, 30), "twist": (-35, 35)},
        "chest": {"bend": (-20, 35), "side": (-20, 20), "twist": (-30, 30)},
        "neck": {"bend": (-35, 40), "side": (-30, 30), "twist": (-45, 45)},
        "head": {"bend": (-25, 25), "side": (-20, 20), "twist": (-40, 40)},
    }
    limbs = {
        "clavicle": {"raise": (-10, 35)},
        "shoulder": {"raise": (-5, 175), "forward": (-50, 175), "twist": (-90, 90)},
        "elbow": {"bend": (0, 145), "twist": (-80, 80)},
        "wrist": {"bend": (-60, 70), "side": (-25, 25)},
        "hip": {"forward": (-25, 115), "side": (-15, 60), "twist": (-45, 45)},
        "knee": {"bend": (0, 140)},
        "ankle": {"bend": (-45, 35)},
        "toes": {"bend": (-20, 45)},
    }
    axes = dict(middle)
    for side in ("left", "right"):
        axes |= {f"{side}_{name}": a for name, a in limbs.items()}
    return {n: Joint(n, n.replace("_", " ").capitalize(), MappingProxyType(a)) for n, a in axes.items()}


# What every axis means. bend: forwards for the trunk and the elbow, backwards for the knee, toes up for the ankle;
# raise and side: away from the body's middle (trunk: to the person's left); forward: to the front; twist: inwards for
# a limb, to the person's left for the trunk.
JOINTS: dict[str, Joint] = _joints()

# Everything but the joints: name -> (lowest, highest, default).
SETTINGS: dict[str, tuple[float, float, float]] = {
    "height": (0.75, 1.25, 1.0),
    "build": (-1.0, 2.0, 0.0),
    "yaw": (-180.0, 180.0, 0.0),
    "pitch": (-40.0, 40.0, 0.0),
    "roll": (-180.0, 180.0, 0.0),
    "zoom": (0.2, 4.0, 1.0),
    "shift_x": (-3.0, 3.0, 0.0),
    "shift_y": (-3.0, 3.0, 0.0),
}


@dataclass(frozen=True)
class Pose:
    """Joint angles, body shape and camera.

    Attributes:
        name: what people call the pose.
        angles: "joint.axis" -> degrees; what is not named is 0. See `JOINTS`.
        height: 0.75..1.25, 1 = 1.78 m on a picture whose zoom shows 2 m.
        build: -1 (slim) .. 0 (average) .. 2 (heavy).
        yaw: degrees about the upright axis; 0 faces the camera, 90 faces the picture's right edge, 180 is seen from
            the back.
        pitch: degrees; positive looks down on the person.
        roll: degrees the picture is turned, positive clockwise.
        zoom: 1 shows 2 m over the picture's height.
        shift_x, shift_y: metres to the picture's right and up.
    """

    name: str = "standing"
    angles: Mapping[str, float] = field(default_factory=dict)
    height: float = 1.0
    build: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    zoom: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def __post_init__(self) -> None:
        """Raises PoseError for unknown joints, angles past a limit and values that are no finite numbers."""
        if not isinstance(self.name, str) or len(self.name) > 100:
            raise PoseError("A pose's name must be a text of at most 100 letters.")
        if not isinstance(self.angles, Mapping):
            raise PoseError("A pose's angles must be a table of names like “left_elbow.bend” and degrees.")
        for key, value in self.angles.items():
            joint, _, axis = str(key).partition(".")
            if joint not in JOINTS or axis not in JOINTS[joint].axes:
                raise PoseError(
                    f"A pose has no angle called {str(key)[:60]!r}. An angle is named like “left_elbow.bend”."
                )
            _check(str(key), value, *JOINTS[joint].axes[axis])
        for name, (low, high, _) in SETTINGS.items():
            _check(name, getattr(self, name), low, high)
        kept = {str(k): float(v) for k, v in sorted(self.angles.items()) if v != 0}
        object.__setattr__(self, "angles", MappingProxyType(kept))

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """What was worked out of this very pose, by what and at which size: a pose stays while clothes and faces
        change, and is drawn again after each."""
        return {}

    def replace(self, **changes) -> Pose:
        """A copy with other settings; `angles` replaces all of them."""
        return replace(self, **changes)

    def turned(self, key: str, degrees: float) -> Pose:
        """A copy with one angle changed."""
        return replace(self, angles={**self.angles, key: degrees})

    def mirrored(self) -> Pose:
        """The pose seen in a mirror: left and right change places."""
        angles = {}
        for key, value in self.angles.items():
            joint, _, axis = key.partition(".")
            if joint.startswith("left_"):
                key = "right_" + key[5:]
            elif joint.startswith("right_"):
                key = "left_" + key[6:]
            elif axis in ("side", "twist"):
                value = -value
            angles[key] = value
        return replace(self, angles=angles, yaw=-self.yaw, roll=-self.roll, shift_x=-self.shift_x)

    def to_json(self) -> str:
        """The pose as a small JSON text."""
        out: dict = {"name": self.name, "angles": dict(self.angles)}
        out |= {name: getattr(self, name) for name, (_, _, d) in SETTINGS.items() if getattr(self, name) != d}
        return json.dumps(out, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Pose:
        """Read a pose.

        Raises:
            PoseError: where the text is no JSON, names something unknown or passes a limit.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PoseError("This is not a pose file: it is not valid JSON.") from error
        known = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or set(data) - known:
            odd = (
                ", ".join(sorted(str(k)[:30] for k in set(data) - known)[:3]) if isinstance(data, dict) else "no table"
            )
            raise PoseError(f"This is not a pose file of this studio ({odd}). It may hold: {', '.join(sorted(known))}.")
        if not data:
            raise PoseError("This file holds no pose: it is empty. Choose a pose that was saved here.")
        return cls(**data)


def _check(name: str, value, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:  # NaN is neither
        raise PoseError(f"{name} must be a number.")
    if not low - 1e-6 <= value <= high + 1e-6:
        raise PoseError(f"{name} is {value:g}, but it may only go from {low:g} to {high:g}.")


@lru_cache(maxsize=1)
def named_poses() -> Mapping[str, Pose]:
    """The poses that ship with the studio, by file name, in the order of their files."""
    found = {p.stem.split("-", 1)[-1]: Pose.from_json(p.read_bytes()) for p in sorted(POSE_FOLDER.glob("*.json"))}
    return MappingProxyType(found)


def kept_iuv(pose: Pose, size: tuple[int, int] = (512, 352)) -> np.ndarray:
    """`draw_iuv`, drawn once for a pose; read-only."""
    if (draw_iuv, size) not in pose.worked_out:
        drawn = draw_iuv(pose, size)
        drawn.setflags(write=False)
        pose.worked_out[draw_iuv, size] = drawn
    return pose.worked_out[draw_iuv, size]


def draw_iuv(pose: Pose, size: tuple[int, int] = (512, 352)) -> np.ndarray:
    """The IUV map of the mannequin in a pose.

    Args:
        pose: what to draw.
        size: (height, width) in pixels.

    Returns:
        (height, width, 3) uint8, I 0..24, U, V; background 0.
    """
    points, _ = posed_vertices(pose)
    corners, seen_faces, seen = draw_surface(to_picture(points, pose, size), body_faces(), size)
    uv = charts().uv[charts().faces[seen_faces]] * 255
    pixel, value = interpolate(corners, uv, seen)
    out = np.zeros((size[0] * size[1], 3), np.uint8)
    out[pixel, 0] = charts().face_part[seen_faces[seen.ravel()[pixel]]]
    out[pixel, 1:] = value + 0.5
    return out.reshape(*size, 3)


def joint_positions(pose: Pose, size: tuple[int, int] = (512, 352)) -> dict[str, tuple[float, float]]:
    """Where each bone's joint lies on the picture: name -> (x, y) in pixels, possibly outside of it. Names are those
    of `JOINTS` and "pelvis"."""
    _, joints = posed_vertices(pose)
    xyz = to_picture(joints, pose, size)
    return {name: (float(x), float(y)) for name, (x, y, _) in zip(BONES, xyz, strict=True)}


@lru_cache(maxsize=1)
def body_faces() -> np.ndarray:
    """(13776, 3) int32: each chart triangle's corners as body vertices. Read-only."""
    c = charts()
    out = c.body_vertex[c.faces]
    out.setflags(write=False)
    return out


def posed_vertices(
    pose: Pose, rest: np.ndarray | None = None, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and joints in metres, float32: turned by yaw, feet on the ground (the body's lowest point at y = 0),
    pelvis over x = z = 0; x to the picture's right, y up, z to the camera.

    Args:
        pose: what to do with them.
        rest: (N, 3) rest positions, the 6890 body vertices first; default the figure's own, with the pose's build.
        weights: (N, 21) skin weights of those.

    Returns:
        vertices (N, 3) and joints (21, 3).
    """
    f = figure()
    if rest is None or weights is None:
        rest, weights = f.rest + np.float32(pose.build) * f.thicken, f.weights
    moves = bone_transforms(pose.angles)
    blended = (moves.reshape(len(BONES), 12).T @ weights.T).reshape(3, 4, -1)
    x, y, z = np.ascontiguousarray(rest.T)
    points = (blended[:, 0] * x + blended[:, 1] * y + blended[:, 2] * z + blended[:, 3]).T
    starts = np.array([place for _, place in BONES.values()], np.float32)
    joints = np.einsum("nij,nj->ni", moves[..., :3], starts) + moves[..., 3]
    turn = _about("y", pose.yaw).astype(np.float32)
    points, joints = points @ turn.T, joints @ turn.T
    ground = np.array([joints[0, 0], points[: len(f.rest), 1].min(), joints[0, 2]], np.float32)
    scale = np.float32(pose.height)
    return (points - ground) * scale, (joints - ground) * scale


def to_picture(points: np.ndarray, pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """World points (N, 3), metres, to (N, 3): x right and y down in pixels, and the depth (larger = nearer), seen from
    far away (no perspective). The middle of the picture shows a point 0.89 m above the ground."""
    height, width = size
    scale = height / 2.0 * pose.zoom
    view = (_about("z", -pose.roll) @ _about("x", pose.pitch)).astype(np.float32)
    turned = (points - np.array([0.0, 0.89, 0.0], np.float32)) @ view.T
    x = width / 2 - 0.5 + (turned[:, 0] + pose.shift_x) * scale
    y = height / 2 - 0.5 - (turned[:, 1] + pose.shift_y) * scale
    return np.stack([x, y, turned[:, 2]], 1).astype(np.float32)


def draw_surface(
    xyz: np.ndarray, faces: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rasterise a surface back to front; triangles seen from behind are left out.

    Args:
        xyz: (N, 3) from `to_picture`.
        faces: (M, 3) int, counter-clockwise seen from outside.
        size: (height, width).

    Returns:
        corners (K, 3, 2), numbers of the K drawn faces in drawing order, and (height, width) int32 indices into those,
        -1 where nothing is seen.
    """
    i, j, k = faces.T
    px, py, pz = np.ascontiguousarray(xyz.T)
    x0, x1, x2, y0, y1, y2 = px[i], px[j], px[k], py[i], py[j], py[k]
    area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
    right = np.maximum(np.maximum(x0, x1), x2) >= 0
    left = np.minimum(np.minimum(x0, x1), x2) <= size[1] - 1
    keep = np.flatnonzero((area < 0) & left & right)
    keep = keep[np.argsort((pz[i] + pz[j] + pz[k])[keep], kind="stable")]
    corners = xyz[faces[keep], :2]
    return corners, keep, rasterise(corners, size)


def bone_transforms(angles: Mapping[str, float]) -> np.ndarray:
    """(21, 3, 4) float32: where each bone (in the order of `BONES`) takes a rest point."""
    out = np.zeros((len(BONES), 3, 4), np.float32)
    index: dict[str, int] = {}
    for k, (name, (parent, start)) in enumerate(BONES.items()):
        index[name] = k
        local = _local_rotation(name, angles)
        pivot = np.array(start)
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
    carried = 0.25 * max(raised - 60.0, 0.0)  # an arm cannot rise past the horizontal without its shoulder
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


def _about(axis: str, degrees: float) -> np.ndarray:
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
