"""Inverse kinematics: which angles bring a point of the body to a place.

Damped least squares (Levenberg and Marquardt) over the few angles of one limb, with the exact Jacobian: a turn by a
small angle about a line moves a point at a right angle to that line. What is damped is how far the bones themselves
turn, not how much their angles change: with the arm raised level, "forward" and "twist" turn it about the same line,
and angles that cancel out cost next to nothing there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from mcld_app.body.mannequin.articulation import bone_turns, rotation
from mcld_app.body.mannequin.pose import JOINTS
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.once import cached_property

# What a metre in depth counts beside one in the picture, and for how many steps: first the point comes along at about
# its depth, then whatever is still missing in the picture is made up.
_PHASES = ((0.3, 7), (0.0, 7))
_ENOUGH = 5e-5  # metres from the target; a twentieth of a pixel on a picture 2000 pixels high
_SETTLED = 0.01  # a step that lessens the cost by a smaller share than this was the last one
# A target out of reach draws a limb into any contortion that gains it a millimetre. So turning has a price: about this
# many metres for half a square radian. It falls with the distance, so that what can be reached is reached.
_PRICE = 0.01
_NEAR = 1e-3  # metres; the price falls no further
_FREE_TURN = 0.1  # the part of the price for angles that cancel out, see above
_BUMP = 1e-3  # degrees


@dataclass(frozen=True)
class Goal:
    """A point of the body and where it shall go.

    Attributes:
        bone: which bone carries the point.
        place: (3,) metres, where the point is in the rest pose.
        target: (3,) metres, seen from the camera: right, up, towards it; of these the third is a wish.
    """

    bone: str
    place: tuple[float, float, float]
    target: np.ndarray


def inverse_kinematics(
    angles: Mapping[str, float],
    goals: Sequence[Goal],
    unwilling: Mapping[str, float],
    view: np.ndarray,
    joints: np.ndarray,
) -> dict[str, float]:
    """The angles that bring the goals' points to their targets, or as near as the joints' limits let.

    Args:
        angles: "joint.axis" -> degrees, where to start.
        goals: one or more points on one limb: the way from the pelvis to one of them passes the others.
        unwilling: the angles that may change -> how little they like to, 1 is usual.
        view: (3, 3) rotation from the body's space (`body_mesh`, turned by no yaw) to the camera's.
        joints: (21, 3) metres, where the bones begin in the rest pose, see `skeleton.joint_places`.

    Returns:
        The same keys as `unwilling`, degrees, within their limits.
    """
    limb = _Chain(angles, goals, tuple(unwilling), dict(zip(BONES, joints, strict=True)))
    low, high = np.radians([_limits(key) for key in limb.keys]).T
    start = now = np.clip(np.radians([angles.get(key, 0.0) for key in limb.keys]), low, high)
    points, slope = limb.at(now)
    spins = limb.spins(now)
    stiff = np.array(list(unwilling.values()))
    metric = stiff[:, None] * (spins.T @ spins + _FREE_TURN * np.eye(len(stiff))) * stiff
    targets = np.stack([goal.target for goal in goals])

    for depth, rounds in _PHASES:
        seen = view * np.array([1.0, 1.0, depth])[:, None]
        wanted = targets * (1.0, 1.0, depth)
        error = (wanted - points @ seen.T).ravel()
        damping = 1e-3
        for _ in range(rounds):
            missing = np.sqrt(error @ error)
            if missing < _ENOUGH:
                break
            effort = _PRICE * (missing + _NEAR) * metric
            moves = (seen @ slope).reshape(len(error), -1)
            pull = moves.T @ error - effort @ (now - start)
            step = step_within(moves.T @ moves + effort + damping * metric, pull, low - now, high - now)
            tried = np.clip(now + step, low, high)
            found = limb.at(tried)
            error_there = (wanted - found[0] @ seen.T).ravel()
            cost, cost_there = (
                e @ e + turned @ effort @ turned for e, turned in ((error, now - start), (error_there, tried - start))
            )
            if cost_there < cost:
                now, error, (points, slope) = tried, error_there, found
                damping = max(damping / 8, 1e-6)
            else:
                damping *= 8
            if (1 - _SETTLED) * cost < cost_there <= cost:
                break
    return dict(zip(limb.keys, np.degrees(now).tolist(), strict=True))


@dataclass(frozen=True)
class _Chain:
    """Some points of the body as functions of a few angles; all other angles stay."""

    angles: Mapping[str, float]
    goals: Sequence[Goal]
    keys: tuple[str, ...]
    starts: Mapping[str, np.ndarray]

    def at(self, radians: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the M points are, (M, 3) metres, and how they move per radian, (M, 3, N)."""
        line, pivot, gain, reached = self._trace(radians)
        points, slopes = [], []
        for goal in self.goals:
            frame, origin, n = reached[goal.bone]
            points.append(frame @ goal.place + origin)
            (x, y, z), (a, b, c) = line[:n].T, (points[-1] - pivot[:n]).T
            # The cross product of line and arm; np.cross takes several times as long.
            slopes.append(np.stack([y * c - z * b, z * a - x * c, x * b - y * a]) @ gain[:n])
        return np.stack(points), np.stack(slopes)

    def spins(self, radians: np.ndarray) -> np.ndarray:
        """How the K bones that move turn per radian, (3 K, N)."""
        line, _, gain, reached = self._trace(radians)
        return np.concatenate([line[:n].T @ gain[:n] for _, _, n in reached.values()])

    def _trace(self, radians: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict]:
        """Every turn on the way: the line it is about (T, 3), a point on that (T, 3), how far it follows each key
        (T, N); and per bone its frame, its origin and how many turns led there."""
        angles = {**self.angles, **dict(zip(self.keys, np.degrees(radians).tolist(), strict=True))}
        (frame, origin), way = self._root
        lines, pivots, gains, reached = [], [], [], {}
        for bone in way:
            pivot = frame @ self.starts[bone] + origin
            turns = bone_turns(bone, angles)
            for axis, degrees in turns:
                lines.append(frame @ axis)
                pivots.append(pivot)
                frame = frame @ rotation(axis, degrees)
            gains.append(self._gains(bone, turns, angles))
            origin = pivot - frame @ self.starts[bone]
            reached[bone] = frame, origin, len(lines)
        return np.array(lines), np.array(pivots), np.concatenate(gains), reached

    @cached_property
    def _root(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[str, ...]]:
        """Where the first bone that moves begins, and the way from there."""
        frame, origin = np.eye(3), np.zeros(3)
        way = max((_way_to(goal.bone) for goal in self.goals), key=len)
        for k, bone in enumerate(way):
            if any(bone in _turned_by(key) for key in self.keys):
                return (frame, origin), way[k:]
            pivot = frame @ self.starts[bone] + origin
            for axis, degrees in bone_turns(bone, self.angles):
                frame = frame @ rotation(axis, degrees)
            origin = pivot - frame @ self.starts[bone]
        raise ValueError(f"None of {self.keys} moves {way[-1]}.")

    def _gains(self, bone: str, turns: list, angles: Mapping[str, float]) -> np.ndarray:
        gain = np.zeros((len(turns), len(self.keys)))
        for k, key in enumerate(self.keys):
            if bone in _turned_by(key):
                bumped = bone_turns(bone, {**angles, key: angles[key] + _BUMP})
                gain[:, k] = [(b - a) / _BUMP for (_, a), (_, b) in zip(turns, bumped, strict=True)]
        return gain


def step_within(normal: np.ndarray, pull: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Solve normal @ step = pull; what would pass a limit stops there, and the others make up for it."""
    step, free = np.zeros(len(pull)), np.ones(len(pull), bool)
    while free.any():
        rows = normal[free]
        step[free] = np.linalg.solve(rows[:, free], pull[free] - rows[:, ~free] @ step[~free])
        beyond = free & ((step < low) | (step > high))
        if not beyond.any():
            break
        step = np.clip(step, low, high)
        free &= ~beyond
    return step


@cache
def _way_to(bone: str) -> tuple[str, ...]:
    parent = BONES[bone][0]
    return (*(_way_to(parent) if parent else ()), bone)


@cache
def _turned_by(key: str) -> frozenset[str]:
    """The bones whose own rotation depends on an angle: a raised arm lifts its collarbone too."""
    rest, turned = {}, {key: _limits(key)[1]}
    return frozenset(bone for bone in BONES if bone_turns(bone, rest) != bone_turns(bone, turned))


def _limits(key: str) -> tuple[float, float]:
    joint, _, axis = key.partition(".")
    return JOINTS[joint].axes[axis]
