"""Shoulders rise with the arms, and fingers bend, though neither is a bone that a photo tells of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.fitting.articulated import KEYS
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import posed_vertices
from mcld_app.body.mannequin.skeleton import BONES

MARKS = skeleton_file()["landmarks"]


def joint(name: str, **angles: float) -> np.ndarray:
    pose = Pose(angles={key.replace("__", "."): value for key, value in angles.items()})
    return posed_vertices(pose)[1][list(BONES).index(name)]


def tips(degrees: float, side: str = "left") -> np.ndarray:
    """(5, 3) metres: the tips of thumb and fingers with the fingers bent, arms down."""
    rest = body_mesh().rest
    mirror = np.array([1 if side == "left" else -1, 1, 1])
    nearest = [((rest - np.array(MARKS[f"finger{k}_tip"]) * mirror) ** 2).sum(1).argmin() for k in range(1, 6)]
    moved = posed_vertices(Pose(angles={f"{side}_fingers.bend": degrees}))[0]
    return moved[nearest]


def test_an_arm_held_up_lifts_its_shoulder_by_a_hands_breadth() -> None:
    level, up = joint("left_shoulder"), joint("left_shoulder", left_shoulder__raise=158.0)
    assert 0.08 < up[1] - level[1] < 0.13
    assert level[0] - up[0] < 0.03, "and it stays beside the neck"


@given(st.floats(0, 175))
@settings(max_examples=20)
def test_the_hand_is_raised_as_far_as_the_angle_says(raised: float) -> None:
    angles = {"left_shoulder__raise": raised}
    arm = joint("left_elbow", **angles) - joint("left_shoulder", **angles)
    straight = joint("left_elbow") - joint("left_shoulder")
    turned = np.degrees(np.arctan2(arm[0], -arm[1]) - np.arctan2(straight[0], -straight[1])) % 360
    assert (turned - raised + 180) % 360 - 180 == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_relaxed_fingers_lie_together_and_are_bent_into_the_palm(side: str) -> None:
    straight, relaxed, fist = tips(0, side), tips(12, side), tips(70, side)
    apart = [np.linalg.norm(np.diff(each[1:], axis=0), axis=1).mean() for each in (straight, relaxed)]
    assert apart[1] < 0.8 * apart[0]
    wrist = posed_vertices(Pose())[1][list(BONES).index(f"{side}_wrist")]
    reach = [np.linalg.norm(each[1:] - wrist, axis=1).mean() for each in (straight, relaxed, fist)]
    assert reach[0] > reach[1] > 0.9 * reach[0], "hardly bent"
    assert reach[2] < 0.75 * reach[0], "a fist"
    assert np.linalg.norm(relaxed[0] - relaxed[1]) < np.linalg.norm(straight[0] - straight[1]), "the thumb too"


def test_only_the_hand_itself_is_moved_by_its_fingers() -> None:
    straight, bent = posed_vertices(Pose())[0], posed_vertices(Pose(angles={"left_fingers.bend": 60.0}))[0]
    moved = np.linalg.norm(bent - straight, axis=1) > 1e-6
    assert 100 < moved.sum() < 1000
    on_wrist = body_mesh().weights[:, list(BONES).index("left_wrist")]
    assert (on_wrist[moved] > 0.5).all()


@given(st.floats(0, 70))
@settings(max_examples=10, deadline=None)
def test_both_hands_are_each_others_mirror_image(bend: float) -> None:
    pose = Pose(angles={"left_fingers.bend": bend})
    one, other = posed_vertices(pose)[0], posed_vertices(pose.mirrored())[0]
    assert np.abs(one - other[body_mesh().twins] * np.float32([-1, 1, 1])).max() < 1e-5


def test_no_hand_of_a_named_pose_is_spread() -> None:
    for name, pose in named_poses().items():
        for side in ("left", "right"):
            assert pose.angles.get(f"{side}_fingers.bend", 0) >= 5, name


def test_no_photo_is_asked_how_fingers_bend() -> None:
    assert not [key for key in KEYS if "fingers" in key or "toes" in key]
