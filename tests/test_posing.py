"""Posing by hand: the frame follows the figure, what is pinned stays, the head turns alone; whose body it is stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import studio_actions as actions
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.mannequin.dragging import PINS, drag, hold
from mcld_app.body.mannequin.handles import joint_points
from mcld_app.body.mannequin.pose import BodyShape, Pose, named_poses
from mcld_app.body.mannequin.view import cut_off, is_cut, within_frame
from mcld_app.editing.look import stand
from mcld_app.errors import PoseError, StudioError
from mcld_app.studio.panels.posing import sentence_of
from mcld_app.studio.state import EditorState, initial_state

STANDING = named_poses()["standing"]
VIEWS = st.builds(
    lambda name, zoom, x, y: named_poses()[name].replace(zoom=zoom, shift_x=x, shift_y=y),
    st.sampled_from(("standing", "t-pose", "arms-up", "sitting")), st.floats(0.5, 1.4), st.floats(-0.6, 0.6),
    st.floats(-0.6, 0.6),
)  # fmt: skip


def place(pose: Pose, handle: str) -> np.ndarray:
    """Where a handle is, 0..1."""
    return next(np.array((p.x, p.y)) for p in joint_points(pose) if p.name == handle)


def in_pose(pose: Pose) -> EditorState:
    """A visitor's editor state in that pose."""
    state = initial_state()
    return state.to(stand(state.look, pose))


# --- The frame -----------------------------------------------------------------------------------------------------


@given(VIEWS)
@settings(max_examples=25)
def test_a_figure_in_the_frame_is_whole_or_a_close_up(pose: Pose) -> None:
    (after,) = within_frame([pose])
    assert not is_cut(after) or after == pose
    assert after.angles == pose.angles and after.zoom <= pose.zoom + 1e-6
    if not is_cut(pose):
        assert after == pose, "nobody who is in the picture is moved"
    assert within_frame([after]) == [after]
    assert not is_cut(*within_frame([pose], least=0.0))


def test_it_is_moved_first_and_made_smaller_only_where_it_must() -> None:
    aside = STANDING.replace(shift_x=0.5)
    assert cut_off(aside) == ("left hand",)
    (after,) = within_frame([aside])
    assert after.zoom == 1.0 and 0 < after.shift_x < 0.5 and after.shift_y == aside.shift_y
    (smaller,) = within_frame([STANDING.replace(zoom=1.4)])
    assert smaller.zoom == pytest.approx(1.1), "as a slider goes"
    portrait = STANDING.replace(zoom=2.0, shift_y=-0.4)
    assert within_frame([portrait]) == [portrait]


def test_a_series_is_seen_through_one_camera() -> None:
    poses = [named_poses()[name].replace(zoom=0.5, shift_x=0.0, shift_y=0.0) for name in ("standing", "arms-up")]
    after = within_frame(poses, fill=True)
    assert len({(pose.zoom, pose.shift_x, pose.shift_y) for pose in after}) == 1
    assert after[0].zoom > 0.5 and not any(is_cut(pose) for pose in after)
    assert within_frame([]) == []


def test_a_series_leaves_room_for_hair_above_the_head() -> None:
    (filled,) = within_frame([STANDING.replace(zoom=0.5)], fill=True)
    assert not is_cut(filled.replace(shift_y=filled.shift_y + 0.1)), "a mannequin is bald"
    assert is_cut(filled.replace(shift_y=filled.shift_y + 0.14))


def test_what_would_leave_the_frame_is_followed_and_what_is_cut_is_said() -> None:
    state = in_pose(STANDING)
    reach = {"handle": "left_wrist", "x": 1.15, "y": 0.3}
    after = actions.drag(state, reach)
    assert not is_cut(after.look.pose) and actions.shown("posing", after)["cut"] == ""
    assert is_cut(actions.drag(state, {**reach, "live": True}).look.pose), "not while a hand is on it"
    left = actions.drag(actions.follow(state, {"on": False}), reach)
    assert left.look.pose.zoom == 1.0 and actions.shown("posing", left)["cut"] == "The frame cuts off the left hand."
    again = actions.follow(left, {"on": True})
    assert again.follows and not is_cut(again.look.pose)
    assert actions.undo(again, {}).look.pose == left.look.pose


def test_a_view_that_somebody_chose_stays() -> None:
    values = actions.shown("joints", in_pose(STANDING))["values"]
    close = actions.turn(in_pose(STANDING), {"values": {**values, "zoom": 1.5}})
    assert close.look.pose.zoom == 1.5 and "head" in actions.shown("posing", close)["cut"]
    bent = actions.turn(close, {"values": {**values, "zoom": 1.5, "left_elbow.bend": 40.0}})
    assert bent.look.pose.zoom == 1.5
    assert actions.show_all(bent, {}).look.pose.zoom < 1.5
    assert actions.choose_pose(bent, {"id": "walking"}).look.pose == named_poses()["walking"]
    photo = initial_state()
    assert actions.show_all(photo, {}).look is photo.look, "a photo's own frame is nobody's to change"


