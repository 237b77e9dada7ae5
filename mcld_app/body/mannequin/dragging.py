"""Posing by hand: a handle of the mannequin is dragged over the picture, and its limb follows."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType

import numpy as np

from mcld_app.body.mannequin.articulation import rotation
from mcld_app.body.mannequin.handles import HANDLES, Handle, handle_places, rest_places
from mcld_app.body.mannequin.kinematics import Goal, inverse_kinematics
from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.body.mannequin.rendering import to_picture
from mcld_app.body.mannequin.skeleton import joint_places
from mcld_app.errors import PoseError

_STILL = 0.02  # pixels that count as not moved
_OUTSIDE = 1000.0  # pictures' widths; what is farther off counts as that far
_ENDS = ("left_toes.bend", "right_toes.bend")  # what toes alone would do; a foot that is held is one piece
_FARTHEST = 3.0  # metres; farther than any limb reaches, so that a pull from outside keeps its direction


def drag(pose: Pose, handle: str, x: float, y: float, size: tuple[int, int] = (512, 352)) -> Pose:
    """Move a handle to a place in the picture, or as near to it as the joints' limits let.

    Only the angles of the handle's own limb change (`Handle.turns`), and it keeps its depth where it can. "pelvis"
    moves the whole figure; a hip moves the body while the feet stay. The rest of the body keeps its place in the
    picture: where a lifted foot would put the figure lower on the floor, its shift makes up for that.

    Args:
        pose: from where.
        handle: a name of `HANDLES`.
        x, y: 0..1 of the picture's width and height, from the upper left; may be outside.
        size: (height, width) of the picture in pixels.

    Raises:
        PoseError: for a handle that does not exist and a place that is no finite number.
    """
    return _moved(pose, _handle(handle), (x, y), size, by=False)


def nudge(pose: Pose, handle: str, dx: float, dy: float, size: tuple[int, int] = (512, 352)) -> Pose:
    """Move a handle by a part of the picture's width (to the right) and height (down). See `drag`."""
    return _moved(pose, _handle(handle), (dx, dy), size, by=True)


PINS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    f"{side}_{end}": tuple(f"{side}_{handle}" for handle in handles)
    for side in ("left", "right")
    for end, handles in (("hand", ("wrist", "hand")), ("foot", ("ankle", "toes")))
})  # fmt: skip
"""What can be pinned -> its handles, the inner one first."""


def hold(was: Pose, now: Pose, pins: Collection[str], size: tuple[int, int] = (512, 352)) -> Pose:
    """A pose in which hands and feet are where they were in the picture before, or as near to that as their limbs
    reach.

    Args:
        was: the pose before something else was dragged.
        now: the pose after that.
        pins: what stays, names of `PINS`.
        size: (height, width) of the picture in pixels.

    Raises:
        PoseError: for a pin that does not exist.
    """
    if unknown := set(pins) - set(PINS):
        raise PoseError(f"There is nothing called {str(min(unknown))[:60]!r} to pin. Choose of: {', '.join(PINS)}.")
    for inner, outer in (PINS[pin] for pin in PINS if pin in pins):
        places = handle_places(now)
        there = to_picture(np.stack([handle_places(was)[name] for name in (inner, outer)]), was, size)[:, :2]
        here = to_picture(np.stack([places[name] for name in (inner, outer)]), now, size)[:, :2]
        if np.abs(there - here).max() < _STILL:
            continue
        view, metre = _camera(now, size)
        pulls = np.column_stack([(there - here) * (1.0, -1.0) / metre, np.zeros(2)])
        joints = joint_places(now.build, now.shape)
        goals = [_goal(now, name, pull, places, view) for name, pull in zip((inner, outer), pulls, strict=True)]
        turns = {**HANDLES[inner].turns, **{key: 1.0 for key in HANDLES[outer].turns if key not in _ENDS}}
        found = inverse_kinematics(now.angles, goals, turns, view, joints)
        bent = now.replace(angles={**now.angles, **{key: round(value, 3) for key, value in found.items()}})
        now = _placed(bent, places["pelvis"], np.zeros(2))
    return now


