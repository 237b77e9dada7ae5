"""What somebody wore is gone where they wear something new: on arms, waist and ankles, in the photo and under a top."""

from __future__ import annotations

from functools import cache

import cv2
import flat_garments
import numpy as np
import pytest
from cast import everybody, in_a_skirt, in_a_turtleneck, in_a_wide_skirt, somebody, with_bare_legs, with_long_sleeves

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.shells.drawing import draw_shells
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.skin import skin_colour
from mcld_app.body.wearer.colours import weighted_lab
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import FlatGarment, flat_garment
from mcld_app.editing.person import Person
from mcld_app.editing.preview import draw

ARMS, LEGS, FEET = frozenset(range(15, 23)), frozenset(range(7, 15)), frozenset({5, 6})
TRUNK = frozenset({1, 2})
COVERED_LEGS = tuple(sorted(set(everybody()) - set(everybody(with_bare_legs))))


@cache
def garment(kind: str, **how: float) -> FlatGarment:
    made = {"short top": lambda: flat_garments.tee(length=0.36, cloth="plain"), "top": flat_garments.tee,
            "long top": lambda: flat_garments.tee(chest=0.44, length=0.68, cloth="plain"),
            "shorts": lambda: flat_garments.trousers(length=0.55), "dress": flat_garments.dress}[kind]()  # fmt: skip
    return flat_garment(made.picture, {"shorts": "shorts", "dress": "dress"}.get(kind, "top"))


def worn(person: Person, kind: str) -> looks.Look:
    return looks.add(looks.of(person), Wear(garment(kind).garment))


def unlike_skin(person: Person, image: np.ndarray) -> np.ndarray:
    """How far each texel's colour is off the person's skin, its light left out: (512, 512) float32."""
    skin = skin_colour(person.texture)
    off = weighted_lab(image) - weighted_lab(np.broadcast_to(skin, (3, 3, 3)).astype(np.uint8))[1, 1]
    return np.hypot(off[..., 1], off[..., 2])


def test_below_a_short_sleeve_arms_are_bare_down_to_the_wrists() -> None:
    place, seen = rest_surface(), 0
    free = parts_mask(ARMS | {3, 4}) & (place.arm > 0.34) & (place.arm < 0.56)
    for name in everybody(with_long_sleeves)[:5]:
        person = samples.sample_person(name)
        if (unlike_skin(person, person.filled.image)[free] > 16).mean() < 0.4:
            continue  # sleeves of skin's own hue tell nothing
        seen += 1
        off = unlike_skin(person, worn(person, "short top").texture.image)[free]
        assert (off > 16).mean() < 0.02, name
    assert seen >= 3


@pytest.mark.parametrize("name", COVERED_LEGS[:4])
def test_below_shorts_nothing_of_old_trousers_is_left_not_on_the_feet_either(name: str) -> None:
    person, place = samples.sample_person(name), rest_surface()
    look = worn(person, "shorts")
    shins = parts_mask(LEGS) & (place.y < 0.40)
    ankles = parts_mask(FEET) & (place.y > 0.085)
    off = unlike_skin(person, look.texture.image)
    assert (off[shins] > 16).mean() < 0.02
    assert (off[ankles] > 16).mean() < 0.35, "what is left there is shoe"
    old = person.texture.image[shins & person.texture.coverage]
    old = weighted_lab(np.median(old, 0).reshape(1, 1, 3).repeat(3, 0).repeat(3, 1).astype(np.uint8))[1, 1]
    before, after = (
        (np.linalg.norm(weighted_lab(image) - old, axis=2)[ankles] < 12).mean()
        for image in (person.filled.image, look.texture.image)
    )
    assert after < 0.1 or after < 0.25 * before


def test_a_collar_on_the_neck_goes_with_its_top() -> None:
    person = samples.sample_person(everybody(in_a_turtleneck)[-1])
    neck = parts_mask({23, 24}) & (rest_surface().y < 1.53) & person.texture.coverage
    before, after = (unlike_skin(person, image)[neck] for image in (
        person.texture.image, worn(person, "top").texture.image))  # fmt: skip
    assert (before > 16).mean() > 0.3
    assert (after > 16).mean() < 0.1 * (before > 16).mean()


