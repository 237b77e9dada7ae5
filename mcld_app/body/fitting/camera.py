"""The mannequin seen in a picture while it is fitted: one vector of unknowns, and how points move with each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.fitting import body_shape
from mcld_app.body.fitting.articulated import (
    KEYS,
    LIMITS,
    BodyPoints,
    Bones,
    bones_at,
    placed,
    placed_with_slopes,
)
from mcld_app.body.mannequin.articulation import rotation
from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture

ANGLES = slice(0, len(KEYS))
SHAPE = slice(len(KEYS), len(KEYS) + body_shape.AMOUNTS)
YAW, PITCH, ROLL, SCALE, RIGHT, UP = range(SHAPE.stop, SHAPE.stop + 6)
UNKNOWNS = SHAPE.stop + 6
"""Angles (radians), shape, yaw, pitch and roll (radians), the logarithm of the scale, and metres right and up."""

_FREE = 9.0  # no limit
_TILT = np.radians(35.0)


@dataclass(frozen=True, eq=False)
class Seen:
    """Points as a picture shows them, in metres of the mannequin about the picture's middle.

    Attributes:
        places: (N, 2) right and up.
        depths: (N,) towards the camera.
        slopes: (N, 2, UNKNOWNS) and depth_slopes: (N, UNKNOWNS), how these move with each unknown.
    """

    places: np.ndarray
    depths: np.ndarray
    slopes: np.ndarray
    depth_slopes: np.ndarray


@dataclass(frozen=True)
class Canvas:
    """The picture that is fitted to.

    Attributes:
        size: (height, width), pixels.
        metre: pixels that a metre of the mannequin takes where the scale's logarithm is 0.
    """

    size: tuple[int, int]
    metre: float

    def to_metres(self, pixels: np.ndarray) -> np.ndarray:
        """(N, 2) x and y in pixels -> metres right and up of the picture's middle."""
        height, width = self.size
        right, up = pixels[:, 0] - (width / 2 - 0.5), (height / 2 - 0.5) - pixels[:, 1]
        return np.stack([right, up], 1) / self.metre

    def to_pixels(self, metres: np.ndarray) -> np.ndarray:
        """The way back."""
        height, width = self.size
        return np.stack([metres[:, 0], -metres[:, 1]], 1) * self.metre + (width / 2 - 0.5, height / 2 - 0.5)


def limits() -> np.ndarray:
    """(UNKNOWNS, 2): lowest and highest of each unknown."""
    more = [(-_FREE, _FREE), (-_TILT, _TILT), (-_FREE, _FREE), (-2.0, 2.0), *[(-_FREE, _FREE)] * 2]
    return np.concatenate([LIMITS, body_shape.LIMITS, np.array(more)])


def view(unknowns: np.ndarray) -> np.ndarray:
    """(3, 3) the body's space -> the camera's, by yaw, pitch and roll."""
    yaw, pitch, roll = np.degrees(unknowns[[YAW, PITCH, ROLL]])
    return rotation((0, 0, 1), -roll) @ rotation((1, 0, 0), pitch) @ rotation((0, 1, 0), yaw)


def bones_of(unknowns: np.ndarray) -> Bones:
    """The skeleton at the unknowns' angles, of their shape."""
    return bones_at(unknowns[ANGLES], unknowns[SHAPE])


def seen(bones: Bones, points: BodyPoints, unknowns: np.ndarray) -> Seen:
    """Points in the picture, with their slopes; `bones` are `bones_of` the unknowns."""
    at, slopes, grown = placed_with_slopes(bones, points)
    turn, scale = view(unknowns), np.exp(unknowns[SCALE])
    turned = (at - bones.pelvis) @ turn.T
    out = np.zeros((len(at), 3, UNKNOWNS))
    out[:, :, ANGLES] = turn @ slopes
    out[:, :, SHAPE] = turn @ (grown - body_shape.joints()[1][:, 0].T)
    roll = rotation((0, 0, 1), -np.degrees(unknowns[ROLL]))
    tilt = roll @ rotation((1, 0, 0), np.degrees(unknowns[PITCH]))
    out[:, :, YAW] = np.cross(tilt[:, 1], turned)
    out[:, :, PITCH] = np.cross(roll[:, 0], turned)
    out[:, :, ROLL] = np.cross((0.0, 0.0, -1.0), turned)
    places = scale * (turned[:, :2] + unknowns[[RIGHT, UP]])
    flat = scale * out[:, :2]
    flat[:, :, SCALE] = places
    flat[:, 0, RIGHT] = flat[:, 1, UP] = scale
    return Seen(places, turned[:, 2], flat, out[:, 2])


def skin(unknowns: np.ndarray) -> np.ndarray:
    """(6890, 3) the whole body's skin: right and up in metres of the picture, and depth."""
    bones = bones_of(unknowns)
    turned = (placed(bones, body_points()) - bones.pelvis) @ view(unknowns).T
    turned[:, :2] = np.exp(unknowns[SCALE]) * (turned[:, :2] + unknowns[[RIGHT, UP]])
    return turned


@lru_cache(maxsize=1)
def body_points() -> BodyPoints:
    """The body's own vertices."""
    return BodyPoints(*body_shape.skin())


def to_pose(unknowns: np.ndarray, canvas: Canvas, name: str) -> Pose:
    """The mannequin's pose, as it is seen in a picture of the canvas's size."""
    degrees = np.degrees(np.clip(unknowns[ANGLES], *LIMITS.T)).round(3)
    scale = float(np.exp(unknowns[SCALE]) * canvas.metre)
    settings = {
        "yaw": _wrapped(unknowns[YAW]),
        "pitch": np.degrees(unknowns[PITCH]),
        "roll": _wrapped(unknowns[ROLL]),
        "zoom": 2 * scale / canvas.size[0],
    }
    settings = {setting: _within(setting, value) for setting, value in settings.items()}
    angles = dict(zip(KEYS, degrees.tolist(), strict=True))
    pose = Pose(name, angles, **settings, **body_shape.of_amounts(unknowns[SHAPE]))
    _, joints = posed_vertices(pose)
    now = to_picture(joints[:1], pose, canvas.size)[0, :2]
    wish = canvas.to_pixels(np.exp(unknowns[SCALE]) * unknowns[None, [RIGHT, UP]])[0]
    right, down = (wish - now) / (canvas.size[0] / 2 * pose.zoom)
    return pose.replace(shift_x=_within("shift_x", right), shift_y=_within("shift_y", -down))


def from_pose(pose: Pose, canvas: Canvas) -> np.ndarray:
    """(UNKNOWNS,) a pose as unknowns; its `height` becomes a part of the scale."""
    unknowns = np.zeros(UNKNOWNS)
    unknowns[ANGLES] = np.radians([pose.angles.get(key, 0.0) for key in KEYS])
    unknowns[SHAPE] = body_shape.amounts_of(pose)
    unknowns[[YAW, PITCH, ROLL]] = np.radians([pose.yaw, pose.pitch, pose.roll])
    scale = canvas.size[0] / 2 * pose.zoom * pose.height
    unknowns[SCALE] = np.log(scale / canvas.metre)
    _, joints = posed_vertices(pose)
    pelvis = canvas.to_metres(to_picture(joints[:1], pose, canvas.size)[:, :2])[0]
    unknowns[[RIGHT, UP]] = pelvis / np.exp(unknowns[SCALE])
    return unknowns


def _wrapped(radians: float) -> float:
    return (np.degrees(radians) + 180) % 360 - 180


def _within(setting: str, value: float) -> float:
    low, high, _ = SETTINGS[setting]
    return round(float(np.clip(value, low, high)), 6)
