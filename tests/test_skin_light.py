"""Skin that no picture shows has the light that falls on what is seen of it, and meets it at every seam."""

from __future__ import annotations

import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.wearer.skin_light import skin_at

ARMS, TRUNK, HEAD = parts_mask(frozenset(range(15, 23))), parts_mask({1, 2}), parts_mask({23, 24})
SURFACE, TONE = rest_surface(), np.array([200.0, 160.0, 135.0])
FRONT, NOTHING = parts_mask({2}), np.zeros_like(TRUNK)
SIDE = np.clip(SURFACE.x / 0.15, -1, 1)


def lit(strength: float) -> np.ndarray:
    """A body's texture map in light from the person's left."""
    return np.clip(TONE * (1 + strength * SIDE)[..., None], 0, 255).astype(np.uint8)


def shoulders(holes: np.ndarray, skin: np.ndarray) -> list[float]:
    """How bright the guessed skin is beside the left and the right arm."""
    image = np.zeros(holes.shape, np.float32)
    image[holes] = skin.mean(1)
    high = holes & FRONT & (SURFACE.y > 1.38) & (np.abs(SURFACE.x) > 0.15)
    return [float(image[high & (np.sign(SURFACE.x) == sign)].mean()) for sign in (1, -1)]


def test_beside_an_arm_in_the_light_skin_is_bright_and_beside_one_in_the_shade_dark() -> None:
    image = lit(0.2)
    left, right = shoulders(TRUNK, skin_at(TRUNK, image, ARMS, NOTHING, TONE))
    arms = [float(image[ARMS & (SURFACE.y > 1.38) & (np.sign(SURFACE.x) == sign)].mean()) for sign in (1, -1)]
    assert abs(left - arms[0]) < 15 and abs(right - arms[1]) < 15 and left > right + 40


def test_a_belly_is_not_of_one_colour_and_no_darker_behind() -> None:
    skin = skin_at(TRUNK, lit(0.0), ARMS, HEAD, TONE)
    image = np.zeros((*TRUNK.shape, 3), np.float32)
    image[TRUNK] = skin
    belly = FRONT & (SURFACE.y > 1.05) & (SURFACE.y < 1.15)
    middle, side = (image[belly & near].mean() for near in (np.abs(SURFACE.x) < 0.03, np.abs(SURFACE.x) > 0.12))
    back = image[parts_mask({1}) & (SURFACE.y > 1.05) & (SURFACE.y < 1.15) & (np.abs(SURFACE.x) < 0.03)].mean()
    assert middle - side > 6 and abs(back - middle) < 25


def test_where_nothing_is_seen_it_has_the_tone_that_is_given() -> None:
    skin = skin_at(TRUNK, np.zeros((*TRUNK.shape, 3), np.uint8), NOTHING, NOTHING, TONE)
    assert skin.shape == (np.count_nonzero(TRUNK), 3)
    assert np.abs(np.percentile(skin, 90, axis=0) - TONE).max() < 6


def test_a_tattoo_or_a_watch_changes_nothing_far_from_it() -> None:
    image = lit(0.0)
    clean = skin_at(TRUNK, image, ARMS, NOTHING, TONE).astype(int)
    image[ARMS & (SURFACE.arm > 0.35) & (SURFACE.arm < 0.40)] = 20
    assert np.abs(skin_at(TRUNK, image, ARMS, NOTHING, TONE).astype(int) - clean).max() < 8
