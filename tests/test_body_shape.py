"""The shape of a mannequin's body: it belongs to the person, and goes with them from pose to pose."""

from __future__ import annotations

import json

import numpy as np
import pytest
import studio_actions as actions
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.dragging import drag
from mcld_app.body.mannequin.handles import HANDLES, joint_points
from mcld_app.body.mannequin.pose import SHAPE_LIMIT, BodyShape, Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv, posed_vertices
from mcld_app.body.mannequin.skeleton import BONES, COMPONENTS, joint_places
from mcld_app.body.mannequin.view import seen_whole, view_of
from mcld_app.editing.series import pose_between
from mcld_app.errors import PoseError
from mcld_app.studio import pose_sliders
from mcld_app.studio.actions.poses import stand
from mcld_app.studio.state import EditorState, initial_state

SIZE = (512, 352)
BROAD = (1.5, -0.5, 0.8)
SHAPES = st.lists(st.floats(-2, 2), min_size=0, max_size=COMPONENTS).map(tuple)


# --- the body --------------------------------------------------------------------------------------------------------


def test_no_shape_is_the_average_adult() -> None:
    assert np.array_equal(body_mesh().shaped(0.0, ()), body_mesh().rest)
    assert np.array_equal(body_mesh().shaped(0.5, (0.0, 0.0)), body_mesh().shaped(0.5))
    assert Pose(shape=(0.5, 0.0, 0.0)) == Pose(shape=(0.5,)), "what is 0 at the end says nothing"


@given(st.floats(-1, 2), SHAPES)
@settings(max_examples=15)
def test_joints_stay_inside_a_body_of_any_shape(build: float, shape: tuple[float, ...]) -> None:
    """Stature stays, height is for that; a knee lies between its skin's sides, and so does an elbow."""
    skin, joints = body_mesh().shaped(build, shape), dict(zip(BONES, joint_places(build, shape), strict=True))
    assert np.ptp(skin[:, 1]) == pytest.approx(1.78, abs=0.03)
    for bone in ("left_knee", "right_knee", "left_elbow", "right_elbow", "left_ankle", "neck"):
        around = skin[np.linalg.norm(skin - joints[bone], axis=1) < 0.12]
        assert (around.min(0) < joints[bone]).all() and (joints[bone] < around.max(0)).all(), bone
    assert joints["left_hip"] == pytest.approx(joints["right_hip"] * (-1, 1, 1), abs=2e-3)


def test_build_fills_a_body_out_and_components_tell_people_apart() -> None:
    seen = [(draw_iuv(Pose(build=build), SIZE)[..., 0] == 2).sum() for build in (-1, 0, 1, 2)]
    assert seen == sorted(seen) and seen[-1] > 1.25 * seen[0]
    average = posed_vertices(Pose())[0]
    moved = [np.linalg.norm(posed_vertices(Pose(shape=(0.0,) * k + (1.0,)))[0] - average, axis=1).mean()
             for k in range(COMPONENTS)]  # fmt: skip
    assert moved[0] > 0.005 and moved[0] > moved[-1] > 0


@pytest.mark.parametrize("name", ["standing", "sitting", "arms-up"])
@pytest.mark.parametrize("shape", [(2.0, 1.0), (-2.0, 0.0, 1.5)], ids=str)
def test_handles_lie_on_a_body_of_another_shape_and_are_dragged_there(name: str, shape: tuple[float, ...]) -> None:
    pose = named_poses()[name].replace(shape=shape, build=1.0)
    body = draw_iuv(pose, SIZE)[..., 0] > 0
    points = {point.name: point for point in joint_points(pose, SIZE)}
    for point in points.values():
        x, y = int(point.x * SIZE[1]), int(point.y * SIZE[0])
        if 2 <= x < SIZE[1] - 2 and 2 <= y < SIZE[0] - 2:
            assert body[y - 2 : y + 3, x - 2 : x + 3].any(), point.name
    wrist = points["left_wrist"]
    to = wrist.x - 0.03, wrist.y + (0.03 if name == "arms-up" else -0.03)
    for _ in range(2):
        pose = drag(pose, "left_wrist", *to, SIZE)
    there = {point.name: point for point in joint_points(pose, SIZE)}["left_wrist"]
    assert (there.x, there.y) == pytest.approx(to, abs=0.005)
    assert pose.shape == shape and len(points) == len(HANDLES)


# --- it goes with the person -----------------------------------------------------------------------------------------


def test_a_named_pose_keeps_the_body() -> None:
    state = actions.choose_pose(initial_state(), {"id": "standing"})
    values = {**pose_sliders.to_sliders(state.pose), "build": 0.8, "height": 1.1}
    state = actions.turn(state, {"values": values})
    walking = actions.choose_pose(state, {"id": "walking"})
    assert walking.pose.body == BodyShape(1.1, 0.8) and walking.pose.angles == named_poses()["walking"].angles
    assert actions.shown("poses", walking)["selected"] == "walking"
    assert actions.mirror(walking, {}).pose.body == walking.pose.body


