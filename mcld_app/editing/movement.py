"""A movement: poses one after another, as they were read from a clip, evenly chosen, without gaps and smoothed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcld_app.body.mannequin.pose import JOINTS, SETTINGS, Pose
from mcld_app.editing.arm_smoothing import smoothed_arms
from mcld_app.editing.series import pose_between

_ALONE = 30.0  # degrees that an angle goes away from both its neighbours, to count as misread
_TURNS = ("yaw", "roll")  # go round: 180 and -180 are the same
_SPREAD = 0.04  # seconds: how far the moments lie, about, that are averaged
_KEYS = tuple(f"{joint.name}.{axis}" for joint in JOINTS.values() for axis in joint.axes)
_REACH = 3  # spreads


def evenly(count: int, most: int) -> tuple[int, ...]:
    """Places 0 .. count - 1, all of them or, where there are more, `most` evenly chosen ones, the first and the last
    among them."""
    if count <= most:
        return tuple(range(count))
    if most < 2:
        return (0,) * most
    return tuple(round(k * (count - 1) / (most - 1)) for k in range(most))


def without_gaps(poses: Sequence[Pose | None]) -> list[Pose]:
    """The poses, and where one is missing, the way from the one before to the one after; before the first and after the
    last, as those are. Without any, none."""
    known = [k for k, pose in enumerate(poses) if pose is not None]
    if not known:
        return []
    filled = []
    for k, pose in enumerate(poses):
        before = max((n for n in known if n <= k), default=known[0])
        after = min((n for n in known if n >= k), default=known[-1])
        if pose is None and before < k < after:
            between = pose_between(poses[before], poses[after], (k - before) / (after - before))
            pose = between.replace(name=poses[before].name)
        filled.append(pose if pose is not None else poses[before if before < k else after])
    return filled


def smoothed(poses: Sequence[Pose], seconds_each: float) -> list[Pose]:
    """The poses with each angle and setting smoothed over time: what one picture alone says otherwise than those
    before and after it is taken for misread, then each is averaged with its neighbours, by a bell of 0.04 seconds.
    Turns about the upright axis and of the picture go round, so that 179 and -179 degrees are neighbours; upper arms
    are averaged as rotations.

    Args:
        poses: one after another.
        seconds_each: how far apart.

    Returns:
        As many; but for the shoulders, each with the angles between the least and the largest there were.
    """
    if len(poses) < 2:
        return list(poses)
    turned = {name: np.unwrap([getattr(pose, name) for pose in poses], period=360.0) for name in _TURNS}
    kept = {name: np.array([getattr(pose, name) for pose in poses]) for name in SETTINGS if name not in _TURNS}
    angles = {key: np.array([pose.angles.get(key, 0.0) for pose in poses]) for key in _KEYS}
    weights = _bell(_SPREAD / max(seconds_each, 1e-3))

    def calmed(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: _averaged(_mended(values), weights) for name, values in table.items()}

    turned, kept, angles = calmed(turned), calmed(kept), calmed(angles)
    for side in ("left", "right"):
        collars = angles[f"{side}_clavicle.raise"]
        told = [{**pose.angles, f"{side}_clavicle.raise": float(c)} for pose, c in zip(poses, collars, strict=True)]
        arms = smoothed_arms(told, weights, side)
        angles |= {key: np.array([arm[key] for arm in arms]) for key in arms[0]}
    return [
        pose.replace(
            angles={key: round(float(values[k]), 3) for key, values in angles.items()},
            **{name: round(float(values[k]), 6) for name, values in kept.items()},
            **{name: round(float((values[k] + 180) % 360 - 180), 6) for name, values in turned.items()},
        )
        for k, pose in enumerate(poses)
    ]


def _bell(spread: float) -> np.ndarray:
    """Weights (2 n + 1,) that sum up to 1; `spread` in pictures."""
    reach = max(1, min(round(_REACH * spread), 32))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(spread, 1e-3)) ** 2)
    return weights / weights.sum()


def _mended(values: np.ndarray) -> np.ndarray:
    """(N,) with single values that stand alone put between their neighbours, where those agree."""
    out = values.copy()
    before, here, after = values[:-2], values[1:-1], values[2:]
    middle = (before + after) / 2
    alone = (np.abs(here - before) > _ALONE) & (np.abs(here - after) > _ALONE) & (np.abs(before - after) < _ALONE)
    out[1:-1] = np.where(alone, middle, here)
    return out


def _averaged(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N,) averaged; at the ends only with what is there, so that nothing is pulled anywhere."""
    here = slice(len(weights) // 2, len(weights) // 2 + len(values))
    sums = np.convolve(values, weights, mode="full")[here]
    average = sums / np.convolve(np.ones(len(values)), weights, mode="full")[here]
    return np.clip(average, values.min(), values.max())  # a rounding error must not pass a joint's limit
