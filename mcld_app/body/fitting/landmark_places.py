"""Where the landmarks of a body lie on the mannequin: all of the fitting's numbers that hang on the body's shape.

A landmark is what a network was taught to call so: its "shoulder" is not our joint, its "hip" lies lower and further
in than a thigh's pivot. Each place is a joint of the skeleton and how far from there, in metres, in the rest pose.
Face, knuckles and heels lie at or near the mesh's own landmarks (`assets/body/skeleton.json`); shoulders, hips, ankles
and toes where photos are met best. Where the mannequin's shape changes, `tools/calibrate_landmarks.py FOLDER` finds
these numbers anew: on photos of people seen from the front it fits the mannequin by outline and landmarks, and moves
each place to where the landmark was. A dozen photos only tell which way to go: keep what makes the figures of
`python -m mcld_app.bench body --finder` better.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.fitting.articulated import BodyPoints
from mcld_app.body.fitting.body_shape import joints
from mcld_app.body.fitting.landmarks import AT
from mcld_app.body.mannequin.skeleton import BONES


@dataclass(frozen=True)
class Place:
    """Where a landmark lies on the mannequin.

    Attributes:
        joint: of the skeleton, which is also the bone that carries the landmark.
        offset: (x, y, z) from that joint in the rest pose, metres; x to the person's left, y up, z to the front.
        spread: metres by which the network errs in the picture, about.
    """

    joint: str
    offset: tuple[float, float, float]
    spread: float


# The right side is the left one's mirror image. Of the face, only what tells its turn.
PLACES: dict[str, Place] = {
    "nose": Place("head", (0.000, 0.002, 0.125), 0.020),
    "left_eye": Place("head", (0.032, 0.039, 0.098), 0.020),
    "left_ear": Place("head", (0.074, 0.015, 0.012), 0.025),
    "left_mouth": Place("head", (0.023, -0.031, 0.098), 0.025),
    "left_shoulder": Place("left_shoulder", (-0.012, -0.002, 0.000), 0.025),
    "left_elbow": Place("left_elbow", (0.000, 0.000, 0.000), 0.020),
    "left_wrist": Place("left_wrist", (0.010, -0.001, 0.000), 0.020),
    "left_little_finger": Place("left_wrist", (0.093, -0.041, -0.018), 0.040),
    "left_index_finger": Place("left_wrist", (0.059, -0.099, 0.005), 0.035),
    "left_thumb": Place("left_wrist", (0.004, -0.075, -0.009), 0.050),
    "left_hip": Place("left_hip", (-0.010, -0.025, 0.000), 0.040),
    "left_knee": Place("left_knee", (0.000, 0.000, 0.000), 0.025),
    "left_ankle": Place("left_ankle", (0.001, 0.012, 0.000), 0.020),
    "left_heel": Place("left_ankle", (-0.001, -0.046, -0.055), 0.030),
    "left_toes": Place("left_toes", (-0.003, -0.008, 0.030), 0.030),
}  # fmt: skip
"""Landmark -> its place: of the left side and of the middle."""


@lru_cache(maxsize=1)
def places() -> dict[str, Place]:
    """Landmark -> its place, both sides."""
    both = {}
    for name, place in PLACES.items():
        both[name] = place
        if name.startswith("left_"):
            x, y, z = place.offset
            joint = place.joint.replace("left_", "right_")
            both[name.replace("left_", "right_")] = Place(joint, (-x, y, z), place.spread)
    return both


@lru_cache(maxsize=1)
def landmark_points() -> tuple[np.ndarray, BodyPoints, np.ndarray]:
    """The landmarks that are fitted: their numbers (N,), where they lie on the mannequin, and their spreads (N,)."""
    bones = list(BONES)
    numbers = np.array([AT[name] for name in places()])
    carriers = [bones.index(place.joint) for place in places().values()]
    starts, moves = joints()
    rest = starts[carriers] + np.array([place.offset for place in places().values()])
    spreads = np.array([place.spread for place in places().values()])
    return numbers, BodyPoints(rest, moves[:, carriers], np.eye(len(bones))[carriers]), spreads