def on_the_rim(pose: Pose) -> int:
    """How many pixels of the picture's rim show the body."""
    body = draw_iuv(pose, SIZE)[..., 0] > 0
    return int(body.sum() - body[1:-1, 1:-1].sum())


def resized(state: EditorState, **body: float) -> EditorState:
    return actions.turn(state, {"values": {**pose_sliders.to_sliders(state.pose), **body}})


@pytest.mark.parametrize("name", named_poses())
def test_somebody_tall_stays_in_the_picture_and_the_view_comes_back(name: str) -> None:
    first = actions.choose_pose(initial_state(), {"id": name})
    state = first
    for height in (1.08, 1.16, 1.25):
        state = resized(state, height=height)
        assert on_the_rim(state.pose) == 0, height
    covered = [(draw_iuv(it.pose, SIZE)[..., 0] > 0).sum() for it in (first, state)]
    assert covered[1] > 0.8 * covered[0], "no further away than it takes"
    assert on_the_rim(resized(state, build=2.0).pose) == 0
    assert view_of(resized(state, height=1.0).pose) == view_of(first.pose)
    other = actions.choose_pose(state, {"id": "arms-up"})
    assert on_the_rim(other.pose) == 0 and actions.shown("poses", other)["selected"] == "arms-up"


@given(st.floats(0.75, 1.25), st.floats(-1, 2), st.floats(0.75, 1.25), SHAPES)
@settings(max_examples=25, deadline=None)
def test_whoever_takes_a_pose_is_seen_whole(height: float, build: float, next_height: float, shape: tuple) -> None:
    pose = named_poses()["one-hand-up"]
    one = seen_whole(pose, pose.of(BodyShape(height, build)))
    other = seen_whole(one, one.of(BodyShape(next_height, 0.0, shape)))
    assert on_the_rim(one) == on_the_rim(other) == 0


@pytest.mark.parametrize("view", [{"zoom": 2.5, "shift_y": -0.6}, {"zoom": 0.5, "shift_x": 0.3}], ids=["near", "far"])
def test_a_view_that_somebody_chose_stays(view: dict[str, float]) -> None:
    state = resized(actions.choose_pose(initial_state(), {"id": "standing"}), **view)
    assert view_of(resized(state, height=1.25).pose) == view_of(state.pose)


def test_the_page_may_still_show_the_view_of_before() -> None:
    """Where keys are pressed faster than answers come, the sliders of the view stand as they did."""
    state = actions.choose_pose(initial_state(), {"id": "standing"})
    shown = pose_sliders.to_sliders(state.pose)
    for height in (1.2, 1.25):
        state = actions.turn(state, {"values": {**shown, "height": height}})
    assert on_the_rim(state.pose) == 0


def test_sliders_and_hands_leave_the_shape_alone() -> None:
    pose = named_poses()["standing"].replace(shape=BROAD)
    state = actions.choose_pose(initial_state(), {"id": "standing"})
    state = stand(state, pose)
    values = {**pose_sliders.to_sliders(pose), "left_elbow.bend": 60.0}
    assert actions.turn(state, {"values": values}).pose.shape == BROAD
    assert actions.turn(state, {"by": {"yaw": 30.0}}).pose.shape == BROAD
    assert actions.drag(state, {"handle": "left_wrist", "x": 0.8, "y": 0.5}).pose.shape == BROAD


def test_half_way_to_another_body_lies_between_the_two() -> None:
    between = pose_between(Pose(shape=(1.0, 2.0)), Pose(shape=(0.0, 0.0, 1.0), build=1.0), 0.5)
    assert between.shape == (0.5, 1.0, 0.5) and between.build == 0.5


# --- in files --------------------------------------------------------------------------------------------------------


@given(SHAPES)
@settings(max_examples=15)
def test_a_shape_survives_its_file(shape: tuple[float, ...]) -> None:
    pose = Pose(build=0.5, shape=shape)
    assert Pose.from_json(pose.to_json()) == pose


def test_a_file_from_before_there_were_shapes_is_the_average_adults() -> None:
    assert Pose.from_json('{"name": "old", "build": 0.4}') == Pose("old", build=0.4)
    assert "shape" not in json.loads(Pose("plain").to_json())


@pytest.mark.parametrize(
    "shape", [[SHAPE_LIMIT + 0.1], [0.0] * (COMPONENTS + 1), ["wide"], [True], [float("nan")], "broad", {"a": 1}, 3]
)
def test_a_shape_that_is_none_is_one_sentence(shape: object) -> None:
    with pytest.raises(PoseError, match=r"shape|at most"):
        Pose.from_json(json.dumps({"shape": shape}))
