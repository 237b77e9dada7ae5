"""The mannequin laid over a photo by hand, as the body's own code has it and as a visitor does it."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.laid import lay
from mcld_app.body.mannequin import draw_iuv, named_poses
from mcld_app.body.people import draw_person, render_person
from mcld_app.body.photo import encode_png
from mcld_app.errors import StudioError
from mcld_app.studio import acts, answers, generating, view
from mcld_app.studio.desk import LAYING, Desk, Visit, fresh_desk
from mcld_app.studio.live import live_picture
from mcld_app.studio.visits import Visits

WALKING = named_poses()["walking"]


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
    laid = lay("walker", photo, named_poses()["standing"]).stand(WALKING)
    assert np.array_equal(laid.iuv, draw_iuv(WALKING, photo.shape[:2]))


@settings(max_examples=12, deadline=None)
@given(st.integers(80, 500), st.integers(80, 500))
def test_every_photo_is_seen_whole_and_its_map_has_its_size(height: int, width: int) -> None:
    photo = np.full((height, width, 3), 90, np.uint8)
    photo[[0, -1]] = photo[:, [0, -1]] = (200, 10, 10)
    laid = lay("any", photo, named_poses()["standing"])
    assert laid.iuv.shape == photo.shape and laid.iuv[..., 0].any()
    framed = laid.framed(laid.frame.box[2:])
    top, left = -laid.frame.box[0], -laid.frame.box[1]
    assert np.array_equal(framed[top : top + height, left : left + width], photo)
    body = np.flatnonzero(laid.iuv[..., 0].any(1))
    assert 0.5 * height < body[-1] - body[0] <= height, "it begins about as high as the photo"


def test_half_a_body_has_half_a_map(photo: np.ndarray) -> None:
    upper = photo[:260]
    laid = lay("half", upper, WALKING)
    large = laid.stand(laid.pose.replace(zoom=2.0, shift_y=-0.5))
    assert large.iuv.shape == upper.shape
    assert {1, 2, 23, 24} & set(np.unique(large.iuv)) and 5 not in large.iuv[..., 0] and 6 not in large.iuv[..., 0]
    framed = large.map((512, 352))
    assert not framed[: 512 // 6, :, 0].any(), "nothing of it beyond the photo's edges"


def test_the_mannequin_shines_through_and_the_rest_of_the_photo_stays(photo: np.ndarray) -> None:
    laid = lay("walker", photo, WALKING)
    seen, body = laid.overlaid((512, 352)), laid.map((512, 352))[..., 0] > 0
    assert np.array_equal(seen[~body], photo[~body])
    assert (seen[body] != photo[body]).any(-1).mean() > 0.9


# ---- what a visitor does ------------------------------------------------------------------------------------------


@pytest.fixture
def laying(photo: np.ndarray) -> Desk:
    """A photo was brought, and nothing here reads bodies."""
    return acts.use_upload(fresh_desk(), sent(photo))


def test_a_photo_alone_gets_a_mannequin_and_a_sentence_that_says_what_to_do(laying: Desk) -> None:
    assert "No DensePose model is installed" in laying.note.text and "Use this body" in laying.note.text
    shown = view.stage(laying, with_photo=False)
    assert shown["laying"] == "holiday" and len(shown["handles"]["points"]) > 15
    assert laying.look is fresh_desk().look or laying.look.person.sample, "the look waits"


def test_the_hands_lay_it_and_it_becomes_the_persons_body(laying: Desk, photo: np.ndarray) -> None:
    desk = acts.choose_pose(laying, {"id": "walking"})
    begun = desk.laying.laid.pose
    desk = acts.turn(desk, {"by": {"yaw": WALKING.yaw - begun.yaw, "zoom": WALKING.zoom - begun.zoom}})
    desk = acts.use_body(desk, {})
    person = desk.look.person
    assert desk.laying is None and desk.own == (person,) and person.name == "holiday"
    theirs = draw_iuv(WALKING, photo.shape[:2])[..., 0] > 0
    mine = person.iuv[..., 0] > 0
    assert mine.shape == theirs.shape and (mine & theirs).sum() / (mine | theirs).sum() > 0.9
    red = person.texture.image[person.texture.coverage]
    assert len(red) > 10_000, "the photo is on the texture map"


def test_joints_sliders_mirror_and_undo_are_the_mannequins(laying: Desk) -> None:
    before = laying.laying.laid.pose
    dragged = acts.drag(laying, {"handle": "left_wrist", "x": 0.9, "y": 0.2, "gesture": "a"})
    dragged = acts.drag(dragged, {"handle": "left_wrist", "x": 0.9, "y": 0.1, "gesture": "a"})
    assert dragged.look is laying.look and dragged.laying.laid.pose.angles != before.angles
    assert acts.undo(dragged, {}).laying.laid.pose == before, "a drag is one step to undo"
    assert acts.mirror(dragged, {}).laying.laid.pose == dragged.laying.laid.pose.mirrored().replace(
        name=acts.mirror(dragged, {}).laying.laid.pose.name
    )
    assert acts.as_in_photo(dragged, {}).laying.laid.pose.zoom == before.zoom
    moved = acts.choose_pose(acts.turn(laying, {"by": {"zoom": 0.3}}), {"id": "sitting"})
    assert moved.laying.laid.pose.zoom == pytest.approx(before.zoom + 0.3), "where it stands is kept"


def test_a_hand_on_a_joint_sees_small_pictures_of_the_photo(laying: Desk) -> None:
    visits, visit = Visits(60), Visit()
    visit.desk = laying
    live = live_picture(visits)
    told = live({"token": visits.keep(visit), "act": "turn", "by": {"yaw": 40}})
    assert told["picture"].startswith("data:image") and told["values"]["yaw"] == pytest.approx(40)
    assert visit.desk is laying, "nothing is kept of it"


@pytest.mark.parametrize("yaw", [-500, 190, 181, 900])
def test_a_figure_can_be_turned_round_and_round(laying: Desk, yaw: float) -> None:
    turned = acts.turn(laying, {"by": {"yaw": yaw}}).laying.laid.pose.yaw
    assert -180 <= turned <= 180 and (turned - yaw) % 360 == pytest.approx(0, abs=1e-6)


def test_the_photo_can_be_put_away_again(laying: Desk) -> None:
    left = acts.leave_body(laying, {})
    assert left.laying is None and left.own == () and left.look is laying.look
    shown = answers.changes(laying, left)
    assert shown["stage"]["laying"] == "" and shown["stage"]["person"] == left.look.person.key


@pytest.mark.parametrize(
    ("act", "data"),
    [
        (acts.wear, {"id": "person:joel", "region": "top"}),
        (acts.choose_face, {"id": "none"}),
        (acts.reset, {}),
        (acts.choose_person, {"id": "person:joel"}),
        (acts.pose_of, {"id": "person:joel"}),
    ],
)
def test_what_nobody_would_see_waits_until_the_body_is_done(laying: Desk, act, data: dict) -> None:
    with pytest.raises(StudioError, match="First finish the body"):
        act(laying, data)


def test_nothing_is_drawn_of_a_body_that_is_not_done(laying: Desk) -> None:
    with pytest.raises(StudioError) as told:
        asked = {"run": 1, "model": "bundled", "steps": 1, "guidance": 1.0, "scheduler": "ddim"}
        generating.take(Visit(), laying, asked)
    assert str(told.value) == LAYING


def test_a_mannequin_beside_the_photo_is_no_body(laying: Desk) -> None:
    away = acts.turn(laying, {"values": {**view.joints(laying)["values"], "shift_x": 3.0}})
    with pytest.raises(StudioError, match="does not lie on the photo yet"):
        acts.use_body(away, {})


def test_a_body_can_be_laid_again_over_a_photo_that_has_one(laying: Desk) -> None:
    done = acts.use_body(acts.choose_pose(laying, {"id": "walking"}), {})
    again = acts.lay_over(done, {"photo": None})
    assert again.laying.laid.photo is done.look.person.photo


def test_without_a_photo_there_is_nothing_to_use(laying: Desk) -> None:
    with pytest.raises(StudioError, match="no mannequin over a photo"):
        acts.use_body(fresh_desk(), {})
    with pytest.raises(StudioError, match="Choose a photo first"):
        acts.use_upload(fresh_desk(), {"photo": None, "iuv": None})
    with pytest.raises(StudioError, match="not here any more"):
        acts.choose_body(fresh_desk(), {"index": 0})


def test_an_iuv_map_alone_is_no_photo(photo: np.ndarray) -> None:
    iuv = draw_iuv(WALKING, (512, 352))
    with pytest.raises(StudioError, match="This is an IUV map"):
        acts.use_upload(fresh_desk(), sent(np.ascontiguousarray(iuv[..., ::-1])))
