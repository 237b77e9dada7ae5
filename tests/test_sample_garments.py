"""Every sample garment on every sample person, from behind and from the side: no skin where there were clothes.

Sample garments are drawn by rule, so the test knows where each one truly is, seen in its picture or not.
"""

from __future__ import annotations

from functools import cache, lru_cache

import cv2
import numpy as np
import pytest

from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.dressing import GarmentLayer, lay_on
from mcld_app.body.texture.skin import skin_colour
from mcld_app.body.texture.texture_map import TextureMap, render, texels_seen
from mcld_app.editing import samples
from mcld_app.synthetic.wardrobe import Bottom, Shoes, Top, bottom_mask, shoes_mask, top_mask
from tools.make_samples import GARMENTS

DRAWN = {f"garment:{name}": garment for name, _, _, garment in GARMENTS}
TEE = "garment:star-tee"
BOTTOMS = [name for name, garment in DRAWN.items() if isinstance(garment, Bottom)]
TRUNK, ARMS, LEGS = parts_mask({1, 2}), parts_mask(frozenset(range(15, 23))), parts_mask(frozenset(range(7, 15)))
SLACK = 0.02  # metres: a hem in the picture is a staircase
SHIRT = 0.96  # metres above the floor: the hem of the shirt that hides the waistband in the pictures of trousers
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


def where_drawn(garment: Top | Bottom | Shoes) -> np.ndarray:
    """The texels a garment truly covers, (512, 512) bool."""
    if isinstance(garment, Top):
        return top_mask(garment)
    return bottom_mask(garment) if isinstance(garment, Bottom) else shoes_mask(garment)


def may_be_bared(garment: Top | Bottom | Shoes) -> np.ndarray:
    """Where skin may come instead of old clothes: below a hem, beyond a sleeve and round the neck. (512, 512) bool."""
    g = rest_surface()
    if isinstance(garment, Top):
        rim = np.ones((9, 9), np.uint8)
        cut_out = cv2.dilate((TRUNK & ~top_mask(garment)).astype(np.uint8), rim) > 0
        return ARMS & (g.arm > garment.sleeve - SLACK) | TRUNK & (g.y > 1.28) & (cut_out | (g.y > COLLAR))
    if isinstance(garment, Bottom):
        return LEGS & (g.y < garment.hem + SLACK)
    return np.zeros((512, 512), bool)


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


@pytest.mark.parametrize("choice", DRAWN)
def test_a_sample_garment_covers_what_it_covers_seen_or_not(choice: str) -> None:
    garment, layer, g = DRAWN[choice], layer_of(choice), rest_surface()
    seen = seen_from_behind_or_the_side()
    truth = where_drawn(garment) & seen & ~parts_mask({23, 24})
    if isinstance(garment, Bottom):
        truth &= g.y < SHIRT
    missing = truth & ~layer.worn
    assert np.count_nonzero(missing) < 0.02 * np.count_nonzero(truth)
    assert not (cv2.erode(missing.astype(np.uint8), np.ones((7, 7), np.uint8))).any(), "no patch, edges at most"
    beyond = layer.worn & seen & ~where_drawn(garment)
    assert not (cv2.erode(beyond.astype(np.uint8), np.ones((9, 9), np.uint8))).any(), "nor more than it has"


@pytest.mark.parametrize("choice", DRAWN)
def test_no_sample_garment_bares_what_clothes_covered(choice: str) -> None:
    layer, allowed = layer_of(choice), may_be_bared(DRAWN[choice])
    for name in samples.people():
        before = samples.sample_person(name).texture
        skin = turned_to_skin(before, lay_on(before, layer))
        wrong = skin & seen_from_behind_or_the_side() & ~allowed & ~layer.worn
        assert not wrong.any(), f"{name}: {np.count_nonzero(wrong)} texels of skin"


@pytest.mark.parametrize("choice", BOTTOMS)
def test_between_a_shirt_and_trousers_no_skin_shows(choice: str) -> None:
    """Put on one after the other, in both orders."""
    allowed = may_be_bared(DRAWN[TEE]) | may_be_bared(DRAWN[choice])
    for name in samples.people():
        before = samples.sample_person(name).texture
        over, under = lay_on(in_a_tee(name), layer_of(choice)), lay_on(lay_on(before, layer_of(choice)), layer_of(TEE))
        for after in (over, under):
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
