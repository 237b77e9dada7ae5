"""The mannequin's handles: the places of its body that a person takes hold of to pose it, and where they are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import body_faces, draw_surface, posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES, SHOULDER, joint_places

_ROWS = 160  # height in pixels of the little picture that tells what hides what; a wrist is 4 of them wide
_PADDING = 0.035  # metres that a unit of build puts between a joint and the skin


@dataclass(frozen=True)
class Handle:
    """A place on the body to take hold of.

    Attributes:
        name: for instance "left_wrist".
        label: as on the page, for instance "Left wrist".
        bone: which bone carries it.
        joint: the bone whose beginning it keeps its distance from, whatever the person's shape.
        place: (x, y, z) in the average adult's rest pose, in the space of `body_mesh`, metres.
        depth: metres of flesh between it and the skin, at most.
        turns: "joint.axis" -> how unwilling that angle is to follow the handle; 1 is usual.
    """

    name: str
    label: str
    bone: str
    joint: str
    place: tuple[float, float, float]
    depth: float
    turns: Mapping[str, float]


@dataclass(frozen=True)
class JointPoint:
    """Where a handle is seen.

    Attributes:
        name, label: the handle's.
        x, y: 0..1 from the picture's left and upper edge to its right and lower one; outside of that when the handle
            is outside of the picture.
        depth: metres, larger is nearer.
        front: whether it is seen; False where another part of the body hides it.
    """

    name: str
    label: str
    x: float
    y: float
    depth: float
    front: bool


def _on_hand(d: float) -> tuple[float, float, float]:
    wrist = np.array(BONES["left_wrist"][1])
    along = (wrist - SHOULDER) / np.linalg.norm(wrist - SHOULDER)
    return tuple((wrist + d * along).tolist())


def _handles() -> dict[str, Handle]:
    at = {name: place for name, (_, place) in BONES.items()}
    back = {"spine.bend": 3.0, "spine.side": 3.0, "chest.bend": 2.0, "chest.side": 2.0}
    nod = {"neck.bend": 1.0, "neck.side": 1.0, "head.bend": 1.0, "head.side": 1.0}
    look = {"neck.twist": 2.0, "head.twist": 1.0, "neck.bend": 3.0, "head.bend": 1.0}
    made = [
        Handle("head", "Top of the head", "head", "head", (0.0, 1.745, 0.015), 0.10, nod),
        Handle("face", "Face", "head", "head", (0.0, 1.612, 0.110), 0.03, look),
        Handle("neck", "Neck", "neck", "neck", at["neck"], 0.13, back),
        Handle("pelvis", "Whole figure", "pelvis", "pelvis", at["pelvis"], 0.14, {}),
    ]
    arm = {"shoulder.raise": 1.0, "shoulder.forward": 1.0, "shoulder.twist": 1.0}
    leg = {"hip.forward": 1.0, "hip.side": 1.0, "hip.twist": 1.0}
    turn = {"chest.twist": 1.0, "spine.twist": 1.0, "chest.side": 2.0, "spine.side": 3.0}
    # name: label, bone that carries it, place, flesh around it, what it turns
    limbs = {
        "shoulder": ("shoulder", "clavicle", at["left_shoulder"], 0.08, {"clavicle.raise": 1.0}),
        "elbow": ("elbow", "shoulder", at["left_elbow"], 0.06, arm),
        "wrist": ("wrist", "elbow", at["left_wrist"], 0.05, arm | {"elbow.bend": 1.0}),
        "hand": ("hand", "wrist", _on_hand(0.11), 0.05, {"wrist.bend": 1.0, "wrist.side": 1.0, "elbow.twist": 1.0}),
        "hip": ("hip, feet stay", "pelvis", at["left_hip"], 0.13, {}),
        "knee": ("knee", "hip", at["left_knee"], 0.08, leg),
        "ankle": ("ankle", "knee", at["left_ankle"], 0.10, leg | {"knee.bend": 1.0}),
        "toes": ("toes", "toes", (0.130, 0.018, 0.130), 0.05, {"ankle.bend": 1.0, "toes.bend": 2.0, "hip.twist": 2.0}),
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, (label, bone, (x, y, z), depth, turns) in limbs.items():
            own = {f"{side}_{key}": value for key, value in turns.items()} | (turn if name == "shoulder" else {})
            carrier = bone if bone in BONES else f"{side}_{bone}"
            label = f"{side} {label}".capitalize()
            joint = f"{side}_{'wrist' if name == 'hand' else name}"
            place = (sign * x, y, z)
            made.append(Handle(f"{side}_{name}", label, carrier, joint, place, depth, MappingProxyType(own)))
    return {handle.name: handle for handle in made}


HANDLES: Mapping[str, Handle] = MappingProxyType(_handles())

LINKS: tuple[tuple[str, str], ...] = (
    ("head", "neck"),
    ("neck", "pelvis"),
    *(
        (f"{side}_{a}" if a not in ("neck", "pelvis") else a, f"{side}_{b}")
        for side in ("left", "right")
        for limb in (("neck", "shoulder", "elbow", "wrist", "hand"), ("pelvis", "hip", "knee", "ankle", "toes"))
        for a, b in pairwise(limb)
    ),
)
"""The stick figure: pairs of handles with a line between them."""


def joint_points(pose: Pose, size: tuple[int, int] = (512, 352)) -> tuple[JointPoint, ...]:
    """Every handle of the mannequin, as `rendering.draw_iuv` shows it.

    Args:
        pose: the mannequin's.
        size: (height, width) of the picture in pixels.
    """
    skin, places = _skin_and_handles(pose)
    seen = nearest_skin(to_picture(skin, pose, size), size)
    points = []
    for handle, (x, y, depth) in zip(HANDLES.values(), to_picture(places, pose, size).tolist(), strict=True):
        x, y = (x + 0.5) / size[1], (y + 0.5) / size[0]
        flesh = (handle.depth + _PADDING * max(pose.build, 0.0)) * pose.height
        row, column = int(y * seen.shape[0]), int(x * seen.shape[1])
        inside = 0 <= x < 1 and 0 <= y < 1
        front = not inside or bool(seen[row, column] <= depth + flesh)
        points.append(JointPoint(handle.name, handle.label, x, y, depth, front))
    return tuple(points)


def handle_places(pose: Pose) -> dict[str, np.ndarray]:
    """Handle -> (3,) float32, its place in the space of `rendering.posed_vertices`."""
    return dict(zip(HANDLES, _skin_and_handles(pose)[1], strict=True))


def _skin_and_handles(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    f = body_mesh()
    places = np.array(list(rest_places(pose).values()), np.float32)
    weights = _carried()
    rest = np.concatenate([f.shaped(pose.build, pose.shape), places])
    points, _ = posed_vertices(pose, rest, weights)
    return points[: len(f.rest)], points[len(f.rest) :]


def rest_places(pose: Pose) -> dict[str, np.ndarray]:
    """Handle -> (3,) float64, metres: its place in the rest pose of a person of that pose's shape."""
    bones = list(BONES)
    moved = joint_places(pose.build, pose.shape) - joint_places()
    return {name: np.array(handle.place) + moved[bones.index(handle.joint)] for name, handle in HANDLES.items()}


@lru_cache(maxsize=1)
def _carried() -> np.ndarray:
    """The skin weights (6890 + N, 21) of the body and of the handles: each moves with one bone."""
    bones = list(BONES)
    carried = np.eye(len(bones), dtype=np.float32)[[bones.index(handle.bone) for handle in HANDLES.values()]]
    return np.concatenate([body_mesh().weights, carried])


def nearest_skin(xyz: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """How near the skin is that one sees, in a small picture of the same frame: float32, metres, -inf at none."""
    scale = np.float32(_ROWS / size[0])
    small = (_ROWS, max(round(size[1] * _ROWS / size[0]), 1))
    xyz = (xyz + np.float32([0.5, 0.5, 0])) * np.float32([scale, scale, 1]) - np.float32([0.5, 0.5, 0])
    _, faces, seen = draw_surface(xyz, body_faces(), small)
    if not len(faces):
        return np.full(small, -np.inf, np.float32)
    depth = xyz[body_faces()[faces], 2].mean(1)
    return np.where(seen >= 0, depth[seen], np.float32(-np.inf))
