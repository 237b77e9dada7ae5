"""A drawn person put back into the photo they came from."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
import studio_actions as actions
from cast import everybody

from mcld_app.body import photo
from mcld_app.body.compositing import person_mask
from mcld_app.body.framing import Frame, unframe_iuv
from mcld_app.body.iuv import encode_iuv, resize_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.editing import draw, pose_map, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.in_photo import in_photo
from mcld_app.editing.person import Person, make_person
from mcld_app.errors import StudioError
from mcld_app.request import Drawn, Settings
from mcld_app.studio import downloads, generation
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, initial_state
from mcld_app.synthetic.people import draw_person, render_person

SKY, WALL = (60, 120, 210), (190, 170, 140)


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, np.ndarray]:
    """Somebody without hair right of the middle of a wide photo, before sky and a wall, and their IUV map."""
    photo, iuv = render_person(draw_person(14), named_poses()["standing"], (480, 330), background=False)
    ground = np.empty((520, 900, 3), np.uint8)
    ground[:260], ground[260:] = SKY, WALL
    whole, place = ground.copy(), np.zeros_like(ground)
    person = person_mask(photo, iuv)
    person = cv2.resize(person.astype(np.uint8), (330, 480)) > 0
    whole[30:510, 480:810][person] = photo[person]
    place[30:510, 480:810] = iuv
    return whole, place


@pytest.fixture(scope="module")
def person(scene: tuple[np.ndarray, np.ndarray]) -> Person:
    return make_person("she", *scene)


def test_a_person_knows_the_photo_they_came_from_and_it_is_no_part_of_who_they_are(person: Person, scene) -> None:
    photo, frame = person.whole
    assert photo.shape == (520, 900, 3) and frame.source == (520, 900)
    assert person.key == make_person("other", person.photo, person.iuv).key


def test_what_is_away_from_the_person_stays_pixel_for_pixel(person: Person, scene) -> None:
    look = looks.stand(looks.of(person), named_poses()["arms-up"])
    back = person.put_back(draw(look).picture, pose_map(look))
    assert back.shape == scene[0].shape
    assert np.array_equal(back[:, :300], scene[0][:, :300])


def noise() -> np.ndarray:
    """What no model draws worse."""
    return np.random.default_rng(0).integers(0, 256, (512, 352, 3)).astype(np.uint8)


def test_as_in_the_photo_the_photo_comes_back_as_it_was_whatever_was_drawn(person: Person, scene) -> None:
    assert np.array_equal(in_photo(looks.of(person), noise()), scene[0])


def test_in_another_pose_the_drawn_person_is_put_back(person: Person) -> None:
    look = looks.stand(looks.of(person), named_poses()["arms-up"])
    picture = draw(look).picture
    assert np.array_equal(in_photo(look, picture), person.put_back(picture, pose_map(look)))


@pytest.fixture(scope="module")
def large() -> tuple[np.ndarray, Person]:
    """A photo of 1,980 pixels, as phones take them, larger than what is kept of the person within it."""
    photo, iuv = render_person(draw_person(14), named_poses()["standing"], (990, 680), background=False)
    photo, iuv = (np.repeat(np.repeat(each, 2, 0), 2, 1) for each in (photo, iuv))
    return photo, make_person("large", photo, iuv)


def test_beyond_six_pixels_of_an_edit_every_pixel_is_the_photos_own(large: tuple[np.ndarray, Person]) -> None:
    photo, person = large
    assert person.photo.shape[0] < photo.shape[0]
    look = looks.add(looks.of(person), Cover("top", (200, 30, 90)))
    back = in_photo(look, noise())
    assert back.shape == photo.shape
    frame = person.as_it_came[1]
    body = resize_iuv(person.iuv, frame.box[2:])
    pixel, xy = texels_seen(body)
    column, row = np.clip(np.round(xy), 0, 511).astype(int).T
    shown = np.zeros(body.shape, np.uint8)
    shown.reshape(-1, 3)[pixel] = look.appearance.changed[row, column][:, None]
    edit = unframe_iuv(shown, Frame(frame.source, frame.box, frame.box[2:]))[..., 0]
    near = cv2.dilate(edit, np.ones((13, 13), np.uint8)) > 0
    assert 0.02 < near.mean() < 0.5
    assert np.array_equal(back[~near], photo[~near])
    deep = cv2.erode(edit, np.ones((25, 25), np.uint8)) > 0
    assert deep.any() and back[deep].astype(float).std() > 40, "within the edit the drawn picture is seen"


def test_with_an_identity_alone_the_head_is_drawn_and_nothing_else(person: Person, scene) -> None:
    look = looks.add(looks.of(person), FaceSwap(samples.sample_person(everybody()[0]), texels=False))
    away = (in_photo(look, noise()) != scene[0]).any(2)
    head = cv2.dilate((scene[1][..., 0] >= 23).astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    assert away[head].mean() > 0.3 and not away[~head].any()


def test_where_the_person_was_the_background_closes(person: Person, scene) -> None:
    """They are drawn small: their old head's place is sky, their old legs' place is wall."""
    small = named_poses()["standing"].replace(zoom=0.4)
    look = looks.stand(looks.of(person), small)
    back = person.put_back(draw(look).picture, pose_map(look))
    head = np.argwhere(scene[1][..., 0] >= 23).mean(0).astype(int)
    assert np.abs(back[head[0], head[1]].astype(int) - SKY).max() < 40
    shin = np.argwhere(np.isin(scene[1][..., 0], (11, 12, 13, 14)))
    low = shin[shin[:, 0] > shin[:, 0].max() - 12].mean(0).astype(int)
    assert np.abs(back[low[0], low[1]].astype(int) - WALL).max() < 40


def test_an_outline_has_the_body_and_what_hangs_off_it(scene) -> None:
    photo, iuv = render_person(draw_person(5), named_poses()["standing"], (512, 352), background=False)
    found = person_mask(photo, iuv)
    assert found[iuv[..., 0] > 0].all()
    assert not found[:, :20].any() and not person_mask(photo, np.zeros_like(iuv)).any()


def test_the_drawn_picture_can_be_taken_away_in_the_photo(scene) -> None:
    files = {"photo": encode_png(scene[0]), "iuv": encode_iuv(scene[1])}
    told = {name: {"name": f"{name}.png", "data": base64.b64encode(data).decode()} for name, data in files.items()}
    session, state = Session(), actions.use_upload(initial_state(), told)
    order = generation.order_of("bundled", Settings(), state.look, (state.look,), (0,))
    picture = draw(state.look).picture
    generation._finished(session, order, [Drawn(picture, 0, None, "cpu", "float32", 1, "none")])
    with pytest.raises(StudioError, match="Choose the drawn picture first"):
        downloads.file_of(state, "in-photo", session, {})
    named = {"id": session.results[0].id}
    name, kind, data = downloads.file_of(state, "in-photo", session, named)
    assert (name, kind) == ("mcld-in-the-photo.png", "image/png")
    assert read_photo(data).shape == scene[0].shape
    assert downloads.remark_on("in-photo", session, named) == "", "it is as large as the photo was"
    assert b"trainedAlgorithmicMedia" in data or b"compositeWithTrainedAlgorithmicMedia" in data


def of_a_large_file(scene) -> tuple[EditorState, Session, np.ndarray]:
    """Her photo, 2,700 pixels wide, as the page’s person; a session with a drawing of her in red, and the photo."""
    large = np.repeat(np.repeat(scene[0], 3, 0), 3, 1)
    files = {"photo": encode_png(large), "iuv": encode_iuv(scene[1])}
    told = {name: {"name": f"{name}.png", "data": base64.b64encode(data).decode()} for name, data in files.items()}
    state = actions.use_upload(initial_state(), told)
    look = looks.add(state.look, Cover("top", (200, 30, 90)))
    session = Session()
    order = generation.order_of("bundled", Settings(), look, (look,), (0,))
    generation._finished(session, order, [Drawn(draw(look).picture, 0, None, "cpu", "float32", 1, "none")])
    return state, session, large


def test_a_photo_that_is_worked_on_smaller_comes_back_as_large_as_its_file(scene) -> None:
    state, session, large = of_a_large_file(scene)
    assert max(state.look.person.whole[0].shape) == 2048
    named = {"id": session.results[0].id}
    back = read_photo(downloads.file_of(state, "in-photo", session, named)[2], max_side=None)
    assert back.shape == large.shape
    assert downloads.remark_on("in-photo", session, named) == "" and "are kept" not in state.note.text
    away = (back != large).any(2)
    top = np.repeat(np.repeat(np.isin(scene[1][..., 0], (1, 2, *range(15, 23))), 3, 0), 3, 1)
    assert 0.3 < away.sum() / top.sum() < 1.1
    assert not away[~cv2.dilate(top.astype(np.uint8), np.ones((25, 25), np.uint8)).astype(bool)].any()


def test_where_a_file_is_too_large_to_be_kept_its_smaller_photo_says_so(scene, monkeypatch) -> None:
    monkeypatch.setattr(photo, "MOST_KEPT", 1000)
    state, session, large = of_a_large_file(scene)
    kept = state.look.person.whole[0]
    sizes = f"Of its {large.shape[1]} x {large.shape[0]} pixels {kept.shape[1]} x {kept.shape[0]} are kept"
    assert max(kept.shape) == 2048 and sizes in state.note.text
    assert downloads.remark_on("in-photo", session, {"id": session.results[0].id}).startswith(sizes)
    assert downloads.remark_on("drawn", session, {}) == ""
