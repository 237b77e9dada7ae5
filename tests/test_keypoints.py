"""Skeletons of pose estimators: every way they are written, and the mannequin in their pose."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import studio_actions as actions

from mcld_app.body.keypoint_pose import pose_of_skeleton
from mcld_app.body.keypoints import LARGEST_FILE, read_skeletons
from mcld_app.body.mannequin.handles import joint_points
from mcld_app.body.mannequin.pose import JOINTS, Pose, named_poses
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import PoseError
from mcld_app.studio.panels.borrow import api_pose_file
from mcld_app.studio.state import EditorState, initial_state

WIDTH, HEIGHT = 352, 512
COCO = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
        "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
        "right_ankle"]  # fmt: skip
OPENPOSE = ["nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
            "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
            "right_ear", "left_ear"]  # fmt: skip
BODY_25 = [*OPENPOSE[:8], "mid_hip", *OPENPOSE[8:], "left_big_toe", "left_small_toe", "left_heel", "right_big_toe",
           "right_small_toe", "right_heel"]  # fmt: skip


def seen(pose: Pose) -> dict[str, np.ndarray]:
    """Where joints are on the studio's picture, pixels."""
    return {point.name: np.array([point.x * WIDTH, point.y * HEIGHT]) for point in joint_points(pose)}


def joints_of(pose: Pose) -> dict[str, tuple[float, float]]:
    """What an estimator would find of the mannequin."""
    at = seen(pose)
    found = {name: tuple(at[name]) for name in at if name.split("_")[-1] not in ("face", "head", "hand", "toes")}
    found["nose"] = tuple(at["face"])
    found["neck"] = tuple((at["left_shoulder"] + at["right_shoulder"]) / 2)
    found["mid_hip"] = tuple((at["left_hip"] + at["right_hip"]) / 2)
    return {name: (float(x), float(y)) for name, (x, y) in found.items()}


def rows(joints: dict[str, tuple[float, float]], names: list[str]) -> list[list[float]]:
    return [[*joints[name], 0.9] if name in joints else [0.0, 0.0, 0.0] for name in names]


def flat(joints, names: list[str]) -> list[float]:
    return [number for row in rows(joints, names) for number in row]


def off(pose: Pose, joints: dict[str, tuple[float, float]], names: tuple[str, ...]) -> float:
    """How far the joints are from their points, the worst, as a share of the picture's height."""
    at = seen(pose)
    return max(float(np.linalg.norm(at[name] - joints[name])) for name in names) / HEIGHT


