"""Every sample garment on every sample person, from behind and from the side: no skin where there were clothes.

Sample garments are drawn by rule, so the test knows where each one truly is, seen in its picture or not.
"""

from __future__ import annotations

from functools import cache, lru_cache

import cv2
import numpy as np
import pytest
from thorough import some

from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.dressing import GarmentLayer, lay_on
from mcld_app.body.texture.skin import skin_colour
from mcld_app.body.texture.texture_map import TextureMap, render, texels_seen
from mcld_app.editing import samples
from mcld_app.synthetic.drawn.drawing import draw
from mcld_app.synthetic.drawn.setting import Setting
from tools.sample_garments import GARMENTS, wearer

DRAWN = {f"garment:{sample.id}": sample for sample in GARMENTS}
CHOSEN = some(DRAWN, 9)  # of each region some
TEE = "garment:star-tee"
BOTTOMS = [name for name, sample in DRAWN.items() if sample.region == "bottom"]
TRUNK, ARMS, LEGS = parts_mask({1, 2}), parts_mask(frozenset(range(15, 23))), parts_mask(frozenset(range(7, 15)))
SHIRT = 0.96  # metres above the floor: the hem of the shirt that hides the waistband in the pictures of trousers
FORK = 0.88  # above it the legs' charts belong to the trunk
SPECKS = 16  # texels: where a garment truly is, is known from pictures of it
COLLAR = 1.46  # and where the neck begins: of a collar the picture shows one side alone


def poses() -> list[Pose]:
    """From behind, half from behind, and from both sides."""
    named = named_poses()
    return [named["back"], named["back-turned"], Pose(yaw=90), Pose(yaw=-90)]


@lru_cache(maxsize=1)
def seen_from_behind_or_the_side() -> np.ndarray:
    """The texels those poses show, (512, 512) bool."""
    out = np.zeros((512, 512), bool)
    for pose in poses():
        _, xy = texels_seen(draw_iuv(pose, (512, 352)))
        column, row = np.minimum(np.round(xy), 511).astype(int).T
        out[row, column] = True
    return out


@cache
def drawn_texels(choice: str) -> tuple[np.ndarray, np.ndarray]:
    """The texels a garment covers, and those that were looked at, from four sides; (512, 512) bool each."""
    sample = DRAWN[choice]
    person, mine = wearer(sample)
    votes, looks = np.zeros((512, 512)), np.zeros((512, 512))
    angles = {"left_shoulder.raise": 40.0, "right_shoulder.raise": 40.0, "left_hip.side": 6.0, "right_hip.side": 6.0}
    for yaw in (0, 90, 180, -90):
        view = draw(person, Pose(angles=angles, yaw=yaw), Setting(grain=False), (768, 704))
        pixel, xy = texels_seen(view.iuv)
        column, row = np.minimum(np.round(xy), 511).astype(int).T
        np.add.at(looks, (row, column), 1)
        np.add.at(votes, (row, column), np.isin(view.wears.ravel()[pixel], [k + 1 for k in mine]))
    kernel = (5, 5)  # texels between those that were hit
    votes, looks = cv2.GaussianBlur(votes, kernel, 1.0), cv2.GaussianBlur(looks, kernel, 1.0)
    known = looks > 0.02
    return known & (votes > 0.5 * looks), known


def where_drawn(choice: str) -> np.ndarray:
    return drawn_texels(choice)[0]


