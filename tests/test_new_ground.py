"""Another ground behind the person: on the page, and in what is downloaded."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import studio_actions as actions
from PIL import Image

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.photo import encode_png
from mcld_app.editing import Look, draw, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.new_ground import (
    Ground,
    alone,
    before,
    drawn_alone,
    drawn_before,
    ground_of_picture,
    shown_before,
)
from mcld_app.editing.preview import LARGE_SIZE
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import open_recipe
from mcld_app.output.watermark import with_watermark
from mcld_app.studio import downloads
from mcld_app.studio.orders import Generated
from mcld_app.studio.panels.stage import api_picture
from mcld_app.studio.panels.stage.values import on_its_ground, seen
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, initial_state

PINK = (200, 30, 120)
INES = "person:ines"  # wears a skirt


def look_of(person: str, garment: str = "", pose: str = "") -> Look:
    look = looks.of(samples.sample_person(person))
    if garment:
        look = looks.add(look, Wear(samples.sample_garment(garment)))
    return looks.stand(look, named_poses()[pose]) if pose else look


def share_of(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (np.abs(picture.astype(int) - colour).max(2) <= 3).mean()


@pytest.fixture
def state() -> EditorState:
    return initial_state()


@pytest.fixture
def session(state: EditorState) -> Session:
    ready, look = Session(), look_of("person:mara", pose="walking")
    ready.state = state
    picture = draw(look).picture
    ready.results = [Generated("a", 1, look, picture, None, Recipe(look, seeds=(5,)), "M")]
    return ready


@pytest.mark.parametrize("pose", ["", "walking"])
def test_hair_and_skirt_stay_and_the_floor_goes(pose: str) -> None:
    person = alone(look_of(INES, pose=pose))[..., 3] > 127
    rows = np.flatnonzero(person.any(1))
    assert 0.2 < person.mean() < 0.4
    widths = person[rows[0] : rows[-1]].sum(1)
    skirt = widths[len(widths) // 2 : len(widths) * 2 // 3]
    assert skirt.min() > 60, "a skirt hangs between hips and knees"
    assert widths[:12].max() > 20, "hair is above the body's own head"


def test_an_old_skirt_that_is_taken_off_is_no_part_of_the_person() -> None:
    before_it, after = (alone(look_of(INES, garment))[..., 3] > 127 for garment in ("", "garment:jeans"))
    knees = slice(320, 340)
    assert after[knees].sum() < 0.8 * before_it[knees].sum()


def test_at_any_size_the_same_person_is_cut_out() -> None:
    look = look_of("person:mara")
    assert abs((alone(look)[..., 3] > 127).mean() - (alone(look, LARGE_SIZE)[..., 3] > 127).mean()) < 0.01


def test_a_drawn_picture_is_cut_out_by_what_it_shows_itself() -> None:
    look = look_of("person:mara", pose="walking")
    picture = draw(look).picture[::2, ::2]
    cut, known = drawn_alone(look, picture), alone(look)[::2, ::2]
    assert cut.shape == (256, 176, 4)
    assert ((cut[..., 3] > 127) != (known[..., 3] > 127)).mean() < 0.02


def test_a_ground_is_seen_beside_the_person_and_not_through_them() -> None:
    person = alone(look_of("person:mara"))
    shown = before(person, Ground("colour", PINK))
    assert shown.shape == (512, 352, 3) and share_of(shown, PINK) > 0.5
    inside = person[..., 3] == 255
    assert (shown[inside] == person[inside][:, :3]).all()
    assert before(person, Ground("transparent")) is person
    assert {tuple(pixel) for pixel in shown_before(person, Ground("transparent"))[0]} == {(250,) * 3, (222,) * 3}


def test_of_a_picture_the_middle_is_taken() -> None:
    wide = np.zeros((400, 2000, 3), np.uint8)
    wide[:, 900:1100] = PINK
    ground = ground_of_picture(wide)
    assert ground.picture.shape == (*LARGE_SIZE, 3) and share_of(ground.at((64, 44)), PINK) > 0.7


def test_the_page_shows_the_ground_and_the_look_stays_what_it_was(state: EditorState) -> None:
    pink = actions.choose_ground(state, {"kind": "colour", "colour": "#c81e78"})
    assert pink.look is state.look and pink.history is state.history
    assert share_of(on_its_ground(pink, seen(pink)), PINK) > 0.5
    own, other = (actions.shown("stage", each) for each in (state, pink))
    assert own["look"] == other["look"] and own["picture"] != other["picture"] and own["ground"] != other["ground"]
    assert actions.shown("ground", pink)["colour"] == "#c81e78"
    assert actions.choose_ground(pink, {"kind": "own"}).ground.kind == "own"


def test_downloads_have_the_ground_and_none_is_transparent(session: Session) -> None:
    session.state = actions.choose_ground(session.state, {"kind": "transparent"})
    for what in ("picture", "drawn"):
        data = downloads.file_of(session.state, what, session, {})[2]
        alpha = np.asarray(Image.open(io.BytesIO(data)))[..., 3]
        assert 0.5 < (alpha == 0).mean() < 0.9 and (alpha == 255).any()
    recipe = open_recipe(data)
    assert recipe.seeds == (5,) and recipe.ground.kind == "transparent", "a drawn picture still carries its recipe"
    marked = Image.open(io.BytesIO(downloads.file_of(session.state, "drawn", session, {"mark": True})[2]))
    assert np.asarray(marked)[-30:, -40:, 3].max() == 255, "a visible mark is seen on nothing, too"
    session.state = actions.choose_ground(session.state, {"kind": "colour", "colour": "#c81e78"})
    drawn = np.asarray(Image.open(io.BytesIO(downloads.file_of(session.state, "drawn", session, {})[2])))
    assert drawn.shape[2] == 3 and share_of(drawn, PINK) > 0.5


def test_a_mark_leaves_the_rest_of_a_transparent_picture_alone() -> None:
    clear = np.zeros((256, 176, 4), np.uint8)
    marked = with_watermark(clear)
    assert (marked[..., 3] > 0).any() and (marked[:200] == 0).all()


def test_a_picture_of_the_visitors_is_a_ground_like_any_upload(
    state: EditorState, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.full((300, 300, 3), PINK, np.uint8)
    file = {"name": "wall.png", "data": base64.b64encode(encode_png(picture)).decode()}
    brought = actions.bring_ground(state, {"file": file})
    assert share_of(on_its_ground(brought, seen(brought)), PINK) > 0.5
    assert actions.choose_ground(brought, {"kind": "own"}).ground.picture is None, "it is not kept"
    monkeypatch.setattr("mcld_app.studio.actions.photos.is_space", lambda: True)
    with pytest.raises(StudioError, match="I may use these pictures"):
        actions.bring_ground(state, {"file": file})


# ---- in recipes ---------------------------------------------------------------------------------------------------


def recipe_of(state: EditorState, what: str = "recipe") -> dict[str, str]:
    return {"name": "r.json", "data": base64.b64encode(downloads.file_of(state, what)[2]).decode()}


@pytest.mark.parametrize("ground", [{"kind": "own"}, {"kind": "transparent"}, {"kind": "colour", "colour": "#c81e78"}])
def test_a_recipe_and_a_link_keep_the_ground(state: EditorState, ground: dict) -> None:
    chosen = actions.choose_ground(state, ground)
    here = actions.choose_ground(state, {"kind": "colour", "colour": "#000000"})
    link = downloads.file_of(chosen, "link")[2].decode()
    for opened in (actions.open_recipe(here, {"file": recipe_of(chosen)}), actions.open_link(here, {"look": link})):
        assert (opened.ground.kind, opened.ground.colour) == (chosen.ground.kind, chosen.ground.colour)


def test_a_picture_as_ground_travels_with_pictures_alone_and_with_no_link(state: EditorState) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (300, 206, 3), np.uint8)
    file = {"name": "wall.png", "data": base64.b64encode(encode_png(picture)).decode()}
    brought = actions.bring_ground(state, {"file": file})
    opened = actions.open_recipe(state, {"file": recipe_of(brought, "recipe-pictures")})
    assert (opened.ground.picture == brought.ground.picture).all()
    again = actions.open_recipe(brought, {"file": recipe_of(brought)})
    assert again.ground.kind == "picture" and "did not come along" not in again.note.text, "it is still here"
    elsewhere = actions.open_recipe(state, {"file": recipe_of(brought)})
    assert elsewhere.ground.kind == "own" and "background was a picture that did not come" in elsewhere.note.text
    with pytest.raises(StudioError, match="background is a picture of your own"):
        downloads.file_of(brought, "link")


def test_programs_see_and_draw_the_ground_of_a_recipe(session: Session) -> None:
    recipe = Recipe(session.results[0].recipe.look, ground=Ground("colour", PINK))
    assert share_of(np.asarray(Image.open(io.BytesIO(api_picture(recipe)))), PINK) > 0.4
    transparent = write_recipe(replace(recipe, ground=Ground("transparent")))
    assert Image.open(io.BytesIO(api_picture(transparent))).mode == "RGBA"
    assert share_of(drawn_before(recipe.look, session.results[0].picture, recipe.ground), PINK) > 0.4


def test_what_a_recipe_says_of_its_ground_is_checked_and_an_old_one_says_nothing(state: EditorState) -> None:
    text = write_recipe(Recipe(state.look))
    pink = actions.choose_ground(state, {"kind": "colour", "colour": "#c81e78"})
    old = {"name": "r.json", "data": base64.b64encode(text.encode()).decode()}
    assert actions.open_recipe(pink, {"file": old}).ground is pink.ground
    for told in ({}, {"kind": "sea"}, {"kind": "colour"}, {"kind": "colour", "colour": [1, 2]}, {"kind": "picture"},
                 {"kind": "colour", "colour": [0, 0, 256]}, {"kind": "own", "more": 1}, "white"):  # fmt: skip
        with pytest.raises(StudioError):
            read_recipe(json.dumps({**json.loads(text), "ground": told}))


@pytest.mark.parametrize("data", [{}, {"kind": "picture"}, {"kind": "colour"}, {"kind": "colour", "colour": "red"}])
def test_what_is_no_ground_is_refused(state: EditorState, data: dict) -> None:
    with pytest.raises(StudioError):
        actions.choose_ground(state, data)
