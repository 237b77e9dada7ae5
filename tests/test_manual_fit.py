"""The mannequin laid over a photo by hand, as the body's own code has it and as a visitor does it."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import studio_actions as actions
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.fitting.manual_fit import fit_by_hand
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.photo import encode_png
from mcld_app.errors import StudioError
from mcld_app.studio import generation
from mcld_app.studio.panels.stage.live_preview import live_picture
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import FITTING, EditorState, initial_state
from mcld_app.synthetic.people import draw_person, render_person

WALKING = named_poses()["walking"]


pytestmark = pytest.mark.usefixtures("without_body_finder")


@pytest.fixture(autouse=True)
def _no_weights(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """Somebody who walks, (512, 352, 3)."""
    return render_person(draw_person(3), WALKING, (512, 352))[0]


def sent(photo: np.ndarray, name: str = "holiday.png") -> dict:
    return {"photo": {"name": name, "data": base64.b64encode(encode_png(photo)).decode()}, "iuv": None}


# ---- the body -----------------------------------------------------------------------------------------------------


def test_a_mannequin_that_stands_as_the_person_does_gives_their_map(photo: np.ndarray) -> None:
    fit = fit_by_hand("walker", photo, named_poses()["standing"]).stand(WALKING)
    assert np.array_equal(fit.iuv, draw_iuv(WALKING, photo.shape[:2]))


@settings(max_examples=12, deadline=None)
@given(st.integers(80, 500), st.integers(80, 500))
def test_every_photo_is_seen_whole_and_its_map_has_its_size(height: int, width: int) -> None:
    photo = np.full((height, width, 3), 90, np.uint8)
    photo[[0, -1]] = photo[:, [0, -1]] = (200, 10, 10)
    fit = fit_by_hand("any", photo, named_poses()["standing"])
    assert fit.iuv.shape == photo.shape and fit.iuv[..., 0].any()
    framed = fit.framed(fit.frame.box[2:])
    top, left = -fit.frame.box[0], -fit.frame.box[1]
    assert np.array_equal(framed[top : top + height, left : left + width], photo)
    body = np.flatnonzero(fit.iuv[..., 0].any(1))
    assert 0.5 * height < body[-1] - body[0] <= height, "it begins about as high as the photo"


def test_half_a_body_has_half_a_map(photo: np.ndarray) -> None:
    upper = photo[:260]
    fit = fit_by_hand("half", upper, WALKING)
    large = fit.stand(fit.pose.replace(zoom=2.0, shift_y=-0.5))
    assert large.iuv.shape == upper.shape
    assert {1, 2, 23, 24} & set(np.unique(large.iuv)) and 5 not in large.iuv[..., 0] and 6 not in large.iuv[..., 0]
    framed = large.map((512, 352))
    assert not framed[: 512 // 6, :, 0].any(), "nothing of it beyond the photo's edges"


def test_the_mannequin_shines_through_and_the_rest_of_the_photo_stays(photo: np.ndarray) -> None:
    fit = fit_by_hand("walker", photo, WALKING)
    seen, body = fit.overlaid((512, 352)), fit.map((512, 352))[..., 0] > 0
    assert np.array_equal(seen[~body], photo[~body])
    assert (seen[body] != photo[body]).any(-1).mean() > 0.9


# ---- what a visitor does ------------------------------------------------------------------------------------------


@pytest.fixture
def fitting(photo: np.ndarray) -> EditorState:
    """A photo was brought, and nothing here reads bodies."""
    return actions.use_upload(initial_state(), sent(photo))


def test_a_photo_alone_gets_a_mannequin_and_a_sentence_that_says_what_to_do(fitting: EditorState) -> None:
    assert "Nothing is installed here to find a body" in fitting.note.text and "Use this body" in fitting.note.text
    shown = actions.shown("stage", fitting)
    assert shown["fitting"] == "holiday" and len(shown["handles"]["points"]) > 15
    assert fitting.look is initial_state().look or fitting.look.person.sample, "the look waits"


def test_the_hands_lay_it_and_it_becomes_the_persons_body(fitting: EditorState, photo: np.ndarray) -> None:
    state = actions.choose_pose(fitting, {"id": "walking"})
    begun = state.fitting.fit.pose
    state = actions.turn(state, {"by": {"yaw": WALKING.yaw - begun.yaw, "zoom": WALKING.zoom - begun.zoom}})
    state = actions.use_body(state, {})
    person = state.look.person
    assert state.fitting is None and state.own == (person,) and person.name == "holiday"
    theirs = draw_iuv(WALKING, photo.shape[:2])[..., 0] > 0
    mine = person.iuv[..., 0] > 0
    assert mine.shape == theirs.shape and (mine & theirs).sum() / (mine | theirs).sum() > 0.9
    red = person.texture.image[person.texture.coverage]
    assert len(red) > 10_000, "the photo is on the texture map"


def test_joints_sliders_mirror_and_undo_are_the_mannequins(fitting: EditorState) -> None:
    before = fitting.fitting.fit.pose
    dragged = actions.drag(fitting, {"handle": "left_wrist", "x": 0.9, "y": 0.2, "gesture": "a"})
    dragged = actions.drag(dragged, {"handle": "left_wrist", "x": 0.9, "y": 0.1, "gesture": "a"})
    assert dragged.look is fitting.look and dragged.fitting.fit.pose.angles != before.angles
    assert actions.undo(dragged, {}).fitting.fit.pose == before, "a drag is one step to undo"
    assert actions.mirror(dragged, {}).fitting.fit.pose == dragged.fitting.fit.pose.mirrored().replace(
        name=actions.mirror(dragged, {}).fitting.fit.pose.name
    )
    assert actions.as_in_photo(dragged, {}).fitting.fit.pose.zoom == before.zoom
    moved = actions.choose_pose(actions.turn(fitting, {"by": {"zoom": 0.3}}), {"id": "sitting"})
    assert moved.fitting.fit.pose.zoom == pytest.approx(before.zoom + 0.3), "where it stands is kept"


def test_a_hand_on_a_joint_sees_small_pictures_of_the_photo(fitting: EditorState) -> None:
    sessions, session = SessionStore(60), Session()
    session.state = fitting
    live = live_picture(sessions)
    told = live({"token": sessions.keep(session), "act": "turn", "by": {"yaw": 40}})
    assert told["picture"].startswith("data:image") and told["values"]["yaw"] == pytest.approx(40)
    assert session.state is fitting, "nothing is kept of it"


@pytest.mark.parametrize("yaw", [-500, 190, 181, 900])
def test_a_figure_can_be_turned_round_and_round(fitting: EditorState, yaw: float) -> None:
    turned = actions.turn(fitting, {"by": {"yaw": yaw}}).fitting.fit.pose.yaw
    assert -180 <= turned <= 180 and (turned - yaw) % 360 == pytest.approx(0, abs=1e-6)


def test_the_photo_can_be_put_away_again(fitting: EditorState) -> None:
    left = actions.leave_body(fitting, {})
    assert left.fitting is None and left.own == () and left.look is fitting.look
    session = Session()
    session.state = fitting
    actions.run(session, actions.as_it_is, {}, whole=True)
    shown = actions.run(session, actions.leave_body, {})["stage"]
    assert shown["fitting"] == "" and shown["person"] == left.look.person.key and shown["before"]


@pytest.mark.parametrize(
    ("act", "data"),
    [
        (actions.wear, {"id": "person:joel", "region": "top"}),
        (actions.choose_face, {"id": "none"}),
        (actions.reset, {}),
        (actions.choose_person, {"id": "person:joel"}),
        (actions.pose_of, {"id": "person:joel"}),
        (actions.bring, {"files": [sent(np.full((300, 200, 3), 90, np.uint8))["photo"]]}),
    ],
)
def test_what_nobody_would_see_waits_until_the_body_is_done(fitting: EditorState, act, data: dict) -> None:
    with pytest.raises(StudioError, match="First finish the body"):
        act(fitting, data)


def test_nothing_is_drawn_of_a_body_that_is_not_done(fitting: EditorState) -> None:
    with pytest.raises(StudioError) as told:
        asked = {"run": 1, "model": "bundled", "steps": 1, "guidance": 1.0, "scheduler": "ddim"}
        generation.take(Session(), fitting, asked)
    assert str(told.value) == FITTING


def test_a_mannequin_beside_the_photo_is_no_body(fitting: EditorState) -> None:
    away = actions.turn(fitting, {"values": {**actions.shown("joints", fitting)["values"], "shift_x": 3.0}})
    with pytest.raises(StudioError, match="does not lie on the photo yet"):
        actions.use_body(away, {})


def test_a_body_can_be_laid_again_over_a_photo_that_has_one(fitting: EditorState) -> None:
    done = actions.use_body(actions.choose_pose(fitting, {"id": "walking"}), {})
    again = actions.lay_over(done, {"photo": None})
    assert again.fitting.fit.photo is done.look.person.photo


def test_without_a_photo_there_is_nothing_to_use(fitting: EditorState) -> None:
    with pytest.raises(StudioError, match="no mannequin over a photo"):
        actions.use_body(initial_state(), {})
    with pytest.raises(StudioError, match="Choose a photo first"):
        actions.use_upload(initial_state(), {"photo": None, "iuv": None})
    with pytest.raises(StudioError, match="not here any more"):
        actions.choose_body(initial_state(), {"index": 0})


def test_an_iuv_map_alone_is_no_photo(photo: np.ndarray) -> None:
    iuv = draw_iuv(WALKING, (512, 352))
    with pytest.raises(StudioError, match="This is an IUV map"):
        actions.use_upload(initial_state(), sent(np.ascontiguousarray(iuv[..., ::-1])))
