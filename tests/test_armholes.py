"""Where an arm hung beside the trunk: an armhole has skin in it and cloth below, a sleeve is cloth in both."""

from __future__ import annotations

import numpy as np
import pytest

from mcld_app.body.charts import charts
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.armholes import astray_at_armholes
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.texture_map import TextureMap

BODY, TRUNK, ARMS = charts().part_map > 0, parts_mask({1, 2}), parts_mask(range(15, 23))
G = rest_surface()
SIDE = np.abs(G.z) < 0.06
BELOW = TRUNK & (np.abs(G.x) > 0.13) & SIDE & (G.y > 1.25) & (G.y < 1.30)
"""Well below an armhole, on the flank."""
IN_HOLE = TRUNK & (np.abs(G.x) > 0.165) & SIDE & (G.y > 1.335) & (G.y < 1.38)
ROOTS = ARMS & (G.arm > 0.03) & (G.arm < 0.10)
SKINS = ((222, 176, 148), (112, 74, 55))
TOPS = ((240, 240, 240), (40, 60, 140), (240, 210, 90))


def dressed(skin: tuple[int, int, int], top: tuple[int, int, int], *, sleeves: bool = False) -> np.ndarray:
    image = np.zeros((512, 512, 3), np.uint8)
    image[BODY] = skin
    image[TRUNK & (G.y < 1.44)] = top
    if sleeves:
        image[ARMS & (G.arm < 0.2)] = top
    return image


def near(image: np.ndarray, where: np.ndarray, colour: tuple[int, int, int]) -> float:
    """The share of some texels that have that colour, more or less."""
    return float((np.abs(image[where].astype(int) - colour).max(1) < 30).mean())


@pytest.mark.parametrize("top", TOPS)
@pytest.mark.parametrize("skin", SKINS)
def test_unseen_flanks_below_a_bare_arm_are_cloth_up_to_the_armhole_and_skin_in_it(skin, top) -> None:
    seen = BODY & ~(TRUNK & (np.abs(G.x) > 0.12))
    image = fill(TextureMap(dressed(skin, top), seen), through=True).image
    assert near(image, IN_HOLE, skin) > 0.55
    assert near(image, BELOW, top) > 0.9


@pytest.mark.parametrize("top", TOPS)
def test_under_a_sleeve_a_flank_is_cloth_all_the_way(top) -> None:
    seen = BODY & ~(TRUNK & (np.abs(G.x) > 0.12))
    image = fill(TextureMap(dressed(SKINS[0], top, sleeves=True), seen), through=True).image
    assert near(image, IN_HOLE | BELOW, top) > 0.98


@pytest.mark.parametrize("top", TOPS)
@pytest.mark.parametrize("skin", SKINS)
def test_skin_of_an_arm_on_the_flank_beside_it_is_told(skin, top) -> None:
    image, seen = dressed(skin, top), BODY & ~(TRUNK & (np.abs(G.x) > 0.155))
    smeared = BELOW & seen
    assert smeared.sum() > 50
    image[smeared] = skin
    found = astray_at_armholes(TextureMap(image, seen))
    assert found[smeared].mean() > 0.85
    assert not (found & ~smeared & BELOW).any()


def test_cloth_on_a_bare_arm_and_skin_on_a_sleeve_are_told() -> None:
    half = (G.z < 0) & (ARMS | TRUNK)
    seen = BODY & ~half
    strip = ROOTS & ~half & (G.z < 0.02)
    for sleeves, strange in ((False, TOPS[1]), (True, SKINS[0])):
        image = dressed(SKINS[0], TOPS[1], sleeves=sleeves)
        image[strip] = strange
        found = astray_at_armholes(TextureMap(image, seen))
        assert found[strip].mean() > 0.6
        assert found[ROOTS & seen & ~strip].mean() < 0.05


def test_nothing_is_astray_on_who_wears_no_top_or_one_of_the_skins_colour() -> None:
    seen = BODY & ~(TRUNK & (np.abs(G.x) > 0.14))
    for top in (SKINS[0], (226, 180, 150)):
        assert not astray_at_armholes(TextureMap(dressed(SKINS[0], top), seen)).any()
    assert not astray_at_armholes(TextureMap(dressed(*SKINS), np.zeros_like(BODY))).any()


def test_only_beside_what_was_not_seen_is_a_colour_doubted() -> None:
    """Skin on both flanks of a top: beside an unseen strip it may be the arm’s, on the seen side it is not."""
    image = dressed(SKINS[0], TOPS[0])
    image[BELOW] = SKINS[0]
    unseen = TRUNK & (G.x < -0.15) & SIDE
    found = astray_at_armholes(TextureMap(image, BODY & ~unseen))
    left, right = BELOW & (G.x > 0), BELOW & (G.x < 0) & ~unseen
    assert left.sum() > 100 and not found[left].any()
    assert right.sum() > 20 and found[right].any()