def test_socks_and_shoes_stay_where_a_dress_takes_the_place_of_a_skirt() -> None:
    person, place = somebody(in_a_skirt), rest_surface()
    look = worn(person, "dress")
    below = parts_mask(LEGS | FEET) & (place.y < 0.16) & person.pixels.places.seen
    assert np.count_nonzero(below) > 500
    assert (look.texture.image[below] == person.texture.image[below]).all(1).mean() > 0.95


@pytest.mark.parametrize("name", COVERED_LEGS[:4])
def test_below_a_short_top_trousers_go_up_to_the_waist(name: str) -> None:
    person, place = samples.sample_person(name), rest_surface()
    look = worn(person, "short top")
    band = parts_mask(TRUNK | LEGS) & (place.y > 0.94) & (place.y < 1.04)
    top, bottom = (
        weighted_lab(np.median(person.texture.image[mask & person.texture.coverage], 0)
                     .reshape(1, 1, 3).repeat(3, 0).repeat(3, 1).astype(np.uint8))[1, 1]
        for mask in (region_mask("top") & (place.y > 1.12), parts_mask(LEGS) & (place.y > 0.5) & (place.y < 0.85))
    )  # fmt: skip
    if np.linalg.norm(top - bottom) < 25:
        pytest.skip("top and trousers have one colour")
    lab = weighted_lab(look.texture.image)[band]
    nearer = np.linalg.norm(lab - top, axis=1) < np.linalg.norm(lab - bottom, axis=1)
    assert nearer.mean() < 0.03
    if np.linalg.norm(bottom[1:] - 128) >= 12:  # grey trousers in the shade may have any skin's hue
        assert (unlike_skin(person, look.texture.image)[band] > 8).mean() > 0.6


def test_a_skirt_that_is_still_worn_is_whole_in_the_photo_under_a_new_top() -> None:
    person = somebody(in_a_wide_skirt)
    look = worn(person, "short top")
    skirt = np.any([
        layer.depth > -np.inf for layer in draw_shells(
            [shell for shell in person.shells if shell.hangs_on == "hips"], person.standing, person.picture.shape[:2]
        )
    ], axis=0)  # fmt: skip
    skirt = cv2.erode(skirt.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    skirt &= person.picture_iuv[..., 0] == 0
    changed = np.abs(draw(look).picture.astype(int) - person.picture).max(2) > 12
    assert np.count_nonzero(skirt) > 5000
    assert changed[skirt].mean() < 0.01


def test_no_ground_shows_between_a_new_top_and_the_skirt() -> None:
    person = somebody(in_a_wide_skirt)
    picture = draw(worn(person, "short top")).picture.astype(int)
    ground = person.background[0, 0].astype(int)
    column = np.flatnonzero(person.picture_iuv[..., 0] == 2) % person.picture.shape[1]
    middle = slice(int(np.median(column)) - 15, int(np.median(column)) + 15)
    rows = np.flatnonzero((np.abs(picture[:, middle] - ground).max(2) > 25).mean(1) > 0.5)
    body = np.flatnonzero((person.picture_iuv[:, middle, 0] == 2).any(1))
    assert not set(range(int(body[0]) + 5, int(body[-1]) + 40)) - set(rows.tolist())


@pytest.mark.parametrize("pose", ["back", "back-turned"])
def test_a_skirt_does_not_pierce_the_top_that_hangs_over_it(pose: str) -> None:
    person = somebody(in_a_wide_skirt)
    look = worn(person, "long top")
    picture = draw(looks.stand(look, looks.in_their_shape(look, named_poses()[pose]))).picture.astype(int)
    green = picture[..., 1] > picture[..., 0] + 20
    _, label, found, _ = cv2.connectedComponentsWithStats((~green).astype(np.uint8), connectivity=4)
    beside = {int(label[0, 0]), *np.unique(label[green]).tolist()}
    patches = [int(found[k, cv2.CC_STAT_AREA]) for k in range(1, len(found)) if k not in beside]
    assert np.count_nonzero(green) > 10000
    assert sum(patches) < 60, "pieces of the skirt that the top goes around"
