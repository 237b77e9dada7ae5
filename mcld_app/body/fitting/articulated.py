"""Points of the mannequin as functions of all its angles and its shape, with their exact Jacobian.

A turn by a small angle about a line moves a point at a right angle to that line: by the cross product of the line's
direction and the way from the line to the point. A point that hangs on several bones moves by their mean. Where the
shape changes, the joints move too, and every bone begins where the one before it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.fitting.body_shape import joints
from mcld_app.body.mannequin.articulation import bone_turns, rotation
from mcld_app.body.mannequin.pose import JOINTS
from mcld_app.body.mannequin.skeleton import BONES

KEYS: tuple[str, ...] = tuple(
    f"{name}.{axis}"
    for name, joint in JOINTS.items()
    if not name.endswith(("toes", "fingers"))
    for axis in joint.axes
)
"""The angles that are fitted, in order; no picture of shoes tells how toes bend, and no landmark how fingers do."""

LIMITS = np.radians([JOINTS[key.partition(".")[0]].axes[key.partition(".")[2]] for key in KEYS])
"""(K, 2) radians, lowest and highest."""

_NAMES = tuple(BONES)
_PARENTS = tuple(None if parent is None else _NAMES.index(parent) for parent, _ in BONES.values())
_CARRIES_FROM = 60.0  # degrees; an arm raised higher lifts its collarbone, see `articulation.bone_turns`
_BUMP = 1e-3  # degrees


@dataclass(frozen=True, eq=False)
class BodyPoints:
    """Points of the body.

    Attributes:
        rest: (N, 3) metres, in the rest pose.
        directions: (A, N, 3) metres a point moves with each amount of shape (`body_shape`).
        weights: (N, 21) how much each bone moves it; rows sum to 1.
    """

    rest: np.ndarray
    directions: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Bones:
    """The skeleton at some angles and of some shape.

    Attributes:
        amounts: (A,) of shape.
        pelvis: (3,) where it is.
        frames: (21, 3, 4) where each bone takes a rest point.
        drifts: (A, 21, 3) how far each bone's frame moves with each amount.
        lines: (T, 3) the directions of the T lines about which bones turn.
        pivots: (T, 3) a point on each.
        gains: (T, K) how far each turn follows each angle.
    """

    amounts: np.ndarray
    pelvis: np.ndarray
    frames: np.ndarray
    drifts: np.ndarray
    lines: np.ndarray
    pivots: np.ndarray
    gains: np.ndarray


def bones_at(radians: np.ndarray, amounts: np.ndarray) -> Bones:
    """The skeleton at the angles `KEYS`, (K,), and the amounts of shape, (A,)."""
    usual, moves = joints()
    starts = usual + np.tensordot(amounts, moves, 1)
    angles = dict(zip(KEYS, np.degrees(radians).tolist(), strict=True))
    frames, drifts, lines, pivots = np.zeros((len(BONES), 3, 4)), np.zeros_like(moves), [], []
    for number, (name, parent) in enumerate(zip(_NAMES, _PARENTS, strict=True)):
        frame, origin = (np.eye(3), np.zeros(3)) if parent is None else (frames[parent, :, :3], frames[parent, :, 3])
        pivot = frame @ starts[number] + origin
        drift = moves[:, number] @ frame.T + (0 if parent is None else drifts[:, parent])
        for axis, degrees in bone_turns(name, angles):
            lines.append(frame @ axis)
            pivots.append(pivot)
            frame = frame @ rotation(axis, degrees)
        frames[number, :, :3], frames[number, :, 3] = frame, pivot - frame @ starts[number]
        drifts[:, number] = drift - moves[:, number] @ frame.T
    raised = tuple(angles[f"{side}_shoulder.raise"] > _CARRIES_FROM for side in ("left", "right"))
    return Bones(amounts, starts[0], frames, drifts, np.array(lines), np.array(pivots), _gains(raised))


def placed(bones: Bones, points: BodyPoints) -> np.ndarray:
    """(N, 3) where the points are, metres."""
    blended = (points.weights @ bones.frames.reshape(len(BONES), 12)).reshape(-1, 3, 4)
    rest = points.rest + np.tensordot(bones.amounts, points.directions, 1)
    return (blended[:, :, :3] @ rest[:, :, None])[..., 0] + blended[:, :, 3]


def placed_with_slopes(bones: Bones, points: BodyPoints) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the points are, (N, 3); how they move per radian of each angle, (N, 3, K), and with each amount of shape,
    (N, 3, A)."""
    turned = bones.frames[:, :, :3].reshape(-1, 3).T
    rest = points.rest + np.tensordot(bones.amounts, points.directions, 1)
    by_bone = (rest @ turned).reshape(len(rest), -1, 3) + bones.frames[:, :, 3]
    shares = points.weights[:, :, None] * by_bone
    blended = (points.weights @ bones.frames[:, :, :3].reshape(-1, 9)).reshape(-1, 3, 3)
    grown = blended @ points.directions.transpose(1, 2, 0)
    grown += (points.weights @ bones.drifts).transpose(1, 2, 0)
    below = _below()  # (T, 21)
    reach = below @ shares - (points.weights @ below.T)[..., None] * bones.pivots
    x, y, z = bones.lines.T
    right, up, near = (reach[..., axis] for axis in range(3))
    across = np.stack([y * near - z * up, z * right - x * near, x * up - y * right], 1)
    slopes = across @ bones.gains
    return shares.sum(1), slopes, grown


@lru_cache(maxsize=1)
def _below() -> np.ndarray:
    """(T, 21) float64: 1 where a turn moves a bone."""
    under = np.zeros((len(BONES), len(BONES)))
    for number in range(len(BONES)):
        above: int | None = number
        while above is not None:
            under[above, number] = 1
            above = _PARENTS[above]
    return np.repeat(under, [len(bone_turns(name, {})) for name in _NAMES], axis=0)


@lru_cache(maxsize=4)
def _gains(raised: tuple[bool, bool]) -> np.ndarray:
    """(T, K) how far each turn follows each angle, which hangs on whether the left and the right arm are raised."""
    here = {
        f"{side}_shoulder.raise": 2 * _CARRIES_FROM if up else 0.0
        for side, up in zip(("left", "right"), raised, strict=True)
    }
    before = np.array([degrees for name in _NAMES for _, degrees in bone_turns(name, here)])
    columns = []
    for key in KEYS:
        bumped = {**here, key: here.get(key, 0.0) + _BUMP}
        columns.append(np.array([degrees for name in _NAMES for _, degrees in bone_turns(name, bumped)]) - before)
    return np.stack(columns, 1) / _BUMP