SHOULDERS = ("left_shoulder", "right_shoulder")
ENDS = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("wrist", "elbow", "knee", "ankle"))
WALKING = joints_of(named_poses()["walking"])
SCALED = {name: (x / WIDTH, y / HEIGHT) for name, (x, y) in WALKING.items()}
FILES = {
    "OpenPose 25": {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": flat(WALKING, BODY_25)}]},
    "OpenPose 18": {"people": [{"pose_keypoints_2d": flat(WALKING, OPENPOSE)}]},
    "ControlNet": [{"people": [{"pose_keypoints_2d": flat(WALKING, OPENPOSE), "face_keypoints_2d": None}],
                    "canvas_height": HEIGHT, "canvas_width": WIDTH}],
    "ControlNet, 0 to 1": [{"people": [{"pose_keypoints_2d": flat(SCALED, OPENPOSE)}], "canvas_height": HEIGHT,
                            "canvas_width": WIDTH}],
    "COCO's annotations": {"images": [{"height": HEIGHT, "width": WIDTH}],
                           "annotations": [{"image_id": 1, "keypoints": flat(WALKING, COCO)}]},
    "COCO's results": [{"image_id": 1, "category_id": 1, "keypoints": flat(WALKING, COCO), "score": 0.9}],
    "MMPose": {"instances": [{"keypoints": [row[:2] for row in rows(WALKING, COCO)],
                              "keypoint_scores": [row[2] for row in rows(WALKING, COCO)]}]},
    "points alone": rows(WALKING, OPENPOSE),
    "numbers alone": flat(WALKING, COCO),
    "nulls for what was not found": [{"people": [{"pose_keypoints_2d": [
        number or None for number in flat(WALKING, OPENPOSE)]}], "canvas_height": HEIGHT, "canvas_width": WIDTH}],
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_every_way_to_write_a_skeleton_says_the_same(case: str) -> None:
    [skeleton] = read_skeletons(json.dumps(FILES[case]))
    for name in ("nose", *SHOULDERS, *ENDS):
        assert skeleton.points[name] == pytest.approx(WALKING[name], abs=1e-6)
    assert "left_ear" not in skeleton.points, "what is 0, 0 was not found"


@pytest.mark.parametrize(("name", "yaw"), [("standing", 0), ("walking", 28), ("sitting", 60), ("arms-up", -30),
                                           ("back", 180), ("dancing", 150), ("lunge", -80)])  # fmt: skip
def test_the_mannequin_stands_as_the_points_do(name: str, yaw: float) -> None:
    joints = joints_of(named_poses()[name].replace(yaw=float(yaw)))
    joints = {name: (x + 2 * np.sin(x), y + 2 * np.cos(x)) for name, (x, y) in joints.items()}  # nobody is exact
    [skeleton] = read_skeletons(json.dumps([{**FILES["ControlNet"][0], "people": [
        {"pose_keypoints_2d": flat(joints, OPENPOSE)}]}]))  # fmt: skip
    pose = pose_of_skeleton(skeleton)
    assert off(pose, joints, SHOULDERS) <= 0.03
    assert off(pose, joints, ENDS) <= 0.06
    facing = np.cos(np.radians(pose.yaw - yaw))
    assert facing > 0.3, "seen from the side they were seen from"


def test_other_proportions_than_the_mannequins_still_fit_at_the_shoulders() -> None:
    wide = {name: (176 + (x - 176) * 1.15, y) for name, (x, y) in joints_of(named_poses()["standing"]).items()}
    [skeleton] = read_skeletons(json.dumps({"people": [{"pose_keypoints_2d": flat(wide, BODY_25)}]}))
    assert off(pose_of_skeleton(skeleton), wide, SHOULDERS) <= 0.03


def test_whoever_lies_lies() -> None:
    standing = joints_of(named_poses()["standing"])
    lying = {name: (y, WIDTH - x) for name, (x, y) in standing.items()}  # the head to the left
    [skeleton] = read_skeletons(json.dumps([{"people": [{"pose_keypoints_2d": flat(lying, OPENPOSE)}],
                                             "canvas_height": WIDTH, "canvas_width": HEIGHT}]))  # fmt: skip
    pose = pose_of_skeleton(skeleton)
    assert pose.roll == pytest.approx(-90, abs=3)
    at = seen(pose)
    assert at["face"][0] < at["pelvis"][0] < at["left_ankle"][0]


def test_a_person_on_a_large_photo_is_framed_as_a_photo_would_be() -> None:
    joints = {name: (1400 + 2 * x, 300 + 2 * y) for name, (x, y) in WALKING.items()}
    [skeleton] = read_skeletons(json.dumps([{"people": [{"pose_keypoints_2d": flat(joints, OPENPOSE)}],
                                             "canvas_height": 2000, "canvas_width": 3000}]))  # fmt: skip
    at = seen(pose_of_skeleton(skeleton))
    ends = np.stack([at[name] for name in ("head", "left_toes", "right_toes", "left_wrist", "right_wrist")])
    assert (ends > 0).all() and (ends < (WIDTH, HEIGHT)).all(), "all of them is in the picture"
    assert np.ptp(ends[:, 1]) > 0.7 * HEIGHT, "and fills it"


@pytest.mark.parametrize("away", [(5000, -9000), (-900, 0), (300, 0)])
def test_points_beyond_the_picture_that_the_file_names_are_framed_by_themselves(away: tuple[int, int]) -> None:
    joints = {name: (x + away[0], y + away[1]) for name, (x, y) in WALKING.items()}
    [skeleton] = read_skeletons(json.dumps([{**FILES["ControlNet"][0], "people": [
        {"pose_keypoints_2d": flat(joints, OPENPOSE)}]}]))  # fmt: skip
    at = seen(pose_of_skeleton(skeleton))
    ends = np.stack([at[name] for name in ("head", "left_toes", "right_toes", "left_wrist", "right_wrist")])
    assert (ends > 0).all() and (ends < (WIDTH, HEIGHT)).all() and np.ptp(ends[:, 1]) > 0.7 * HEIGHT


@pytest.mark.parametrize("size", [0.001, 50, 1000])
def test_a_person_of_any_size_is_framed_in_a_picture_of_unknown_size(size: float) -> None:
    joints = {name: (9 + x * size, 9 + y * size) for name, (x, y) in WALKING.items()}
    [skeleton] = read_skeletons(json.dumps({"people": [{"pose_keypoints_2d": flat(joints, BODY_25)}]}))
    at = seen(pose_of_skeleton(skeleton))
    assert 0 < at["head"][1] < 0.25 * HEIGHT and 0.75 * HEIGHT < at["left_ankle"][1] < HEIGHT


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("layout", [OPENPOSE, BODY_25, COCO], ids=["18", "25", "17"])
def test_all_joints_at_their_limits_give_a_pose_within_them(side: int, layout: list[str]) -> None:
    angles = {f"{name}.{axis}": limits[side] for name, joint in JOINTS.items() for axis, limits in joint.axes.items()}
    state = brought({"people": [{"pose_keypoints_2d": flat(joints_of(Pose("limits", angles)), layout)}]})
    for key, value in state.pose.angles.items():
        name, _, axis = key.partition(".")
        low, high = JOINTS[name].axes[axis]
        assert low - 1e-6 <= value <= high + 1e-6
    assert all(np.isfinite(place).all() for place in seen(state.pose).values())
    assert Pose.from_json(state.pose.to_json()) == state.pose


def test_half_a_person_is_enough_and_their_build_is_kept() -> None:
    upper = {name: at for name, at in WALKING.items() if not name.endswith(("hip", "knee", "ankle"))}
    [skeleton] = read_skeletons(json.dumps({"people": [{"pose_keypoints_2d": flat(upper, OPENPOSE)}]}))
    pose = pose_of_skeleton(skeleton, Pose(build=1.2, height=0.9))
    assert (pose.build, pose.height) == (1.2, 0.9)


def brought(values: object) -> EditorState:
    data = base64.b64encode(json.dumps(values).encode("utf-8-sig")).decode()
    return actions.open_recipe(initial_state(), {"file": {"name": "pose.json", "data": data}})


def test_of_300_people_the_largest_is_taken_and_that_is_said() -> None:
    small = [{"pose_keypoints_2d": flat({n: (x / 9 + 5 * k, y / 9) for n, (x, y) in WALKING.items()}, BODY_25)}
             for k in range(299)]  # fmt: skip
    state = brought({"people": [*small, *FILES["OpenPose 25"]["people"]]})
    assert state.note.text.startswith("300 people are in this file")
    assert off(state.pose, WALKING, SHOULDERS) <= 0.03


def test_points_in_0_to_1_of_a_picture_of_unknown_size_are_taken_for_11_16_and_that_is_said() -> None:
    state = brought({"people": [{"pose_keypoints_2d": flat(SCALED, OPENPOSE)}]})
    assert off(state.pose, WALKING, SHOULDERS) <= 0.03 and "11:16 is taken" in state.note.text


def test_programs_give_a_skeleton_as_text() -> None:
    recipe = write_recipe(Recipe(initial_state().look))
    recipe = api_pose_file(recipe, json.dumps(FILES["COCO's results"]))
    assert off(read_recipe(recipe).look.pose, WALKING, SHOULDERS) <= 0.03


MIXED = [*flat(WALKING, OPENPOSE)[:27], *flat(SCALED, OPENPOSE)[27:]]
WRONG = {
    "17 zeros": ({"people": [{"pose_keypoints_2d": [0] * 51}]}, "all are 0"),
    "nobody": ({"people": []}, "nobody in this file"),
    "pixels and 0 to 1 at once": ({"people": [{"pose_keypoints_2d": MIXED}]}, "mixes points in pixels"),
    "21 points": ({"people": [{"pose_keypoints_2d": [5.0] * 63}]}, "numbers, which are no whole points"),
    "two points": ({"people": [{"pose_keypoints_2d": [0] * 6 + [50, 60, 1] * 2 + [0] * 42}]}, "too few points"),
    "all at one place": ({"people": [{"pose_keypoints_2d": [50, 60, 1] * 18}]}, ""),
    "far away": ({"people": [{"pose_keypoints_2d": [1e9, 1e9, 1] * 18}]}, "farther away"),
    "texts": ({"people": [{"pose_keypoints_2d": ["a"] * 54}]}, "all are 0"),
    "17 zeros in a bare list": ([[0, 0, 0]] * 17, "all are 0"),
    "300 people of zeros": ({"people": [{"pose_keypoints_2d": [0] * 75}] * 300}, "all are 0"),
    "points that are no numbers": ({"people": [{"pose_keypoints_2d": [float("inf"), float("nan"), 1] * 18}]}, "are 0"),
    "a body far from any": ({"name": "x", "shape": [99.0]}, "may only go from -4 to 4"),
    "a body of too many numbers": ({"name": "x", "shape": [0.0] * 40}, "at most"),
    "a giant": ({"name": "x", "height": 9}, "height is 9, but it may only go from"),
    "a pose of an unknown joint": ({"name": "x", "angles": {"tail.bend": 3}}, "no angle called"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_skeleton_that_cannot_be_used_is_told(case: str) -> None:
    values, said = WRONG[case]
    if not said:  # odd, and a pose of some kind; but never a traceback
        assert isinstance(brought(values).pose, Pose)
        return
    with pytest.raises(PoseError, match=said) as told:
        brought(values)
    assert str(told.value).endswith(".")


def test_a_file_of_skeletons_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(PoseError, match="larger than 8 MB"):
        read_skeletons(" " * (LARGEST_FILE + 1))


def test_open_pose_takes_skeletons_and_saved_poses_with_a_byte_order_mark() -> None:
    saved = named_poses()["sitting"].to_json().encode("utf-8-sig")
    for content in (saved, named_poses()["sitting"].to_json().encode("utf-16")):
        told = {"file": {"name": "p.json", "data": base64.b64encode(content).decode()}}
        assert actions.open_pose(initial_state(), told).pose == named_poses()["sitting"]
    told = {"file": {"name": "p.json", "data": base64.b64encode(json.dumps(FILES["OpenPose 18"]).encode()).decode()}}
    assert off(actions.open_pose(initial_state(), told).pose, WALKING, SHOULDERS) <= 0.03
