"""Hair and skirts in the person's own photo: old ones give way to the ground, new ones hang there; and what networks
are told of them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from cast import in_a_wide_skirt, in_narrow_trousers, somebody, with_long_hair, with_red_hair, with_short_hair
from thorough import THOROUGH, some

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.shells.standing import stand
from mcld_app.body.texture.preview_planes import preview_planes, with_shells
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.editing import draw, samples
from mcld_app.editing import look as looks
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.flat import Flat
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import clothes_of
from mcld_app.editing.look import Look
from mcld_app.editing.person import PICTURE_SIZE, Person, make_person
from mcld_app.editing.preview import edited_photo
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.editing.worn_garment import worn_piece
from mcld_app.errors import StudioError
from mcld_app.network.preprocess import check_conditions
from mcld_app.request import AUTHORS
from mcld_app.studio.panels import edits as edits_panel
from mcld_app.studio.panels import flat as flat_panel
from mcld_app.studio.state import initial_state
from mcld_app.synthetic.people import draw_person, render_view

PEOPLE = tuple(samples.people())


@cache
def skirted() -> Person:
    return somebody(in_a_wide_skirt)


@cache
def haired() -> Person:
    return somebody(with_long_hair, in_narrow_trousers)


@cache
def close() -> Person:
    """Somebody off whom next to nothing stands: short hair and clothes that lie close."""
    return somebody(in_narrow_trousers, with_short_hair)


def unlike_ground(picture: np.ndarray, person: Person, by: int = 24) -> np.ndarray:
    return np.abs(picture.astype(int) - person.background).max(2) > by


def body(person: Person) -> np.ndarray:
    """(512, 352) bool: where the mannequin stands in the person's photo."""
    return stand(person.standing, PICTURE_SIZE).iuv[..., 0] > 0


