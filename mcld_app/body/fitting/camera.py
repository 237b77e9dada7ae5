"""The mannequin seen in a picture while it is fitted: one vector of unknowns, and how points move with each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

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
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES

ANGLES = slice(0, len(KEYS))
BUILD, YAW, PITCH, ROLL, SCALE, RIGHT, UP = range(len(KEYS), len(KEYS) + 7)
UNKNOWNS = len(KEYS) + 7
"""Angles (radians), build, yaw, pitch and roll (radians), the logarithm of the scale, and metres right and up."""

_PELVIS = np.array(BONES["pelvis"][1])
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
    low, high, _ = SETTINGS["build"]
    more = [(low, high), (-_FREE, _FREE), (-_TILT, _TILT), (-_FREE, _FREE), (-2.0, 2.0), *[(-_FREE, _FREE)] * 2]
    return np.concatenate([LIMITS, np.array(more)])


def view(unknowns: np.ndarray) -> np.ndarray:
    """(3, 3) the body's space -> the camera's, by yaw, pitch and roll."""
    yaw, pitch, roll = np.degrees(unknowns[[YAW, PITCH, ROLL]])
    return rotation((0, 0, 1), -roll) @ rotation((1, 0, 0), pitch) @ rotation((0, 1, 0), yaw)


def seen(bones: Bones, points: BodyPoints, unknowns: np.ndarray) -> Seen:
    """Points in the picture, with their slopes; `bones` are those of the unknowns' angles."""
    at, slopes, thicker = placed_with_slopes(bones, points, unknowns[BUILD])
    turn, scale = view(unknowns), np.exp(unknowns[SCALE])
    turned = (at - _PELVIS) @ turn.T
    out = np.zeros((len(at), 3, UNKNOWNS))
    out[:, :, ANGLES] = turn @ slopes
    out[:, :, BUILD] = thicker @ turn.T
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
    turned = (placed(bones_at(unknowns[ANGLES]), body_points(), unknowns[BUILD]) - _PELVIS) @ view(unknowns).T
    turned[:, :2] = np.exp(unknowns[SCALE]) * (turned[:, :2] + unknowns[[RIGHT, UP]])
    return turned


@lru_cache(maxsize=1)
def body_points() -> BodyPoints:
    """The body's own vertices."""
    mesh = body_mesh()
    return BodyPoints(*(np.asarray(array, np.float64) for array in (mesh.rest, mesh.thicken, mesh.weights)))


def to_pose(unknowns: np.ndarray, canvas: Canvas, name: str) -> Pose:
    """The mannequin's pose, as it is seen in a picture of the canvas's size."""
    degrees = np.degrees(np.clip(unknowns[ANGLES], *LIMITS.T)).round(3)
    scale = float(np.exp(unknowns[SCALE]) * canvas.metre)
    settings = {
        "build": unknowns[BUILD],
        "yaw": _wrapped(unknowns[YAW]),
        "pitch": np.degrees(unknowns[PITCH]),
        "roll": _wrapped(unknowns[ROLL]),
        "zoom": 2 * scale / canvas.size[0],
    }
    pose = Pose(name, dict(zip(KEYS, degrees.tolist(), strict=True)), **{k: _within(k, v) for k, v in settings.items()})
    _, joints = posed_vertices(pose)
    now = to_picture(joints[:1], pose, canvas.size)[0, :2]
    wish = canvas.to_pixels(np.exp(unknowns[SCALE]) * unknowns[None, [RIGHT, UP]])[0]
    right, down = (wish - now) / (canvas.size[0] / 2 * pose.zoom)
    return pose.replace(shift_x=_within("shift_x", right), shift_y=_within("shift_y", -down))


def from_pose(pose: Pose, canvas: Canvas) -> np.ndarray:
    """(UNKNOWNS,) a pose as unknowns; its `height` becomes a part of the scale."""
    unknowns = np.zeros(UNKNOWNS)
    unknowns[ANGLES] = np.radians([pose.angles.get(key, 0.0) for key in KEYS])
    unknowns[BUILD] = pose.build
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
