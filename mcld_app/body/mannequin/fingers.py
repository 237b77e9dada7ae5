"""Fingers that bend: they have no bones, and are bent in the rest pose, before the bones move them.

Each finger is a rod from its knuckle to its tip, which is laid along an arc: it turns at the knuckle and at its two
joints. At the same time the fingers close, for relaxed ones lie beside each other, and spread ones are stretched.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from mcld_app.body.mannequin.articulation import rotation
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.skeleton import BONES

_JOINTS = (0.0, 0.42, 0.72)  # of a finger's length: where it turns
_TURNS = (1.0, 1.3, 0.7)  # of the knuckle's angle, at each of them
_THUMB = 0.5  # of the fingers' angles
_ROUND = 0.012  # metres along a finger, over which a joint is round
_CLOSED, _BY = 0.85, 12.0  # of the way to the middle finger; degrees of bending by which fingers have closed
_THUMB_IN = 24.0  # degrees that a thumb comes to the others at most
_WEB = 0.006  # metres, over which skin between two fingers goes with both
_STEPS = 48  # of an arc


def finger_moves(angles: Mapping[str, float]) -> np.ndarray | None:
    """(6890, 3) float32, metres: where bent fingers take the body's vertices in the rest pose; None where all fingers
    are straight. `angles`: "joint.axis" -> degrees."""
    left, right = (float(angles.get(f"{side}_fingers.bend", 0.0)) for side in ("left", "right"))
    if not left and not right:
        return None
    out = np.zeros_like(body_mesh().rest)
    if left:
        out += _of_left(round(left, 2))
    if right:
        out += _of_left(round(right, 2))[body_mesh().twins] * np.float32([-1, 1, 1])
    return out


@lru_cache(maxsize=16)
def _of_left(degrees: float) -> np.ndarray:
    """(6890, 3) float32: how the left hand's vertices move when its fingers bend by so much."""
    mesh, marks = body_mesh(), skeleton_file()["landmarks"]
    on_hand = np.flatnonzero(mesh.weights[:, list(BONES).index("left_wrist")] > 0.5)
    points = mesh.rest[on_hand].astype(np.float64)
    bases = np.array([marks[f"finger{k}_base"] for k in range(1, 6)])
    tips = np.array([marks[f"finger{k}_tip"] for k in range(1, 6)])
    ways = (tips - bases) / np.linalg.norm(tips - bases, axis=1, keepdims=True)
    row = bases[4] - bases[1]  # of the knuckles
    palm = np.cross(row, ways[2])  # out of the palm
    palm /= np.linalg.norm(palm)
    moved, apart = [], []
    closing = min(degrees / _BY, 1.0)
    for number, (base, tip, way) in enumerate(zip(bases, tips, ways, strict=True)):
        length = float(np.linalg.norm(tip - base))
        along = (points - base) @ way
        side = np.clip(_between(way, ways[2], palm), -_THUMB_IN, _THUMB_IN)
        turned = closing * _CLOSED * side
        finger = degrees * (_THUMB if number == 0 else 1.0)
        moved.append(_bent(points, base, way, length, finger, palm, turned) - points)
        nearest = base + np.clip(along, 0, length)[:, None] * way
        apart.append(np.linalg.norm(points - nearest, axis=1))
    distance = np.stack(apart)
    share = np.exp(-(distance - distance.min(0)) / _WEB)
    share /= share.sum(0)
    out = np.zeros_like(mesh.rest)
    out[on_hand] = (np.stack(moved) * share[..., None]).sum(0)
    out.setflags(write=False)
    return out


def _between(way: np.ndarray, other: np.ndarray, palm: np.ndarray) -> float:
    """Degrees about `palm` from one direction to another."""
    return float(np.degrees(np.arctan2(np.cross(way, other) @ palm, way @ other)))


def _bent(
    points: np.ndarray, base: np.ndarray, way: np.ndarray, length: float, bend: float, palm: np.ndarray, turned: float
) -> np.ndarray:
    """(N, 3): points (N, 3) with a finger laid along its arc, and turned sideways at its knuckle by some degrees."""
    hinge = np.cross(way, palm)
    hinge /= np.linalg.norm(hinge)
    normal = np.cross(hinge, way)
    reach = np.linspace(-_ROUND, length + _ROUND, _STEPS)
    angle = np.radians(bend) * sum(
        turn * _rise((reach - at * length) / _ROUND) for at, turn in zip(_JOINTS, _TURNS, strict=True)
    )
    step = reach[1] - reach[0]
    arc = np.stack([np.cumsum(np.cos(angle)), np.cumsum(np.sin(angle))], 1) * step
    arc += np.array([reach[0], 0.0]) - arc[0]
    local = points - base
    along, across, out = local @ way, local @ hinge, local @ normal
    at = np.clip(along, reach[0], reach[-1])
    a = np.interp(at, reach, angle)
    x = np.interp(at, reach, arc[:, 0]) + (along - at) * np.cos(a) - out * np.sin(a)
    y = np.interp(at, reach, arc[:, 1]) + (along - at) * np.sin(a) + out * np.cos(a)
    new = x[:, None] * way + y[:, None] * normal + across[:, None] * hinge
    new = np.where((along > reach[0])[:, None], new, local)
    share = _rise(along / _ROUND)[:, None]
    new = new @ rotation(tuple(palm), turned).T * share + new * (1 - share)
    return base + new


def _rise(values: np.ndarray) -> np.ndarray:
    """From 0 at -1 to 1 at 1, smoothly."""
    t = np.clip(values / 2 + 0.5, 0, 1)
    return t * t * (3 - 2 * t)
