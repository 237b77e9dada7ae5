"""Upper arms smoothed over time as rotations: an arm above the head can be told by quite different angles (raised
sideways, or in front), between which there is no way through their averages.

Rotations are averaged as matrices, and the nearest rotation to that is taken (Markley et al., "Averaging Quaternions",
2007, section on matrices); the three angles of the shoulder that give it are found by damped least squares from those
of the picture itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mcld_app.body.mannequin.articulation import bone_turns, rotation
from mcld_app.body.mannequin.pose import JOINTS

_AXES = ("raise", "forward", "twist")
_ALONE = np.cos(np.radians(30.0))  # as for angles: what turns farther from both neighbours is taken for misread
_STEPS = 12
_BUMP = 1e-4  # radians
_STILL = 1e-6  # of the squared difference of two rotations


def smoothed_arms(poses: Sequence[Mapping[str, float]], weights: np.ndarray, side: str) -> list[dict[str, float]]:
    """The shoulder's angles of one side, pose after pose, smoothed.

    Args:
        poses: "joint.axis" -> degrees of each; the collarbone's stay.
        weights: (2 n + 1,) what the neighbours count.
        side: "left" or "right".

    Returns:
        For each, "left_shoulder.raise" and so on -> degrees, within the joint's limits.
    """
    keys = [f"{side}_shoulder.{axis}" for axis in _AXES]
    angles = np.array([[pose.get(key, 0.0) for key in keys] for pose in poses]).reshape(-1, 3)
    collars = [pose.get(f"{side}_clavicle.raise", 0.0) for pose in poses]
    arms = np.stack([_arm(side, *pair) for pair in zip(angles, collars, strict=True)])
    is_misread = _misread(arms)
    reach = len(weights) // 2
    found, before = [], angles[0]
    for k in range(len(poses)):
        near = range(max(k - reach, 0), min(k + reach + 1, len(poses)))
        share = np.array([weights[j - k + reach] * (not is_misread[j]) for j in near])
        if not share.sum() > 0:  # only what is misread is near: between its neighbours
            near, share = (k - 1, k + 1), np.array([0.5, 0.5])
        mean = _nearest_rotation(np.tensordot(share, arms[list(near)], 1))
        before = _angles_of(mean, before if is_misread[k] else angles[k], side, collars[k])
        found.append(dict(zip(keys, before.tolist(), strict=True)))
    return found


def _arm(side: str, angles: np.ndarray, collar: float) -> np.ndarray:
    """(3, 3) how the upper arm is turned against the chest, of the shoulder's three angles and the collarbone's."""
    told = {f"{side}_shoulder.{axis}": float(angle) for axis, angle in zip(_AXES, angles, strict=True)}
    told[f"{side}_clavicle.raise"] = collar
    out = np.eye(3)
    for bone in ("clavicle", "shoulder"):
        for axis, degrees in bone_turns(f"{side}_{bone}", told):
            out = out @ rotation(axis, degrees)
    return out


def _misread(arms: np.ndarray) -> np.ndarray:
    """(N,) bool: turned far from the one before and the one after, which are like each other."""
    out = np.zeros(len(arms), bool)
    if len(arms) > 2:
        step = (np.einsum("nij,nij->n", arms[1:], arms[:-1]) - 1) / 2  # the cosine of the angle between them
        over = (np.einsum("nij,nij->n", arms[2:], arms[:-2]) - 1) / 2
        out[1:-1] = (step[:-1] < _ALONE) & (step[1:] < _ALONE) & (over > _ALONE)
    return out


def _nearest_rotation(matrix: np.ndarray) -> np.ndarray:
    u, _, v = np.linalg.svd(matrix)
    return u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))]) @ v


def _angles_of(wanted: np.ndarray, start: np.ndarray, side: str, collar: float) -> np.ndarray:
    """(3,) degrees that turn the arm so, or as nearly as the limits let, from where they start."""
    limits = [JOINTS[f"{side}_shoulder"].axes[axis] for axis in _AXES]
    low, high = np.array(limits, np.float64).T
    now = np.clip(np.asarray(start, np.float64), low, high)
    miss = (_arm(side, now, collar) - wanted).ravel()
    damping = 1e-3
    for _ in range(_STEPS):
        if miss @ miss < _STILL:
            break
        bumped = [_arm(side, now + np.degrees(_BUMP) * unit, collar).ravel() for unit in np.eye(3)]
        slopes = (np.stack(bumped, 1) - (miss + wanted.ravel())[:, None]) / _BUMP
        step = np.linalg.solve(slopes.T @ slopes + damping * np.eye(3), -slopes.T @ miss)
        tried = np.clip(now + np.degrees(step), low, high)
        there = (_arm(side, tried, collar) - wanted).ravel()
        if there @ there < miss @ miss:
            now, miss, damping = tried, there, max(damping / 5, 1e-6)
        else:
            damping *= 8
    return now
