"""Skin that follows another face: the body takes its colour, clothes and light stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import studio_actions as actions

from mcld_app.body.parts import parts_mask
from mcld_app.body.texture.skin import skin_colour
from mcld_app.body.texture.skin_tone import turned_skin
from mcld_app.editing import Look, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.skin import Skin
from mcld_app.editing.edits.wear import Wear
from mcld_app.errors import StudioError
from mcld_app.studio.state import EditorState, initial_state

HANDS = parts_mask(frozenset({3, 4}))


@pytest.fixture(scope="module")
def mara() -> Look:
    return looks.of(samples.sample_person("person:mara"))


@pytest.fixture(scope="module")
def zuri():
    return samples.sample_person("person:zuri")


def lightness(colours: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(colours.reshape(1, -1, 3)), cv2.COLOR_RGB2LAB)[0, :, 0].astype(float)


def turned(look: Look, donor, share: float = 1.0) -> Look:
    return looks.add(looks.add(look, FaceSwap(donor, share)), Skin(donor, share))


# ---- the colour ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "other"), [((224, 172, 146), (74, 45, 34)), ((74, 45, 34), (224, 172, 146))])
def test_one_skin_becomes_the_other_and_its_light_stays_in_order(own, other) -> None:
    own, other = np.uint8(own), np.uint8(other)
    texels = (np.linspace(0.6, 1.12, 512)[:, None] * own).astype(np.uint8)
    out = turned_skin(texels, np.zeros(512, bool), own, other, 1.0)
    middle = round((1 - 0.6) / (1.12 - 0.6) * 511)
    assert np.abs(out[middle].astype(int) - other).max() <= 2
    light = lightness(out)
    assert np.diff(light).min() >= -1 and light[-1] > light[0] + 5


def test_what_has_another_hue_is_no_skin_unless_it_is_known_to_be() -> None:
    texels = np.full((9, 3), (30, 60, 160), np.uint8)
    skin, other = np.uint8([224, 172, 146]), np.uint8([74, 45, 34])
    assert (turned_skin(texels, np.zeros(9, bool), skin, other, 1.0) == texels).all()
    palms = np.full((9, 3), (210, 120, 120), np.uint8)
    assert (turned_skin(palms, np.ones(9, bool), skin, other, 1.0) != palms).any()


# ---- on a person --------------------------------------------------------------------------------------------------


def test_bare_arms_and_hands_take_the_colour_and_clothes_keep_theirs(mara: Look, zuri) -> None:
    before, after = mara.person.texture, turned(mara, zuri).appearance.seen
    wanted, seen = lightness(skin_colour(zuri.texture))[0], HANDS & before.coverage
    assert abs(np.median(lightness(after.image[seen])) - wanted) < 25
    assert np.median(lightness(before.image[seen])) - wanted > 80
    clothes = mara.person.cloth & before.coverage & ~cv2.dilate(
        (~mara.person.cloth).astype(np.uint8), np.ones((19, 19), np.uint8)
    ).astype(bool)  # fmt: skip
    assert (after.image[clothes] == before.image[clothes]).all()


def test_skin_that_no_picture_shows_follows_too(mara: Look, zuri) -> None:
    unseen = HANDS & ~mara.person.texture.coverage
    assert unseen.any()
    drawn = turned(mara, zuri).texture.image[unseen]
    assert np.median(lightness(drawn)) < np.median(lightness(mara.texture.image[unseen])) - 60


def test_half_the_way_is_halfway_between(mara: Look, zuri) -> None:
    seen = HANDS & mara.person.texture.coverage
    none, half, all_ = (np.median(lightness(look.appearance.seen.image[seen]))
                        for look in (mara, turned(mara, zuri, 0.5), turned(mara, zuri)))  # fmt: skip
    assert none - 20 > half > all_ + 20


def test_clothes_put_on_before_or_after_keep_their_colours(mara: Look, zuri) -> None:
    tee = Wear(samples.sample_garment("garment:star-tee"))
    worn = tee.garment.layer(tee.area).worn
    plain = looks.add(mara, tee).appearance.seen.image[worn]
    for look in (turned(looks.add(mara, tee), zuri), looks.add(turned(mara, zuri), tee)):
        assert np.abs(look.appearance.seen.image[worn].astype(int) - plain).mean() < 2


def test_there_is_one_skin_right_after_the_face_it_goes_with(mara: Look, zuri) -> None:
    kofi = samples.sample_person("person:kofi")
    look = looks.add(turned(mara, zuri), Wear(samples.sample_garment("garment:jeans")))
    again = looks.add(looks.add(look, FaceSwap(kofi)), Skin(kofi))
    assert [type(edit) for edit in again.edits] == [FaceSwap, Skin, Wear]
    assert again.edits[1].donor is kofi
    with pytest.raises(StudioError, match="way to the other skin"):
        looks.add(mara, Skin(zuri, 1.5))


# ---- the page's switch --------------------------------------------------------------------------------------------


def kinds(state: EditorState) -> list[str]:
    return [edit.kind for edit in state.look.edits]


def test_skin_follows_unless_it_is_switched_off_and_goes_with_the_face() -> None:
    state = actions.choose_face(initial_state(), {"id": "person:zuri"})
    assert kinds(state) == ["face", "skin"]
    off = actions.skin_follows(state, {"on": False})
    assert kinds(off) == ["face"] and kinds(actions.choose_face(off, {"id": "person:kofi"})) == ["face"]
    assert kinds(actions.skin_follows(off, {"on": True})) == ["face", "skin"]
    assert kinds(actions.choose_face(state, {"id": "own"})) == []
    assert kinds(actions.choose_face(state, {"id": "none"})) == ["face"]


def test_in_the_list_of_edits_skin_goes_with_its_face() -> None:
    state = actions.choose_face(initial_state(), {"id": "person:zuri"})
    assert kinds(actions.remove(state, {"index": 0})) == []
    assert kinds(actions.remove(state, {"index": 1})) == ["face"], "not the other way round"
    off = actions.switch(state, {"index": 0, "on": False})
    assert [edit.on for edit in off.look.edits] == [False, False]
    assert [edit.on for edit in actions.switch(state, {"index": 1, "on": False}).look.edits] == [True, False]
    with pytest.raises(StudioError):
        actions.remove(state, {"index": 7})


def test_skin_goes_as_far_as_the_face_does_and_stays_where_the_head_stays() -> None:
    state = actions.choose_face(initial_state(), {"id": "person:zuri"})
    half = actions.mix_face(state, {"share": 0.5, "texels": True})
    assert half.look.edits_of(Skin)[0].share == 0.5
    assert kinds(actions.mix_face(half, {"share": 0.5, "texels": False})) == ["face"]
