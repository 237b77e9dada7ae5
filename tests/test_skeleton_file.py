"""The mannequin's joints written for other programs, and read here again."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import studio_actions as actions

from mcld_app.body.keypoint_pose import pose_of_skeleton
from mcld_app.body.keypoints import COCO_17, OPENPOSE_18, OPENPOSE_25, read_skeletons
from mcld_app.body.mannequin.handles import joint_points
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.skeleton_file import LAYOUTS, skeleton_points, write_skeleton
from mcld_app.errors import PoseError
from mcld_app.studio.downloads import file_of
from mcld_app.studio.state import initial_state

_OF_A_SIDE = ("shoulder", "elbow", "wrist", "knee", "ankle")
JOINTS = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in _OF_A_SIDE)
COUNTS = {"openpose-18": 18, "openpose-25": 25, "coco-17": 17}


def numbers(pose: Pose, layout: str) -> np.ndarray:
    """(N, 3) of what was written."""
    told = json.loads(write_skeleton(pose, layout))
    flat = told["annotations"][0]["keypoints"] if "annotations" in told else told["people"][0]["pose_keypoints_2d"]
    return np.reshape(flat, (-1, 3))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["standing", "walking", "arms-up", "sitting"])
def test_what_is_written_is_read_again_as_the_same_pose(layout: str, name: str) -> None:
    pose = named_poses()[name]
    text = write_skeleton(pose, layout)
    (skeleton,) = read_skeletons(text)
    assert skeleton.size == (512, 352) and not skeleton.guessed
    assert len(numbers(pose, layout)) == COUNTS[layout]
    points = skeleton_points(pose)
    assert all(skeleton.points[joint] == pytest.approx(points[joint][:2], abs=0.01) for joint in JOINTS)
    again = {p.name: np.array((p.x * 352, p.y * 512)) for p in joint_points(pose_of_skeleton(skeleton))}
    off = [np.linalg.norm(again[joint] - points[joint][:2]) for joint in JOINTS]
    assert max(off) < 12 and np.median(off) < 3, "pixels of 512"


def test_left_is_the_persons_own_and_points_stand_in_their_order() -> None:
    pose = named_poses()["standing"]
    names = {"openpose-18": OPENPOSE_18, "openpose-25": OPENPOSE_25, "coco-17": COCO_17}
    for layout, order in names.items():
        at = dict(zip(order, numbers(pose, layout), strict=True))
        assert at["left_shoulder"][0] > at["right_shoulder"][0] and at["left_eye"][0] > at["right_eye"][0]
        assert at["nose"][1] < at["left_shoulder"][1] < at["left_hip"][1] < at["left_knee"][1] < at["left_ankle"][1]
        assert at["left_ear"][0] > at["left_eye"][0] and (np.array(list(at.values()))[:, 2] > 0).all()
    feet = dict(zip(OPENPOSE_25, numbers(pose, "openpose-25"), strict=True))
    assert feet["left_small_toe"][0] > feet["left_toes"][0], "the small toe is the outer one"


def test_what_an_estimator_would_not_find_is_not_written() -> None:
    back = dict(zip(COCO_17, numbers(named_poses()["back"], "coco-17"), strict=True))
    assert not back["nose"].any() and not back["left_eye"].any() and back["left_shoulder"][2] > 0
    side = dict(zip(OPENPOSE_18, numbers(Pose(yaw=90.0), "openpose-18"), strict=True))
    assert side["right_ear"][2] == 1 and not side["left_ear"].any() and side["left_wrist"][2] == 0.5, "hidden"
    aside = dict(zip(COCO_17, numbers(named_poses()["t-pose"].replace(shift_x=0.5), "coco-17"), strict=True))
    assert not aside["left_wrist"].any() and aside["right_wrist"][2] == 2
    with pytest.raises(PoseError, match="Nothing of the figure"):
        write_skeleton(Pose(shift_x=3.0), "coco-17")
    with pytest.raises(PoseError, match="no skeleton called"):
        write_skeleton(Pose(), "mpii")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_page_gives_it_of_any_pose_and_takes_it_again(layout: str) -> None:
    state = actions.choose_pose(initial_state(), {"id": "walking"})
    for now in (state, initial_state(), actions.pose_of(state, {"id": "person:mara", "map": True})):
        name, kind, data = file_of(now, layout)
        assert name == f"mcld-{layout}.json" and kind == "application/json"
        assert read_skeletons(data.decode())[0].points["left_ankle"][1] > 400
    opened = actions.open_pose(replace(initial_state()), {"file": _file(file_of(state, layout)[2])})
    assert "skeleton" in opened.note.text and isinstance(opened.look.pose, Pose)


def _file(data: bytes) -> dict:
    import base64

    return {"name": "pose.json", "data": base64.b64encode(data).decode()}