def _goal(pose: Pose, name: str, move: np.ndarray, places: Mapping[str, np.ndarray], view: np.ndarray) -> Goal:
    """A handle of a pose, whose places are given, and (3,) metres that it shall move as the camera sees it."""
    joints, at_rest = joint_places(pose.build, pose.shape), rest_places(pose)
    away = (places[name] - places["pelvis"]) / pose.height @ rotation((0.0, 1.0, 0.0), pose.yaw)
    return Goal(HANDLES[name].bone, tuple(at_rest[name].tolist()), view @ (away + joints[0]) + move)


def _handle(name: str) -> Handle:
    if name not in HANDLES:
        raise PoseError(f"The mannequin has no handle called {str(name)[:60]!r}. Choose one of: {', '.join(HANDLES)}.")
    return HANDLES[name]


def _moved(pose: Pose, handle: Handle, to: tuple[float, float], size: tuple[int, int], *, by: bool) -> Pose:
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in to):
        raise PoseError("A handle's place must be two finite numbers, 0 to 1 of the picture's width and height.")
    places = handle_places(pose)
    pull = np.clip(to, -_OUTSIDE, _OUTSIDE) * (size[1], size[0])
    if not by:
        pull = pull - 0.5 - to_picture(places[handle.name][None], pose, size)[0, :2]
    if np.abs(pull).max() < _STILL:
        return pose
    view, metre = _camera(pose, size)
    pull = pull * (1.0, -1.0) / metre  # metres of a figure of height 1, to the right and up
    pull = np.append(pull * min(1.0, _FARTHEST / np.hypot(*pull)), 0.0)

    joints = joint_places(pose.build, pose.shape)

    def goal(name: str, move: np.ndarray) -> Goal:
        return _goal(pose, name, move, places, view)

    found: dict[str, float] = {}
    if handle.turns:
        found = inverse_kinematics(pose.angles, [goal(handle.name, pull)], handle.turns, view, joints)
    elif handle.bone == "pelvis" and handle.name != "pelvis":  # a hip: seen from it, the feet go the other way
        for side in ("left", "right"):
            turns = {**HANDLES[f"{side}_ankle"].turns, f"{side}_ankle.bend": 1.0}
            feet = [goal(f"{side}_ankle", -pull), goal(f"{side}_toes", -pull)]
            found |= inverse_kinematics(pose.angles, feet, turns, view, joints)
    bent = pose.replace(angles={**pose.angles, **{key: round(value, 3) for key, value in found.items()}})
    carried = np.zeros(2) if handle.turns else pull[:2] * pose.height
    return _placed(bent, places["pelvis"], carried)


def _placed(bent: Pose, pelvis: np.ndarray, carried: np.ndarray) -> Pose:
    """The pose, shifted so that its pelvis is seen `carried` (2,) metres right and up of where `pelvis` was."""
    size = (2, 2)  # a picture on which, at zoom 1, a pixel is a metre
    was, now = to_picture(np.stack([pelvis, handle_places(bent)["pelvis"]]), bent.replace(zoom=1.0), size)[:, :2]
    moved = (was - now) * (1.0, -1.0) + carried + (bent.shift_x, bent.shift_y)
    shift = zip(("shift_x", "shift_y"), moved.tolist(), strict=True)
    return bent.replace(**{name: min(max(round(to, 6), SETTINGS[name][0]), SETTINGS[name][1]) for name, to in shift})


def _camera(pose: Pose, size: tuple[int, int]) -> tuple[np.ndarray, float]:
    """The rotation from the body's space to the camera's (right, up, towards it), and pixels per metre of the body
    at its rest size; both read off `rendering.to_picture`."""
    axes = rotation((0.0, 1.0, 0.0), pose.yaw).T * pose.height
    seen = to_picture(np.concatenate([np.zeros((1, 3)), axes]).astype(np.float32), pose, size).astype(np.float64)
    matrix = (seen[1:] - seen[0]).T * np.array([[1.0], [-1.0], [1.0]])
    length = np.linalg.norm(matrix, axis=1)
    return matrix / length[:, None], float(length[0])