@pytest.mark.parametrize(("cut", "said"), [
    ((), ""), (("head",), "The frame cuts off the head."),
    (("left hand", "left foot", "right foot"), "The frame cuts off the left hand and both feet."),
    (("head", "left hand", "right hand", "left foot"), "The frame cuts off the head, the left foot and both hands."),
])  # fmt: skip
def test_what_is_cut_is_said_in_a_sentence(cut: tuple[str, ...], said: str) -> None:
    assert sentence_of(cut) == said


# --- Handles -------------------------------------------------------------------------------------------------------


def test_the_head_turns_by_its_handles_and_leaves_the_back_alone() -> None:
    for handle, by in (("head", (0.06, 0.01)), ("face", (0.05, 0.0))):
        x, y = place(STANDING, handle) + by
        turned = drag(STANDING, handle, x, y)
        changed = {key for key in {*turned.angles, *STANDING.angles}
                   if abs(turned.angles.get(key, 0) - STANDING.angles.get(key, 0)) > 0.01}  # fmt: skip
        assert changed and {key.split(".")[0] for key in changed} <= {"head", "neck"}
        assert place(turned, handle) == pytest.approx([x, y], abs=0.02)


@pytest.mark.parametrize(("dragged", "by"), [
    ("neck", (0.06, 0.03)), ("pelvis", (0.02, 0.03)), ("left_hip", (0.02, 0.02)),
])  # fmt: skip
def test_what_is_pinned_stays_while_others_are_dragged(dragged: str, by: tuple[float, float]) -> None:
    pose = named_poses()["hands-on-hips"]
    x, y = place(pose, dragged) + by
    moved = drag(pose, dragged, x, y)
    pins = ("left_hand", "right_hand", "left_foot", "right_foot")
    held = hold(pose, moved, pins)
    for handle in ("left_wrist", "right_wrist", "left_ankle", "right_ankle"):
        assert place(held, handle) == pytest.approx(place(pose, handle), abs=0.006), handle
    for handle in ("left_toes", "right_toes"):
        assert place(held, handle) == pytest.approx(place(pose, handle), abs=0.02), handle
    if dragged == "pelvis":
        assert np.abs(place(moved, "left_ankle") - place(pose, "left_ankle")).max() > 0.015, "it goes along, else"
    assert hold(pose, moved, ()) == moved
    with pytest.raises(PoseError, match="nothing called"):
        hold(pose, moved, ("nose",))


def test_pins_are_set_and_a_pinned_hand_itself_can_still_be_dragged() -> None:
    state = actions.pin(in_pose(STANDING), {"pin": "left_hand"})
    assert state.pins == {"left_hand"} and actions.shown("posing", state)["pins"] == ["left_hand"]
    assert actions.pin(state, {"pin": "left_hand"}).pins == frozenset()
    with pytest.raises(StudioError, match="only hands and feet"):
        actions.pin(state, {"pin": "head"})
    bowed = actions.drag(state, {"handle": "neck", "x": 0.06, "y": 0.0, "by": True})
    assert place(bowed.look.pose, "left_wrist") == pytest.approx(place(STANDING, "left_wrist"), abs=0.012)
    x, y = place(STANDING, "left_wrist") - np.array((0.0, 0.2))
    lifted = actions.drag(state, {"handle": "left_wrist", "x": x, "y": y}).look.pose
    assert place(lifted, "left_wrist") == pytest.approx([x, y], abs=0.02)
    assert set(PINS) == {"left_hand", "right_hand", "left_foot", "right_foot"}


# --- Whose body it is ----------------------------------------------------------------------------------------------


def test_build_and_height_of_a_laid_or_found_person_stay_when_a_pose_is_picked() -> None:
    state, body = initial_state(), BodyShape(1.1, 0.8, (0.5,))
    person = replace(state.look.person, body=body)
    look = replace(state.look, appearance=replace(state.look.appearance, person=person), pose=None)
    state = state.to(look)
    for name in ("walking", "sitting", "arms-up"):
        state = actions.choose_pose(state, {"id": name})
        assert state.look.pose.body == body and not is_cut(state.look.pose)
        assert actions.shown("poses", state)["selected"] == name
    moved = actions.drag(state, {"handle": "left_wrist", "x": 0.3, "y": 0.2})
    assert actions.mirror(moved, {}).look.pose.body == body
    assert actions.choose_pose(actions.as_in_photo(moved, {}), {"id": "walking"}).look.pose.body == body