def may_be_bared(choice: str) -> np.ndarray:
    """Where skin may come instead of old clothes: below a hem, beyond a sleeve and round the neck. (512, 512) bool."""
    g, worn = rest_surface(), where_drawn(choice)
    region = DRAWN[choice].region
    out = np.zeros((512, 512), bool)
    left_free = cv2.dilate(((TRUNK | ARMS | LEGS) & ~worn).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    if region in ("upper", "outfit"):
        out |= ARMS & left_free | TRUNK & (g.y > 1.28) & (left_free | (g.y > COLLAR))
    if region in ("bottom", "outfit"):
        out |= LEGS & left_free & (g.y < FORK)
    return out


def layer_of(choice: str) -> GarmentLayer:
    garment = samples.sample_garment(choice)
    return garment.layer(garment.region)


@cache
def in_a_tee(name: str) -> TextureMap:
    return lay_on(samples.sample_person(name).texture, layer_of(TEE))


def turned_to_skin(before: TextureMap, after: TextureMap) -> np.ndarray:
    """Texels that have exactly the person's skin colour and had another one, (512, 512) bool."""
    skin = skin_colour(before)
    assert skin is not None, "every sample person shows a face"
    return (after.image == skin).all(-1) & ~((before.image == skin).all(-1) & before.coverage)


@pytest.mark.parametrize("choice", some(CHOSEN, 4))
def test_a_sample_garment_covers_what_it_covers_seen_or_not(choice: str) -> None:
    layer, g = layer_of(choice), rest_surface()
    seen = seen_from_behind_or_the_side() & drawn_texels(choice)[1]
    truth = where_drawn(choice) & seen & ~parts_mask({23, 24})
    if DRAWN[choice].region == "bottom":
        truth &= g.y < SHIRT
    missing = truth & ~layer.worn
    assert np.count_nonzero(missing) < 0.02 * np.count_nonzero(truth)
    assert not (cv2.erode(missing.astype(np.uint8), np.ones((7, 7), np.uint8))).any(), "no patch, edges at most"
    beyond = layer.worn & seen & ~where_drawn(choice)
    assert not (cv2.erode(beyond.astype(np.uint8), np.ones((9, 9), np.uint8))).any(), "nor more than it has"


@pytest.mark.parametrize("choice", some(CHOSEN, 3))
def test_no_sample_garment_bares_what_clothes_covered(choice: str) -> None:
    layer, allowed = layer_of(choice), may_be_bared(choice)
    for name in samples.people():
        before = samples.sample_person(name).texture
        skin = turned_to_skin(before, lay_on(before, layer))
        wrong = skin & seen_from_behind_or_the_side() & ~allowed & ~layer.worn
        assert np.count_nonzero(wrong) <= SPECKS, f"{name}: {np.count_nonzero(wrong)} texels of skin"


@pytest.mark.parametrize("choice", some(BOTTOMS, 3))
def test_between_a_shirt_and_trousers_no_skin_shows(choice: str) -> None:
    """Put on one after the other, in both orders."""
    allowed = may_be_bared(TEE) | may_be_bared(choice)
    for name in samples.people():
        before = samples.sample_person(name).texture
        shirt_first = lay_on(in_a_tee(name), layer_of(choice))
        shirt_last = lay_on(lay_on(before, layer_of(choice)), layer_of(TEE))
        for after in (shirt_first, shirt_last):
            skin = turned_to_skin(before, after)
            assert not (skin & seen_from_behind_or_the_side() & ~allowed).any(), name


@pytest.mark.parametrize("choice", ["garment:jeans", "garment:red-shorts"])
@pytest.mark.parametrize("name", ["person:leo", "person:zuri"])
def test_trousers_seen_from_behind_have_a_seat(name: str, choice: str) -> None:
    before = samples.sample_person(name).texture
    skin, worn = skin_colour(before), lay_on(before, layer_of(choice))
    for pose in poses():
        iuv = draw_iuv(pose, (512, 352))
        picture, height = render(worn, iuv), np.zeros(iuv.shape[:2], np.float32)
        pixel, xy = texels_seen(iuv)
        column, row = np.minimum(np.round(xy), 511).astype(int).T
        height.ravel()[pixel] = rest_surface().y[row, column]
        seat = np.isin(iuv[..., 0], (1, 2, 7, 8, 9, 10)) & (height > 0.65) & (height < 1.05) & (picture[..., 3] > 0)
        assert np.count_nonzero(seat) > 500
        assert not (np.abs(picture[seat][:, :3].astype(int) - skin).max(-1) < 6).any()