def near(area: np.ndarray, pixels: int) -> np.ndarray:
    return cv2.dilate(area.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


# --- The photo -----------------------------------------------------------------------------------------------------


def test_where_an_old_skirt_stood_off_there_is_ground() -> None:
    wearer = skirted()
    dressed = draw(looks.add(looks.of(wearer), Wear(samples.sample_garment("garment:jeans")))).picture
    rows = slice(200, 420)
    beyond = ~near(body(wearer) | (wearer.picture_iuv[..., 0] > 0), 5)
    assert (unlike_ground(wearer.picture, wearer) & beyond)[rows].sum() > 2000, "she wears a wide skirt"
    assert (unlike_ground(dressed, wearer, 30) & beyond)[rows].sum() < 40


def test_what_a_skirt_hid_is_dressed_and_not_bare() -> None:
    wearer = skirted()
    dressed = draw(looks.add(looks.of(wearer), Wear(samples.sample_garment("garment:jeans")))).picture
    thighs = np.isin(stand(wearer.standing, PICTURE_SIZE).iuv[..., 0], (9, 10))
    hidden = cv2.erode((thighs & (wearer.picture_iuv[..., 0] == 0)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    shown = dressed[hidden].astype(int)
    assert hidden.sum() > 500
    assert (shown[:, 2] > shown[:, 0]).mean() > 0.97, "denim is blue, and neither skin nor the skirt is so much"


def test_a_skirt_is_worn_in_the_photo() -> None:
    other = haired()
    worn = looks.add(looks.of(other), Wear(worn_piece(skirted(), "bottom")))
    picture = draw(worn).picture
    off = near(other.picture_iuv[..., 0] > 0, 2)
    assert (unlike_ground(picture, other, 40) & ~unlike_ground(other.picture, other, 24) & ~off).sum() > 800
    hands = near(np.isin(other.picture_iuv[..., 0], (3, 4)), 0)
    kept = (picture[hands] == other.picture[hands]).all(1).mean()
    assert kept > 0.85, "her hands are before it"


@pytest.mark.parametrize("garment", ["garment:star-tee", "garment:jeans"])
def test_no_rim_of_the_old_garment_is_left(garment: str) -> None:
    wearer, new = close(), samples.sample_garment(garment)
    picture = draw(looks.add(looks.of(wearer), Wear(new))).picture.astype(int)
    area = new.layer(new.region)
    pixel, xy = texels_seen(wearer.picture_iuv)
    column, row = np.clip(np.round(xy), 0, 511).astype(int).T
    gone = np.zeros(wearer.picture_iuv[..., 0].size, bool)
    gone[pixel] = (area.worn | area.bared)[row, column]
    gone = gone.reshape(PICTURE_SIZE)
    old = np.median(wearer.picture[cv2.erode(gone.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0].astype(int), 0)
    edge = near(wearer.picture_iuv[..., 0] > 0, 3) & (cv2.erode(
        (wearer.picture_iuv[..., 0] > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0) & near(gone, 3)  # fmt: skip
    before = (np.abs(wearer.picture[edge].astype(int) - old).max(1) < 25).mean()
    after = (np.abs(picture[edge] - old).max(1) < 25).mean()
    assert before > 0.15
    assert after < 0.25 * before


def test_far_from_what_changed_the_photo_is_the_photo() -> None:
    wearer = skirted()
    picture = draw(looks.add(looks.of(wearer), Wear(samples.sample_garment("garment:jeans")))).picture
    far = ~near(unlike_ground(wearer.picture, wearer, 10), 25)
    assert far.sum() > 20000
    assert (picture[far] == wearer.picture[far]).all()
    face = wearer.picture_iuv[..., 0] >= 23
    assert (picture[face] == wearer.picture[face]).all()


def test_a_colour_keeps_the_outline() -> None:
    wearer = skirted()
    picture = draw(looks.add(looks.of(wearer), Cover("bottom", (200, 30, 40)))).picture
    skirt = unlike_ground(wearer.picture, wearer) & (wearer.picture_iuv[..., 0] == 0)
    skirt[:200] = skirt[360:] = False
    assert ((picture[..., 0].astype(int) - picture[..., 1] > 40) & skirt).sum() > 0.8 * skirt.sum()
    assert not (unlike_ground(picture, wearer, 40) & ~near(unlike_ground(wearer.picture, wearer, 10), 8)).any()


def test_another_head_brings_its_hair_and_takes_the_old() -> None:
    plain, other, redhead = close(), haired(), somebody(with_red_hair)
    head = np.zeros(PICTURE_SIZE, bool)
    head[:130] = True
    red = draw(looks.add(looks.of(plain), FaceSwap(redhead))).picture.astype(int)
    off = head & (plain.picture_iuv[..., 0] == 0)
    assert ((red[..., 0] - red[..., 2] > 60) & off).sum() > 100
    bald = draw(looks.add(looks.of(other), FaceSwap(plain))).picture
    beyond = head & ~near(body(other) | (other.picture_iuv[..., 0] > 0), 4)
    before = unlike_ground(other.picture, other, 40) & beyond
    same = np.abs(bald.astype(int) - other.picture).max(2) < 12  # the new head may have hair of its own there
    assert (same & before).sum() < 0.1 * before.sum()


def test_hair_that_is_still_worn_hangs_over_new_clothes() -> None:
    wearer = haired()
    beside = unlike_ground(wearer.picture, wearer, 40) & (wearer.picture_iuv[..., 0] == 0)
    top, bottom = np.flatnonzero((wearer.picture_iuv[..., 0] >= 23).any(1))[[0, -1]]
    beside[: top + (bottom - top) // 2] = beside[bottom + 30 :] = False
    hair = beside & (np.abs(wearer.picture.astype(int) - np.median(wearer.picture[beside], 0)).max(2) < 60)
    assert hair.sum() > 150
    picture = draw(looks.add(looks.of(wearer), Wear(samples.sample_garment("garment:star-tee")))).picture
    kept = np.abs(picture.astype(int) - wearer.picture).max(2) < 12
    assert (kept & hair).sum() > 0.8 * hair.sum()


# --- Switches and recipes ------------------------------------------------------------------------------------------


def test_what_stands_off_can_be_switched_off_for_the_person_and_for_a_garment() -> None:
    wearer, other = skirted(), haired()
    look = looks.add(looks.of(other), Wear(worn_piece(wearer, "bottom")))
    assert {shell.hangs_on for shell in look.appearance.shells} == {"head", "hips"}
    flat = looks.add(look, Flat(hair=True, clothes=True))
    assert {shell.hangs_on for shell in flat.appearance.shells} == {"hips"}, "only her own hair lies flat"
    tight = looks.with_edits(look, (Wear(worn_piece(wearer, "bottom"), stands_off=False),))
    assert {shell.hangs_on for shell in tight.appearance.shells} == {"head"}
    both = looks.add(tight, Flat(hair=True))
    again = read_recipe(write_recipe(Recipe(both), pictures=True)).look
    assert again.appearance.shells == ()
    with pytest.raises(StudioError, match="lie flat"):
        looks.add(look, Flat())


def test_the_page_has_the_switches() -> None:
    state = initial_state()
    state = state.to(looks.add(looks.of(haired()), Wear(worn_piece(skirted(), "bottom"))))
    assert flat_panel.view(state, None)["hair"] == {"there": True, "on": True}
    off = flat_panel.stand_off(state, {"hair": False, "clothes": True})
    assert flat_panel.view(off, None)["hair"] == {"there": True, "on": False}
    assert flat_panel.stand_off(off, {"hair": True, "clothes": True}).look.edits == state.look.edits
    assert [edit["off"] for edit in edits_panel.view(state, None)["edits"]] == [True]
    tight = edits_panel.stand_off(state, {"index": 0, "on": False})
    assert [edit["off"] for edit in edits_panel.view(tight, None)["edits"]] == [False]
    with pytest.raises(StudioError, match="no garment"):
        edits_panel.stand_off(state, {"index": 3, "on": True})


def wearers(donor: str) -> tuple[str, ...]:
    """Three who put on somebody's clothes, so that everybody wears three people's; with MCLD_THOROUGH=1 all do."""
    start = PEOPLE.index(donor)
    return (PEOPLE[start:] + PEOPLE[:start])[:: 1 if THOROUGH else len(PEOPLE) // 3]


@pytest.mark.parametrize("donor", some(PEOPLE, 6))
def test_everybody_can_wear_everybodys_clothes(donor: str) -> None:
    given = samples.sample_person(donor)
    own = {shell.hangs_on for shell in given.shells} - {"head"}
    for name in wearers(donor):
        wearer = samples.sample_person(name)
        look = looks.stand(looks.add(looks.of(wearer), Wear(clothes_of(given), "outfit")), named_poses()["walking"])
        worn = {shell.hangs_on for shell in look.appearance.shells} - {"head"}
        assert worn == own, f"{name} in the clothes of {donor}"
        hair = [shell for shell in look.appearance.shells if shell.hangs_on == "head"]
        assert hair == [shell for shell in wearer.shells if shell.hangs_on == "head"]
        picture = draw(look, (256, 176)).picture
        assert unlike_ground(cv2.resize(picture, (352, 512)), wearer).mean() > 0.05


# --- Networks ------------------------------------------------------------------------------------------------------


def turned(look: Look) -> Look:
    return looks.stand(look, named_poses()["walking"])


def test_only_a_model_that_is_shown_the_preview_is_told() -> None:
    look = turned(looks.of(skirted()))
    told, published = conditions_of(look), conditions_of(look, AUTHORS)
    assert told.stands_off.shape == (*PICTURE_SIZE, 4) and published.stands_off is None
    check_conditions(told)
    assert set(np.unique(told.stands_off[..., 3])) == {0, 255}
    bald = next(s for s in range(100) if draw_person(s).hair.style == "bald" and draw_person(s).bottom.kind != "skirt")
    view = render_view(draw_person(bald), named_poses()["standing"], PICTURE_SIZE)
    person = make_person("Bald", view.photo, view.iuv)
    assert conditions_of(turned(looks.of(person))).stands_off is None, "nothing stands off somebody bald in trousers"
    assert conditions_of(turned(looks.add(looks.of(skirted()), Flat(True, True)))).stands_off is None


def test_the_published_models_photo_is_as_it_was() -> None:
    look = looks.add(looks.of(skirted()), Wear(samples.sample_garment("garment:jeans")))
    made = conditions_of(look, AUTHORS).photo
    assert np.array_equal(made, edited_photo(look, skirted().photo, skirted().iuv, stand_off=False))
    beyond = ~near(skirted().iuv[..., 0] > 0, 3)
    assert (made[beyond] == skirted().photo[beyond]).all()


def test_the_planes_show_them_as_body_that_is_no_guess() -> None:
    wearer = skirted()
    told = conditions_of(turned(looks.of(wearer)))
    small = cv2.resize(told.pose, (176, 256), interpolation=cv2.INTER_NEAREST)
    planes = preview_planes(wearer.filled, wearer.texture.coverage, small, wearer.background[0, 0])
    shown = with_shells(planes, told.stands_off)
    there = cv2.resize(told.stands_off[..., 3], (176, 256), interpolation=cv2.INTER_AREA) >= 128
    assert (shown[there, 3:] == 255).all() and (planes[there, 3] == 0).any()
    assert np.array_equal(shown[~there], planes[~there])
    truth = cv2.resize(draw(turned(looks.of(wearer))).picture, (176, 256), interpolation=cv2.INTER_AREA)
    inside = cv2.erode(there.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert np.abs(shown[inside, :3].astype(int) - truth[inside]).mean() < 8
